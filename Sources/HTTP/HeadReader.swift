/// Makes a head out of header lines as libcurl hands them on: those of 1xx answers before it too, and trailers after it.
struct HeadReader {
    private var head: ResponseHead?
    private var isComplete = false

    /// - Parameter line: with its CRLF.
    /// - Returns: the head, at the empty line that ends it.
    mutating func add(_ line: UnsafeRawBufferPointer) -> ResponseHead? {
        if isComplete { return nil }
        let text = HeadReader.trimmed(unsafe Array(line)[...]) { $0 == 0x0A || $0 == 0x0D }
        if text.isEmpty {
            guard let head, head.status >= 200 else {
                self.head = nil
                return nil
            }
            isComplete = true
            return head
        }
        if head == nil, text.starts(with: "HTTP/".utf8) {
            let words = text.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard words.count >= 2, let status = Int(String(decoding: words[1], as: UTF8.self)) else { return nil }
            head = ResponseHead(status: status, version: String(decoding: words[0].dropFirst(5), as: UTF8.self))
            return nil
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let value = HeadReader.trimmed(text[(colon + 1)...]) { $0 == 0x20 || $0 == 0x09 }
        head?.headers.append(
            (String(decoding: text[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        return nil
    }

    /// Without such bytes at either end.
    private static func trimmed(_ bytes: ArraySlice<UInt8>, _ isSpace: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
