import Glibc
import POSIX
import Plugins
import Testing

@testable import Typing

@Suite struct UtteranceReaderTests {
    /// What a reader makes of chunks that arrive one by one.
    private func read(_ chunks: [[UInt8]], limit: Int = 1 << 20) throws -> [UtteranceReader.Line] {
        let (reading, writing) = try Descriptor.pipe().release()
        defer { close(reading) }
        var reader = UtteranceReader(reading, cancellation: try Cancellation(), limit: limit)
        var lines: [UtteranceReader.Line] = []
        let writer = try Thread("writer") {
            for chunk in chunks {
                chunk.withUnsafeBytes { _ = write(writing, $0.baseAddress, $0.count) }
                // Until it has been taken, so that the next is read by itself.
                var waiting: CInt = 1
                while ioctl(reading, UInt(FIONREAD), &waiting) == 0, waiting > 0 { usleep(20) }
            }
            close(writing)
        }
        while case .line(let line) = try reader.next() { lines.append(line) }
        writer.join()
        return lines
    }

    @Test func `a character split over reads is one character`() throws {
        let text = "zwölf Ωμέγα 中文 👩‍👩‍👧\nnoch eins"
        let lines = try read(text.utf8.map { [$0] })
        #expect(lines.map(\.text) == ["zwölf Ωμέγα 中文 👩‍👩‍👧", "noch eins"])
        #expect(lines.map(\.isTerminated) == [true, false])
    }

    @Test func `invalid bytes become U+FFFD`() throws {
        let lines = try read([[0x61, 0xFF, 0x62, 0x0A, 0xC3, 0x0A, 0xE4, 0xB8]])
        #expect(lines.map(\.text) == ["a\u{FFFD}b", "\u{FFFD}", "\u{FFFD}"])
    }

    @Test func `an endless line comes in whole characters`() throws {
        let text = String(repeating: "ä中😀", count: 1000)
        let bytes = Array(text.utf8)
        let chunks = stride(from: 0, to: bytes.count, by: 700).map { Array(bytes[$0..<min($0 + 700, bytes.count)]) }
        let lines = try read(chunks, limit: 1000)
        #expect(lines.count > 5)
        #expect(lines.map(\.text).joined() == text)
        #expect(lines.map(\.isContinuation) == [false] + Array(repeating: true, count: lines.count - 1))
    }

    @Test func `nothing at all`() throws {
        #expect(try read([]).isEmpty)
        #expect(try read([[0x0A]]).map(\.text) == [""])
    }

    @Test func `stopping leaves what has arrived to be kept`() throws {
        let pipe = try Descriptor.pipe()
        let cancellation = try Cancellation()
        var reader = UtteranceReader(pipe.reading.number, cancellation: cancellation)
        try writeAll(pipe.writing.number, "one\ntwo\nthr")
        #expect(try reader.next() == .line(.init(text: "one", isTerminated: true, isContinuation: false)))
        cancellation.cancel()
        #expect(try reader.next() == .cancelled)
        #expect(reader.remaining().map(\.text) == ["two", "thr"])
    }
}
