/// An executable that works for one of our programs (vt-plugin(7)).
package struct Plugin: Sendable {
    /// What the user calls it: NAME of `HOST-NAME`, or the path that was given.
    package let name: String
    /// The file.
    package let path: String

    /// `[a-z0-9][a-z0-9._+-]*`
    static func isName(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, isLowerOrDigit(first) else { return false }
        return name.utf8.allSatisfy { isLowerOrDigit($0) || "._+-".utf8.contains($0) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
}
