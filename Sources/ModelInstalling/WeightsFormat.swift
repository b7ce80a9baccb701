internal import Text

/// The kinds of files in which weights come, known by their first bytes.
package enum WeightsFormat: String, Sendable {
    case gguf
    /// whisper.cpp's older format.
    case bin

    /// The name that a model's folder has them under.
    package var fileName: String { "model.\(rawValue)" }

    /// - Parameter beginning: four bytes at least; nil if this is neither.
    package init?(_ beginning: [UInt8]) {
        if beginning.starts(with: "GGUF".utf8) {
            self = .gguf
        } else if beginning.starts(with: [0x6C, 0x6D, 0x67, 0x67]) {
            // "ggml" as a little endian number.
            self = .bin
        } else {
            return nil
        }
    }

    /// How many bytes tell.
    static let needed = 4

    /// Why a file that begins like this is no model.
    ///
    /// - Parameter name: of the file, or where it came from.
    static func refusal(_ beginning: [UInt8], of name: String) -> InstallingError {
        if isPage(beginning) {
            return InstallingError(
                .webPage, "\(name) is a web page, not a model: perhaps this network wants a login",
                hint: "open any page in a browser, or set HTTPS_PROXY")
        }
        let begins = String(decoding: beginning.prefix(24), as: UTF8.self).sanitized
        return InstallingError(
            .notAModel, "\(name) is neither a GGUF file nor one of whisper.cpp's: it begins with “\(begins)”",
            hint: "a Git LFS pointer or a safetensors file is not enough; look for a file that ends in .gguf")
    }

    /// Whether a text begins like a web page.
    static func isPage(_ beginning: [UInt8]) -> Bool {
        let text = beginning.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
        return text.first == UInt8(ascii: "<")
    }
}
