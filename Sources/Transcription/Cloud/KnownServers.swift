internal import Glibc
internal import POSIX

/// What servers have refused once, and are not sent again: a body of unknown length, a field.
///
/// A line for each, `https://host:port` and what is refused there, in a file of the state folder that can be deleted at any time.
package final class KnownServers: Sendable {
    private let path: String
    private let known = Monitor<Set<String>?>(nil)

    /// The file's size at most: it is a help, no archive.
    private static let limit = 1 << 16

    /// - Parameter path: the file; it and its folder need not exist.
    package init(path: String) {
        self.path = path
    }

    package func contains(_ origin: String) -> Bool {
        known.note { known in
            if let known { return known.contains(origin) }
            let found = load()
            known = found
            return found.contains(origin)
        }
    }

    /// Notes a server; where that can't be written, for this process only.
    package func insert(_ origin: String) {
        let isNew = known.note { known in
            var found = known ?? load()
            defer { known = found }
            return found.insert(origin).inserted
        }
        guard isNew else { return }
        if let slash = path.lastIndex(of: "/") {
            guard (try? makePrivateFolder(String(path[..<slash]))) != nil else { return }
        }
        // Appended in one piece, so several processes at once don't spoil each other's lines.
        guard let file = try? Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600) else { return }
        try? writeAll(file.number, origin + "\n")
    }

    private func load() -> Set<String> {
        guard let file = try? Descriptor.open(path, O_RDONLY) else { return [] }
        var bytes = [UInt8](repeating: 0, count: KnownServers.limit)
        let count = bytes.withUnsafeMutableBytes { (try? readOnce(file.number, into: $0)) ?? 0 }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return Set(text.split(separator: "\n").map(String.init))
    }
}
