internal import Glibc

/// The programs of this package, as they were built beside the tests.
package enum BuiltPrograms {
    /// The folder of the build products, for example `.build/debug`.
    package static let directory: String = {
        // The test bundle is an executable among the products; the runner may be too, or lie in the toolchain.
        let candidates = [pathOfSelf] + CommandLine.arguments
        for candidate in candidates {
            var folder = candidate[...]
            while let slash = folder.lastIndex(of: "/") {
                folder = folder[..<slash]
                if isExecutable("\(folder)/vt-record") { return String(folder) }
            }
        }
        return "\(packageDirectory)/.build/debug"
    }()

    /// The folder of Package.swift.
    package static let packageDirectory: String = {
        let components = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return components.dropLast(3).joined(separator: "/")
    }()

    /// Where the programs lie that are scripts, for PATH.
    package static let scriptDirectory = scripts.map { "\(packageDirectory)/Sources/\($0)" }.joined(separator: ":")

    /// The programs that are scripts, each in a folder of its name.
    private static let scripts = entries(of: "\(packageDirectory)/Sources").filter {
        isExecutable("\(packageDirectory)/Sources/\($0)/\($0)")
    }

    /// Where the engines that are scripts lie.
    package static let engineDirectory = "\(packageDirectory)/Sources/engines"

    private static var pathOfSelf: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            let count = readlink("/proc/self/exe", base, buffer.count)
            return String(decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}

/// Whether a path names a regular file that may be executed.
package func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
}

/// The full path of a program: unchanged with a `/` in it, else the first of a search path that has it.
package func locate(_ program: String, in searchPath: String) -> String? {
    if program.contains("/") { return program }
    return searchPath.split(separator: ":").lazy.map { "\($0)/\(program)" }.first(where: isExecutable)
}
