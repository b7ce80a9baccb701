/// Cuts a stream of bytes into lines.
struct LineSplitter {
    struct TooLong: Error {}

    private let limit: Int
    private var begun: [UInt8] = []

    /// - Parameter limit: bytes in a line, without its line feed.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next bytes and hands on every line that they complete.
    mutating func add(_ chunk: UnsafeRawBufferPointer, onLine: (String) throws -> Void) throws {
        var rest = chunk[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard begun.count + (end - rest.startIndex) <= limit else { throw TooLong() }
            begun.append(contentsOf: rest[..<end])
            rest = rest[(end + 1)...]
            let line = String(decoding: begun, as: UTF8.self)
            begun.removeAll(keepingCapacity: begun.capacity < 1 << 16)
            try onLine(line)
        }
        guard begun.count + rest.count <= limit else { throw TooLong() }
        begun.append(contentsOf: rest)
    }

    /// Hands on a last line that has no end.
    mutating func finish(onLine: (String) throws -> Void) throws {
        guard !begun.isEmpty else { return }
        let line = String(decoding: begun, as: UTF8.self)
        begun = []
        try onLine(line)
    }
}
