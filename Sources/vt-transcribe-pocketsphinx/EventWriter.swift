import Glibc
import POSIX
import Text

/// Event lines on their way out.
struct EventWriter {
    private let descriptor: CInt
    private var lastPartial = ""
    private var partialTime = 0.0
    /// Seconds between two partials: more often than that nobody reads.
    private static let partialInterval = 0.1

    init(_ descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Whether a partial would be written now.
    var partialIsDue: Bool { monotonicSeconds() - partialTime >= EventWriter.partialInterval }

    /// Writes what is heard of the utterance so far, where that has changed.
    mutating func partial(_ text: String) throws(SystemError) {
        partialTime = monotonicSeconds()
        guard text != lastPartial else { return }
        lastPartial = text
        try writeAll(descriptor, EventLine("partial", text: text).line, name: "standard output")
    }

    /// Commits the words of an utterance, in one write.
    ///
    /// - Parameters:
    ///   - words: with their frames in the input. None: a partial that came to nothing is taken back.
    mutating func utterance(_ words: [HeardWord]) throws(SystemError) {
        guard let first = words.first, let last = words.last else { return try partial("") }
        lastPartial = ""
        var lines = ""
        for word in words {
            lines += EventLine("word", EventWriter.times(word.frames), text: word.spelling).line
        }
        let whole = EventWriter.times(first.frames.lowerBound..<last.frames.upperBound)
        lines += EventLine("final", whole, text: words.map(\.spelling).joined(separator: " ")).line
        try writeAll(descriptor, lines, name: "standard output")
    }

    private static func times(_ frames: Range<Int>) -> [EventLine.Attribute] {
        [("start", frames.lowerBound), ("end", frames.upperBound)].map { name, frame in
            EventLine.Attribute(name, decimal(Double(frame) / Double(Tuning.framesPerSecond), places: 2))
        }
    }
}

private func monotonicSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
