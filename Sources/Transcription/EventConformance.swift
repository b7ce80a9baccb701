internal import Plugins
internal import Text

/// Whether lines are events as vt-events(5) describes them.
struct EventConformance {
    /// Seconds of audio that the lines are about.
    private let seconds: Double
    /// Whether it has said that it writes partial results.
    private let givesPartials: Bool
    /// The first thing that is wrong; nil where all is well.
    private(set) var problem: String?
    /// The text of the last `error`.
    private(set) var error: String?
    private var words = 0

    /// A model's frames are longer than our samples.
    private static let tolerance = 0.25

    init(seconds: Double, of description: PluginDescription) {
        self.seconds = seconds
        givesPartials = description.givesPartials
    }

    /// Reads all that a call has written.
    mutating func read(_ outcome: Trial.Outcome) {
        let (lines, endsInMidLine) = outcome.lines
        for line in lines { read(line) }
        if endsInMidLine { note("its last line has no line feed") }
        if words > 0 { note("it writes word lines without the final that they belong to") }
    }

    /// Reads a line, without its line feed.
    mutating func read(_ bytes: [UInt8]) {
        guard problem == nil else { return }
        guard bytes.count < EventLine.maximumLength else { return note("it writes a line of \(bytes.count) bytes") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return note("it writes what is no UTF-8: \(quoted(String(decoding: bytes, as: UTF8.self)))")
        }
        if bytes.last == UInt8(ascii: "\r") { return note("its lines end with CR LF: \(quoted(text))") }
        guard let event = EventLine(parsing: text) else {
            return note("it writes what is no event: \(quoted(text))")
        }
        // Also what a library prints in a single word is a verb.
        if !text.contains("\t"), event.verb != "done" { return note("there is no TAB in \(quoted(text))") }
        if event.text.sanitized != event.text { return note("there are control characters in \(quoted(text))") }
        check(event, quoted(text))
    }

    private mutating func check(_ event: EventLine, _ line: String) {
        switch event.verb {
        case "partial", "word", "final":
            var times: [Double] = []
            for name in ["start", "end"] {
                guard let value = event[name] else { continue }
                guard let time = decimal(value) else { return note("\(name) is no decimal in \(line)") }
                times.append(time)
                if time > seconds + EventConformance.tolerance {
                    return note("\(name) is behind the end of the audio, which is \(seconds) s long: \(line)")
                }
            }
            if times.count == 2, times[1] < times[0] { return note("the end is before the start in \(line)") }
            if let value = event["confidence"], decimal(value).map({ $0 <= 1 }) != true {
                return note("confidence is not from 0 to 1 in \(line)")
            }
            if event.verb == "partial", !givesPartials {
                return note("it writes partial lines, and does not say “partial yes”: \(line)")
            }
            if event.verb == "word" { words += 1 }
            if event.verb == "final" { words = 0 }
        case "error": error = event.text
        default: break
        }
    }

    private func decimal(_ value: String) -> Double? {
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return nil }
        return Double(value)
    }

    private func quoted(_ line: String) -> String { "“\(line.sanitized.prefix(80))”" }

    private mutating func note(_ what: String) {
        if problem == nil { problem = what }
    }
}
