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
        func hex(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        boundary = "vt-" + hex(.random(in: 0...UInt64.max)) + hex(.random(in: 0...UInt64.max))
        self.fields = fields
        self.file = file
    }

    /// The value of the request's `Content-Type`.
    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// The body.
    ///
    /// - Parameter content: the file's bytes.
    package func body(_ content: Body.Part) -> Body {
        var text = ""
        for field in fields {
            text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(MultipartForm.quoted(field.name))\"\r\n"
            if let type = field.contentType { text += "Content-Type: \(type)\r\n" }
            text += "\r\n\(field.value)\r\n"
        }
        text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(MultipartForm.quoted(file.name))\"; "
        text += "filename=\"\(MultipartForm.quoted(file.fileName))\"\r\nContent-Type: \(file.contentType)\r\n\r\n"
        return Body([.bytes(Array(text.utf8)), content, .bytes(Array("\r\n--\(boundary)--\r\n".utf8))])
    }

    /// As browsers write a name between quotes (WHATWG HTML, "multipart form data").
    private static func quoted(_ name: String) -> String {
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
