/// The status and headers of an answer.
package struct ResponseHead: Sendable, Equatable {
    package var status: Int
    /// `1.1` or `2`.
    package var version: String
    /// In order, as they came; trailers of the body are not among them.
    package var headers: [(name: String, value: String)]

    package init(status: Int, version: String = "1.1", headers: [(name: String, value: String)] = []) {
        self.status = status
        self.version = version
        self.headers = headers
    }

    /// The first header of a name, in whatever case; nil where there is none.
    package subscript(_ name: String) -> String? {
        headers.first { ResponseHead.isSame($0.name, name) }?.value
    }

    /// The media type in lower case without its parameters, for example `text/event-stream`.
    package var contentType: String? {
        self["content-type"].map { value in
            let type = value.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
            return String(decoding: type.map(ResponseHead.lowercased), as: UTF8.self)
        }
    }

    /// Names of headers are ASCII (RFC 9110, section 5.1).
    private static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count
            && one.utf8.elementsEqual(other.utf8) { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    package static func == (left: ResponseHead, right: ResponseHead) -> Bool {
        left.status == right.status && left.version == right.version
            && left.headers.elementsEqual(right.headers, by: ==)
    }
}

/// An answer that has come to its end.
package struct Response: Sendable {
    package var head: ResponseHead
    package var body: [UInt8]

    package init(head: ResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}
