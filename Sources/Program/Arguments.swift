internal import ArgumentParser
package import POSIX

/// The arguments as the system has them, in strings that lose no byte: ArgumentParser takes nothing else.
///
/// A byte that is not UTF-8, as in a file's name of another encoding, stands as a character of a private range until `Path`
/// turns it back. (Python's `surrogateescape` is the model; a Swift string can hold no surrogates.)
enum Arguments {
    /// U+10FE80 to U+10FEFF, at the end of the last private plane.
    private static let first: UInt32 = 0x10FE00
    static let escapes = (first + 0x80)...(first + 0xFF)

    /// All but the program's name.
    static func all() -> [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map { pointer in
                var bytes: [UInt8] = []
                var at = pointer
                while at.pointee != 0 {
                    bytes.append(UInt8(bitPattern: at.pointee))
                    at += 1
                }
                return text(of: bytes)
            }
        }
    }

    static func text(of bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isEscape) {
            return text
        }
        var result = String.UnicodeScalarView()
        var index = 0
        while index < bytes.count {
            let valid = (1...4).first { length in
                index + length <= bytes.count
                    && String(validating: bytes[index..<index + length], as: UTF8.self) != nil
            }
            let scalar = valid.flatMap {
                String(decoding: bytes[index..<index + $0], as: UTF8.self).unicodeScalars.first
            }
            if let valid, let scalar, !isEscape(scalar) {
                result.append(scalar)
                index += valid
            } else {
                // One that is in the private range itself is spelt byte by byte, too.
                if let escape = Unicode.Scalar(first + UInt32(bytes[index])), bytes[index] >= 0x80 {
                    result.append(escape)
                }
                index += 1
            }
        }
        return String(result)
    }

    static func bytes(of text: String) -> [UInt8] {
        if !text.unicodeScalars.contains(where: isEscape) { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            isEscape(scalar) ? [UInt8(scalar.value - first)] : Array(String(scalar).utf8)
        }
    }

    private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { escapes.contains(scalar.value) }
}

extension Path: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(Arguments.bytes(of: argument))
    }

    package var defaultValueDescription: String { description }
}
