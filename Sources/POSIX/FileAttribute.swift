internal import CPOSIX
internal import Glibc

/// A short note on a file, which stays with it and is not in it (xattr(7)). Not every file system keeps such notes.
package struct FileAttribute: Sendable {
    private let name: String
    private static let longest = 256

    /// - Parameter name: without `user.`.
    package init(_ name: String) {
        self.name = "user." + name
    }

    /// Notes a text on a file that is open.
    ///
    /// - Throws: `SystemError`, with EOPNOTSUPP if the file system keeps no notes.
    package func set(_ text: String, on descriptor: CInt) throws(SystemError) {
        let bytes = Array(text.utf8)
        try retrying("fsetxattr") { unsafe vt_set_attribute(descriptor, name, bytes, UInt(bytes.count)) }
    }

    /// What is noted on a file; nil if nothing is.
    package func text(on path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: FileAttribute.longest)
        let count = unsafe vt_attribute(path, name, &bytes, UInt(bytes.count))
        return count < 0 ? nil : String(decoding: bytes[..<Int(count)], as: UTF8.self)
    }
}
