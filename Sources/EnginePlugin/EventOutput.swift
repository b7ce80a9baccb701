internal import Glibc
package import POSIX
package import Program
package import Text

/// A word as an engine heard it.
package struct SpokenWord: Equatable, Sendable {
    package var text: String
    /// Seconds from the beginning of the audio.
    package var start: Double
    package var end: Double
    /// 0 to 1.
    package var confidence: Double?

    package init(_ text: String, start: Double, end: Double, confidence: Double? = nil) {
        self.text = text
        self.start = start
        self.end = end
        self.confidence = confidence
    }
}

/// Event lines on their way to the host (vt-events(5)), each flushed at once.
///
/// It takes standard output for itself: libraries greet there, and that is no transcript. What they write goes nowhere.
@safe package final class EventOutput {
    private let descriptor: Descriptor
    private var shown = ""
    private var shownStable: Int?

    package init() throws(SystemError) {
        descriptor = try EventOutput.takeStandardOutput()
    }

    /// Standard output, for who asks; what libraries write to it from now on goes nowhere.
    package static func takeStandardOutput() throws(SystemError) -> Descriptor {
        let descriptor = try Descriptor.duplicate(of: STDOUT_FILENO)
        let null = try Descriptor.open("/dev/null", O_WRONLY)
        try retrying("dup2") { dup2(null.number, STDOUT_FILENO) }
        return descriptor
    }

    /// Replaces what is shown of the current utterance, if it has changed.
    ///
    /// - Parameter stable: so many Unicode scalars of the text will not change before the final; nil promises nothing.
    package func partial(_ text: String, stable: Int? = nil) throws(Failure) {
        // Of the text as it is written, without control characters.
        let stable = stable.map { count in
            String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, count)))).sanitized.unicodeScalars.count
        }
        guard text != shown || stable != shownStable else { return }
        (shown, shownStable) = (text, stable)
        try write([EventLine("partial", stable.map { [EventLine.Attribute("stable", String($0))] } ?? [], text: text)])
    }

    /// Commits an utterance with its words, in one write. An utterance without text takes back what was shown.
    ///
    /// - Parameters:
    ///   - start: seconds of the audio; nil if the engine can't tell.
    ///   - end: likewise.
    ///   - attributes: further ones, `speaker` and `language`.
    package func final(
        _ text: String, start: Double?, end: Double?, words: [SpokenWord] = [],
        attributes: [EventLine.Attribute] = []
    ) throws(Failure) {
        guard text.contains(where: { !$0.isWhitespace }) else { return try partial("") }
        (shown, shownStable) = ("", nil)
        var events = words.map { word in
            var attributes = EventOutput.times(word.start, word.end)
            if let confidence = word.confidence {
                attributes.append(EventLine.Attribute("confidence", decimal(min(max(confidence, 0), 1), places: 3)))
            }
            return EventLine("word", attributes, text: word.text)
        }
        events.append(EventLine("final", EventOutput.times(start, end) + attributes, text: text))
        try write(events)
    }

    /// What the engine is doing, for people.
    package func status(_ text: String) throws(Failure) {
        try write([EventLine("status", text: text)])
    }

    /// What the user should know although the work goes on.
    package func warning(_ text: String, hint: String? = nil) throws(Failure) {
        try write([EventLine("warning", EventOutput.hint(hint), text: text)])
    }

    /// Why there is no text, or no more of it.
    package func error(_ failure: Failure) throws(Failure) {
        try write([EventLine("error", EventOutput.hint(failure.hint), text: failure.message)])
    }

    /// Ends the answer to one file of a batch.
    ///
    /// - Parameter path: the file, as the host has named it: so it knows what was answered.
    package func done(_ status: ExitStatus, _ path: String) throws(Failure) {
        (shown, shownStable) = ("", nil)
        let attributes = [("status", String(status.rawValue)), ("path", path)].map(EventLine.Attribute.init)
        try write([EventLine("done", attributes)])
    }

    private func write(_ events: [EventLine]) throws(Failure) {
        do throws(SystemError) {
            try writeAll(descriptor.number, events.map(\.line).joined(), name: "standard output")
        } catch {
            throw Failure(.inputOutput, error.description)
        }
    }

    private static func hint(_ text: String?) -> [EventLine.Attribute] {
        text.map { [EventLine.Attribute("hint", $0)] } ?? []
    }

    private static func times(_ start: Double?, _ end: Double?) -> [EventLine.Attribute] {
        [("start", start), ("end", end)].compactMap { name, seconds in
            seconds.map { EventLine.Attribute(name, decimal($0, places: 2)) }
        }
    }
}
