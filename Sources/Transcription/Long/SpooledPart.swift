internal import Audio
internal import Glibc
internal import POSIX

/// A part of a recording that was read already, to be recognised beside others.
// Sendable: filled by one thread, then read by one.
final class SpooledPart: SpeechSource, @unchecked Sendable {
    /// Its first sample, counted in the recording.
    let start: Int
    /// Samples.
    private(set) var count = 0
    private var position = 0
    private var memory: [Int16] = []
    /// Takes what is too much for memory.
    private var file: Descriptor?
    private var spoken: [Range<Int>]?
    /// Places behind which a long silence was left out.
    private var pauses: [Int] = []
    let isSpeechCertain: Bool
    /// Whether the recording ends with it.
    private(set) var isLast = false

    /// Half a minute.
    private static let mostInMemory = 1 << 19

    /// Reads a part to its end.
    ///
    /// - Parameter isCancelled: asked while nothing comes.
    init(_ part: PartCutter.Part, isCancelled: () -> Bool) throws {
        start = part.start
        isSpeechCertain = part.isSpeechCertain
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 4096)
        defer { block.deallocate() }
        while true {
            if isCancelled() { throw EngineError(.cancelled, "given up") }
            let read = try part.read(into: block, within: .milliseconds(100))
            if part.isAtPause, read == nil, pauses.last != count { pauses.append(count) }
            guard let read else { continue }
            if read == 0 { break }
            try add(UnsafeBufferPointer(rebasing: block[..<read]))
            if part.isAtPause { pauses.append(count) }
        }
        spoken = part.speech(in: 0..<count)
        isLast = !part.isCut
    }

    private func add(_ samples: UnsafeBufferPointer<Int16>) throws {
        if file == nil, count + samples.count > SpooledPart.mostInMemory {
            let made = try Descriptor.temporaryFile()
            try memory.withUnsafeBytes { try writeAll(made.number, $0) }
            file = consume made
            memory = []
        }
        if let number = file?.number {
            try writeAll(number, UnsafeRawBufferPointer(samples))
        } else {
            memory.append(contentsOf: samples)
        }
        count += samples.count
    }

    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let pause = pauses.first { $0 > position } ?? count
        let wanted = min(buffer.count, pause - position)
        guard wanted > 0 else { return 0 }
        guard let number = file?.number else {
            for index in 0..<wanted { buffer[index] = memory[position + index] }
            position += wanted
            return wanted
        }
        let room = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<wanted]))
        var filled = 0
        while filled < room.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
            let offset = off_t(2 * position + filled)
            let read = try retrying("read") { pread(number, rest.baseAddress, rest.count, offset) }
            if read == 0 { throw SystemError(code: EIO, call: "pread", subject: "a temporary file") }
            filled += read
        }
        position += wanted
        return wanted
    }

    var isAtPause: Bool { pauses.contains(position) }

    func restart(at sample: Int) { position = min(sample, count) }

    func speech(in range: Range<Int>) -> [Range<Int>]? {
        spoken?.filter { $0.overlaps(range) }.map { $0.clamped(to: range) }
    }
}
