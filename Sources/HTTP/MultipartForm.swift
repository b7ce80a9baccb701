/// A body of `multipart/form-data` whose last part is a file (RFC 7578).
package struct MultipartForm: Sendable {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
        /// Nil for plain text, which needs none.
        package var contentType: String?

        package init(_ name: String, _ value: String, contentType: String? = nil) {
            self.name = name
            self.value = value
            self.contentType = contentType
        }
    }

    package struct File: Sendable, Equatable {
        /// The part's name, for example `file`.
        package var name: String
        package var fileName: String
        package var contentType: String

        package init(_ name: String, fileName: String, contentType: String) {
            self.name = name
            self.fileName = fileName
            self.contentType = contentType
        }
    }

    /// The line between parts, without its dashes.
    private let boundary: String
    private let fields: [Field]
    private let file: File

    /// - Parameters:
    ///   - fields: in order, before the file.
    ///   - file: what the file's part says of itself.
    package init(fields: [Field], file: File) {
        // 128 random bits: no audio holds them by chance.
        var random = SystemRandomNumberGenerator()
        let (high, low) = (random.next(), random.next()) as (UInt64, UInt64)
        boundary = "vt-" + MultipartForm.hex(high) + MultipartForm.hex(low)
        self.fields = fields
        self.file = file
    }

    /// The value of the request's `Content-Type`.
    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The body.
    ///
    /// - Parameter content: the file's bytes.
    package func body(_ content: Body.Part) -> Body {
        var head: [UInt8] = []
        head.reserveCapacity(1024)
        func add(_ pieces: String...) {
            for piece in pieces { head += piece.utf8 }
        }
        func begin(_ name: String) {
            add("--", boundary, "\r\nContent-Disposition: form-data; name=\"", MultipartForm.quoted(name), "\"")
        }
        for field in fields {
            begin(field.name)
            if let type = field.contentType { add("\r\nContent-Type: ", type) }
            add("\r\n\r\n", field.value, "\r\n")
        }
        begin(file.name)
        add("; filename=\"", MultipartForm.quoted(file.fileName), "\"\r\nContent-Type: ", file.contentType, "\r\n\r\n")
        return Body([.bytes(head), content, .bytes(Array("\r\n--\(boundary)--\r\n".utf8))])
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// As browsers write a name between quotes (WHATWG HTML, "multipart form data").
    private static func quoted(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { $0 != UInt8(ascii: "\"") && $0 != 0x0D && $0 != 0x0A }
        if isPlain { return name }
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": result += "%22"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
