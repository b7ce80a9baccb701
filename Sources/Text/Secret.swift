/// A provider's key: a text that no message, log or dump of a value shows.
///
/// What it stands for is had only where it is sent, through `withValue`.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    /// Calls a function with the key itself.
    package func withValue<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(value)
    }

    /// What is put together of a text and the secret, for example `Bearer ` before it.
    package func prefixed(by text: String) -> Secret { Secret(text + value) }

    package var isEmpty: Bool { value.isEmpty }

    /// A text that came from outside, with `****` wherever the secret stands in it: some servers repeat a key that they refuse.
    package func redacted(in text: String) -> String {
        guard value.utf8.count >= 4, !text.isEmpty else { return text }
        var result = ""
        let key = Array(value.utf8)
        let bytes = Array(text.utf8)
        var index = 0
        var start = 0
        while index + key.count <= bytes.count {
            if bytes[index] == key[0], bytes[index..<index + key.count].elementsEqual(key) {
                result += String(decoding: bytes[start..<index], as: UTF8.self) + "****"
                index += key.count
                start = index
            } else {
                index += 1
            }
        }
        return result + String(decoding: bytes[start...], as: UTF8.self)
    }

    package var description: String { "****" }
    package var debugDescription: String { "****" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension [Secret] {
    /// A text that came from outside, with `****` wherever one of the secrets stands in it.
    package func redacted(in text: String) -> String { reduce(text) { $1.redacted(in: $0) } }
}
