internal import Glibc
package import Plugins
package import POSIX

/// Splits a stream of text into lines the moment each is complete; memory stays bounded however long a line is.
package struct UtteranceReader: ~Copyable {
    /// A line, or a piece of one that is too long to wait for.
    package struct Line: Equatable, Sendable {
        /// Without its line feed; U+FFFD stands for what is no UTF-8.
        package var text: String
        /// Whether a line feed followed.
        package var isTerminated: Bool
        /// Whether the piece goes on where the one before it stopped.
        package var isContinuation: Bool
    }

    package enum Event: Equatable, Sendable {
        case line(Line)
        case end
        case cancelled
    }

    private let descriptor: CInt
    private let cancellation: Cancellation
    private let limit: Int
    private var buffer: [UInt8] = []
    /// Where in the buffer no line feed has been looked for yet.
    private var searched = 0
    private var isContinuation = false
    private var isAtEnd = false

    /// - Parameters:
    ///   - limit: bytes of a line that are waited for.
    package init(_ descriptor: CInt, cancellation: Cancellation, limit: Int = 1 << 20) {
        self.descriptor = descriptor
        self.cancellation = cancellation
        self.limit = limit
    }

    /// Waits for the next line. Bytes of a character that come in different reads are one character.
    package mutating func next() throws(SystemError) -> Event {
        while true {
            if cancellation.isCancelled { return .cancelled }
            if let line = bufferedLine() { return .line(line) }
            if isAtEnd {
                guard !buffer.isEmpty else { return .end }
                return .line(take(buffer.count, terminated: false))
            }
            try waitForInput()
            if !cancellation.isCancelled { try fill() }
        }
    }

    /// What has arrived and was not asked for yet, without waiting for more: for the end by a signal.
    package mutating func remaining() -> [Line] {
        var lines: [Line] = []
        while !isAtEnd, buffer.count < limit,
            let events = try? waitUntilReady(descriptor, for: POLLIN, milliseconds: 0),
            events != 0
        {
            guard (try? fill()) != nil else { break }
        }
        while let line = bufferedLine() { lines.append(line) }
        if !buffer.isEmpty { lines.append(take(buffer.count, terminated: false)) }
        return lines
    }

    private mutating func bufferedLine() -> Line? {
        if let end = buffer[searched...].firstIndex(of: 0x0A) { return take(end, terminated: true) }
        searched = buffer.count
        guard buffer.count >= limit else { return nil }
        // Not in the middle of a character.
        var cut = buffer.count
        while cut > buffer.count - 4, buffer[cut - 1] & 0xC0 == 0x80 { cut -= 1 }
        if buffer[cut - 1] >= 0xC0 { cut -= 1 } else { cut = buffer.count }
        return take(cut, terminated: false)
    }

    private mutating func take(_ count: Int, terminated: Bool) -> Line {
        let line = Line(
            text: String(decoding: buffer[..<count], as: UTF8.self), isTerminated: terminated,
            isContinuation: isContinuation)
        buffer.removeFirst(count + (terminated ? 1 : 0))
        searched = 0
        isContinuation = !terminated
        return line
    }

    private func waitForInput() throws(SystemError) {
        var entries = [
            pollfd(fd: descriptor, events: CShort(POLLIN), revents: 0),
            pollfd(fd: cancellation.descriptor, events: CShort(POLLIN), revents: 0),
        ]
        try retrying("poll") { poll(&entries, 2, -1) }
    }

    private mutating func fill() throws(SystemError) {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: 1 << 14))
        var count = 0
        var failure: SystemError?
        buffer.withUnsafeMutableBytes { bytes in
            do throws(SystemError) {
                count = try readOnce(
                    descriptor, into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), name: "standard input")
            } catch {
                // Non-blocking, and somebody else was faster.
                if error.code != EAGAIN { failure = error } else { count = -1 }
            }
        }
        buffer.removeLast(buffer.count - start - max(count, 0))
        if count == 0 { isAtEnd = true }
        if let failure { throw failure }
    }
}
