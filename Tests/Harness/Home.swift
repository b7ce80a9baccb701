internal import Glibc
internal import POSIX

/// A private folder (0700) that is removed, with all that is in it, when the value goes.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init(_ name: String = "vt-test") throws {
        var template = Array("/tmp/\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw HarnessError("mkdtemp \(name): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        removeTree(path)
    }

    /// One that stays until the tests end.
    package static func lasting(_ name: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory(name)
        lasting.note { directories in
            if directories.isEmpty { atexit { TemporaryDirectory.lasting.note { $0 = [] } } }
            directories.append(directory)
        }
        return directory
    }

    private static let lasting = Monitor<[TemporaryDirectory]>([])

    /// The path of an entry.
    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}

/// What a program's environment is made of: a home, XDG folders and a runtime folder that no other test sees.
package final class Home: Sendable {
    package let directory: TemporaryDirectory
    /// Carried by processes that may outlive their command.
    let mark = newMark()

    package init() throws {
        directory = try TemporaryDirectory()
        for name in ["home", "config", "state", "data", "cache", "run", "tmp"] {
            guard mkdir(directory(name), 0o700) == 0 else { throw HarnessError("mkdir \(directory(name)) failed") }
        }
    }

    deinit {
        killAll(marked: mark)
    }

    /// `$HOME`.
    package var path: String { directory("home") }
    /// `$XDG_STATE_HOME/vt`, where vt-transcribe and vt-type keep what must not be lost.
    package var state: String { directory("state/vt") }
    /// `$XDG_STATE_HOME/vt/pending`.
    package var pending: String { directory("state/vt/pending") }
    /// `$XDG_RUNTIME_DIR`.
    package var runtime: String { directory("run") }
    /// `$XDG_DATA_HOME/vt/plugins`.
    package var plugins: String { directory("data/vt/plugins") }
    /// A folder for the test's own files: the programs' current directory.
    package var files: String { directory("tmp") }

    /// The whole environment of a program: nothing of the caller's but where sanitizers are told what to do.
    package var environment: [String: String] {
        var environment = [
            "HOME": path,
            "XDG_CONFIG_HOME": directory("config"),
            "XDG_STATE_HOME": directory("state"),
            "XDG_DATA_HOME": directory("data"),
            "XDG_CACHE_HOME": directory("cache"),
            "XDG_RUNTIME_DIR": runtime,
            "TMPDIR": files,
            "LANG": "C.UTF-8",
            "PATH": [
                BuiltPrograms.directory, BuiltPrograms.scriptDirectory, BuiltPrograms.engineDirectory,
                Tool.systemSearchPath,
            ].joined(separator: ":"),
        ]
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }

    /// Writes an executable script (0755) into the plugins' folder.
    ///
    /// - Returns: its path.
    @discardableResult
    package func addPlugin(_ name: String, _ script: String) throws -> String {
        try makeDirectories(plugins)
        return try writeScript("\(plugins)/\(name)", script)
    }
}

/// Writes a file, with mode 0644 before the umask.
package func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw HarnessError("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    let bytes = Array(bytes)
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { throw HarnessError("\(path): \(String(cString: strerror(errno)))") }
        written += max(count, 0)
    }
}

/// Writes an executable file.
@discardableResult
package func writeScript(_ path: String, _ text: String) throws -> String {
    // Under another name first: a script that a fork of another test's holds open for writing can't be executed.
    try write(text.utf8, to: "\(path).new")
    guard chmod("\(path).new", 0o755) == 0, rename("\(path).new", path) == 0 else {
        throw HarnessError("cannot write \(path)")
    }
    return path
}

/// All bytes of a file.
package func contents(of path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw HarnessError("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw HarnessError("\(path): \(String(cString: strerror(errno)))") }
        if count == 0 { return result }
        result += chunk[..<count]
    }
}

/// A file's text, invalid UTF-8 replaced.
package func text(of path: String) throws -> String {
    String(decoding: try contents(of: path), as: UTF8.self)
}

/// The names in a folder, sorted; empty where there is no such folder.
package func entries(of path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Makes a folder and those above it, each 0700.
package func makeDirectories(_ path: String) throws {
    var built = ""
    for component in path.split(separator: "/") {
        built += "/\(component)"
        if mkdir(built, 0o700) < 0, errno != EEXIST {
            throw HarnessError("mkdir \(built): \(String(cString: strerror(errno)))")
        }
    }
}

func removeTree(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
        for name in entries(of: path) { removeTree("\(path)/\(name)") }
        rmdir(path)
    } else {
        unlink(path)
    }
}
