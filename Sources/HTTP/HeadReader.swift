/// Makes a head out of header lines as libcurl hands them on: those of 1xx answers before it too, and trailers after it.
struct HeadReader {
    private var head: ResponseHead?
    private var isComplete = false

    /// - Parameter line: with its CRLF.
    /// - Returns: the head, at the empty line that ends it.
    mutating func add(_ line: UnsafeRawBufferPointer) -> ResponseHead? {
        if isComplete { return nil }
        var text = unsafe String(decoding: line, as: UTF8.self)[...]
        while text.last?.isNewline == true { text.removeLast() }
        if text.isEmpty {
            guard let head, head.status >= 200 else {
                self.head = nil
                return nil
            }
            isComplete = true
            return head
        }
        if head == nil, text.hasPrefix("HTTP/") {
            let words = text.split(separator: " ", maxSplits: 2)
            guard words.count >= 2, let status = Int(words[1]) else { return nil }
            head = ResponseHead(status: status, version: String(words[0].dropFirst(5)))
            return nil
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        var value = text[text.index(after: colon)...]
        while value.first == " " || value.first == "\t" { value.removeFirst() }
        while value.last == " " || value.last == "\t" { value.removeLast() }
        head?.headers.append((String(text[..<colon]), String(value)))
        return nil
    }
}
