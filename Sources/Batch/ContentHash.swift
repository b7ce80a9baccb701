internal import Glibc
package import POSIX

/// A hash of a file's content, by which it is known again: 64 bits, 16 hexadecimal digits.
///
/// Two multiplications of 64 by 64 bits for 16 bytes, as wyhash (Wang Yi, final version 4) folds them: an hour of speech takes
/// some 100 ms to read. It finds what was changed by accident or on purpose, and protects against nobody who wants to be believed.
package struct ContentHash: Equatable, Hashable, Sendable, CustomStringConvertible {
    package let value: UInt64

    private static let blockSize = 1 << 18
    private static let secrets: (UInt64, UInt64, UInt64) = (
        0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3
    )

    /// Reads an open file from its first byte to its last, wherever it stands.
    package init(of descriptor: CInt, name: @autoclosure () -> String? = nil) throws(SystemError) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: ContentHash.blockSize, alignment: 16)
        defer { block.deallocate() }
        var (state, size) = (ContentHash.secrets.0, 0)
        while true {
            // Blocks are whole but for the last, so that the result does not depend on how the file was read.
            var filled = 0
            while filled < block.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: block[filled...])
                let count = try retrying("read", on: name()) {
                    pread(descriptor, rest.baseAddress, rest.count, off_t(size + filled))
                }
                if count == 0 { break }
                filled += count
            }
            state = ContentHash.mix(UnsafeRawBufferPointer(rebasing: block[..<filled]), state)
            size += filled
            if filled < block.count { break }
        }
        value = ContentHash.fold(state ^ ContentHash.secrets.1, UInt64(size) ^ ContentHash.secrets.2)
    }

    /// That of the file of this name, which is no link.
    package init(of path: Path) throws(SystemError) {
        let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        try self.init(of: file.number, name: path.description)
    }

    /// Reads what `description` wrote.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 16, let value = UInt64(text, radix: 16) else { return nil }
        self.value = value
    }

    package var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func mix(_ bytes: UnsafeRawBufferPointer, _ state: UInt64) -> UInt64 {
        var state = state
        var place = 0
        while place + 16 <= bytes.count {
            let first = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self).littleEndian
            let second = bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self).littleEndian
            state = fold(first ^ secrets.1, second ^ state)
            place += 16
        }
        while place < bytes.count {
            state = fold(UInt64(bytes[place]) ^ secrets.2, state ^ secrets.1)
            place += 1
        }
        return state
    }

    private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}
