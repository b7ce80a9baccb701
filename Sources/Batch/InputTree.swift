internal import Glibc
package import POSIX

/// What a batch was asked to work on: files, folders with what is in them, names out of a list.
///
/// It finds its inputs one after the other, so a folder of any size takes no more memory than its largest level.
package struct InputTree {
    /// One name of the command line or of a list.
    package struct Root: Sendable {
        package let path: Path
        /// What of the path names the outputs; nil is all of it.
        let outputName: Path?

        package init(_ path: Path) {
            self.path = path
            outputName = nil
        }

        /// A folder whose contents are named as if it were the top: it is the only input.
        package init(alone path: Path) {
            self.path = path
            outputName = Path([])
        }
    }

    /// A file that was found, or why there is none.
    package enum Found: Sendable {
        case input(BatchInput)
        /// A folder that can't be read, or may not be.
        case problem(Path, Problem)
        /// What is in a folder and is not transcribed.
        case passedOver(Path, PassedOver)
    }

    /// Why a file in a folder is passed over.
    package enum PassedOver: Sendable, Hashable {
        /// Neither its name nor its first bytes are those of audio.
        case notAudio
        /// Somebody is still writing it, as its name says.
        case unfinished
        /// It is called as audio, with a dot in front.
        case hidden
        /// A FIFO, a socket, a device.
        case notAFile
        /// A link that leads nowhere.
        case deadLink
    }

    package enum Problem: Sendable {
        /// It is a folder, and folders were not asked for.
        case isFolder
        case system(SystemError)
    }

    private let isRecursive: Bool
    private let isAudio: (Path) -> Bool
    private var seen: Set<Identity> = []

    private struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    /// - Parameters:
    ///   - isRecursive: whether folders are looked into.
    ///   - isAudio: asked of files in folders whose names do not say that they are audio; it looks at their first bytes.
    package init(isRecursive: Bool, isAudio: @escaping (Path) -> Bool) {
        self.isRecursive = isRecursive
        self.isAudio = isAudio
    }

    /// Finds what a root stands for: itself, or the audio files below it in the order of their names.
    ///
    /// Symbolic links are followed, and no folder is looked into twice: a link that leads back up leads nowhere. In folders, names
    /// that begin with a dot are passed over, as are unfinished transfers, FIFOs, sockets and devices. What could have been meant is
    /// emitted as such.
    ///
    /// - Parameter emit: gets each; false ends the search.
    /// - Returns: false where `emit` ended it.
    package mutating func find(_ root: Root, _ emit: (Found) throws -> Bool) rethrows -> Bool {
        var status = stat()
        let isFolder = root.path.withCString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
        guard isFolder else { return try emit(.input(BatchInput(root.path, name: InputTree.outputName(root.path)))) }
        guard isRecursive else { return try emit(.problem(root.path, .isFolder)) }
        let top = root.outputName ?? InputTree.outputName(root.path)
        return try look(into: root.path, top, Identity(device: status.st_dev, inode: status.st_ino), emit)
    }

    private mutating func look(
        into folder: Path, _ name: Path, _ identity: Identity, _ emit: (Found) throws -> Bool
    ) rethrows -> Bool {
        guard seen.insert(identity).inserted else { return true }
        let entries: [Entry]
        do throws(SystemError) {
            entries = try Entry.all(of: folder)
        } catch {
            return try emit(.problem(folder, .system(error)))
        }
        for entry in entries {
            let path = folder.appending(entry.name)
            var kind = entry.kind
            if entry.isHidden, kind != .file { continue }
            var folderIdentity: Identity?
            if kind == .unknown || kind == .folder {
                var status = stat()
                guard path.withCString({ stat($0, &status) }) == 0 else {
                    if try !emit(.passedOver(path, .deadLink)) { return false }
                    continue
                }
                kind = Entry.Kind(mode: status.st_mode)
                folderIdentity = Identity(device: status.st_dev, inode: status.st_ino)
            }
            let goesOn: Bool
            switch kind {
            case .file where entry.isHidden:
                guard let reason = entry.whyNamed else { continue }
                goesOn = try emit(.passedOver(path, reason))
            case .folder:
                guard let folderIdentity else { continue }
                goesOn = try look(into: path, name.appending(entry.name), folderIdentity, emit)
            case .file where UnfinishedTransfers.has(entry.name): goesOn = try emit(.passedOver(path, .unfinished))
            case .file where AudioNames.areAudio(entry.name) || isAudio(path):
                goesOn = try emit(.input(BatchInput(path, name: name.appending(entry.name))))
            case .file: goesOn = try emit(.passedOver(path, .notAudio))
            case .unknown, .other: goesOn = try emit(.passedOver(path, .notAFile))
            }
            if !goesOn { return false }
        }
        return true
    }

    /// A path as it names outputs: without a slash at its beginning, and without `.` and `..`.
    static func outputName(_ path: Path) -> Path {
        var components: [ArraySlice<UInt8>] = []
        for component in path.bytes.split(separator: UInt8(ascii: "/")) {
            switch Array(component) {
            case Array(".".utf8): continue
            case Array("..".utf8): _ = components.popLast()
            default: components.append(component)
            }
        }
        return Path(components.joined(separator: [UInt8(ascii: "/")]))
    }
}

/// A file to transcribe, and what its outputs are called.
package struct BatchInput: Sendable, Hashable {
    /// Where it is; `-` is standard input.
    package let path: Path
    /// Relative to the folder of the outputs, without a format's extension.
    package let name: Path
    /// Bytes, as far as that was looked at; 0 where it wasn't.
    package var size = 0

    package init(_ path: Path, name: Path) {
        self.path = path
        self.name = name
    }
}

/// An entry of a folder.
private struct Entry {
    enum Kind {
        case file
        case folder
        /// A FIFO, a socket, a device.
        case other
        /// A symbolic link, or a file system that does not say it.
        case unknown

        init(mode: mode_t) {
            switch mode & S_IFMT {
            case S_IFREG: self = .file
            case S_IFDIR: self = .folder
            default: self = .other
            }
        }
    }

    let name: Path
    let kind: Kind

    var isHidden: Bool { name.bytes.first == UInt8(ascii: ".") }

    /// Why a hidden file should be named although nobody wants hidden ones; nil if it could not have been meant.
    var whyNamed: InputTree.PassedOver? {
        // What macOS puts beside each file on other systems.
        if name.bytes.starts(with: "._".utf8) { return nil }
        let visible = Path(name.bytes.dropFirst())
        if UnfinishedTransfers.hideAudio(name) { return .unfinished }
        return AudioNames.areAudio(visible) ? .hidden : nil
    }

    /// All but the folder itself and the one above it, in the order of the bytes of their names.
    static func all(of folder: Path) throws(SystemError) -> [Entry] {
        guard let stream = folder.withCString({ opendir($0) }) else {
            throw SystemError(code: errno, call: "opendir", subject: folder.description)
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError(code: errno, call: "readdir", subject: folder.description) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Path($0) }
            if name == Path(".") || name == Path("..") { continue }
            let kind: Kind =
                switch Int32(entry.pointee.d_type) {
                case Int32(DT_REG): .file
                case Int32(DT_DIR): .folder
                case Int32(DT_UNKNOWN), Int32(DT_LNK): .unknown
                default: .other
                }
            entries.append(Entry(name: name, kind: kind))
        }
        return entries.sorted { $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
    }
}
