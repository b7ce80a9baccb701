internal import Text

/// How far a run has come.
package struct RunProgress: Sendable {
    /// Inputs that were found, and their bytes; and whether that is all of them.
    package var found = 0
    package var bytesFound = 0
    package var isComplete = false
    /// Inputs that are over and done with, however.
    package var done = 0
    package var failed = 0
    /// Those that had been done before.
    package var skipped = 0
    /// Bytes of those that are over; and of those that were skipped.
    package var bytesDone = 0
    package var bytesSkipped = 0
    /// Seconds of the recordings that were transcribed.
    package var seconds = 0.0
    /// Since the run began.
    package var elapsed = 0.0
    /// What is being worked on: the name, and how many seconds of it have been read.
    package var current: [(name: String, seconds: Double)] = []

    package init() {}

    /// Seconds of audio in a second.
    package var speed: Double { elapsed > 0 ? seconds / elapsed : 0 }

    /// Seconds that it will still take, if it goes on like this; nil while nobody knows.
    package var timeLeft: Double? {
        let worked = bytesDone - bytesSkipped
        guard isComplete, worked > 0, elapsed >= 1 else { return nil }
        return elapsed * Double(max(0, bytesFound - bytesDone)) / Double(worked)
    }

    /// One line for people.
    ///
    /// - Parameter width: columns at most; the bar takes what is left.
    package func bar(width: Int) -> String {
        var parts = ["\(done)/\(found)\(isComplete ? "" : "+")"]
        if failed > 0 { parts.append("\(failed) failed") }
        if seconds > 0 {
            parts.append("\(spokenDuration(seconds)) of audio, \(decimal(speed, places: speed < 10 ? 1 : 0))x")
        }
        if let timeLeft { parts.append("\(spokenDuration(timeLeft)) left") }
        let text = parts.joined(separator: "  ")
        let room = min(40, width - text.utf8.count - 4)
        guard room >= 10 else { return String(text.prefix(width - 1)) }
        let share = isComplete && bytesFound > 0 ? Double(bytesDone) / Double(bytesFound) : 0
        let marks = Int((Double(room) * min(1, share)).rounded(.down))
        return "[" + String(repeating: "#", count: marks) + String(repeating: "-", count: room - marks) + "] " + text
    }

    /// A line for each input that is worked on.
    package func jobs(width: Int) -> [String] {
        current.map { name, seconds in
            let time = spokenDuration(seconds)
            return "  " + name.sanitized.prefix(max(1, width - time.utf8.count - 6)) + "  " + time
        }
    }

    /// One line for a log.
    package var line: String {
        var parts = ["\(done) of \(found)\(isComplete ? "" : " so far")"]
        if failed > 0 { parts.append("\(failed) failed") }
        if skipped > 0 { parts.append("\(skipped) were complete") }
        if seconds > 0 { parts.append("\(spokenDuration(seconds)) of audio at \(decimal(speed, places: 1))x") }
        if let timeLeft { parts.append("\(spokenDuration(timeLeft)) left") }
        return parts.joined(separator: ", ")
    }

    /// One JSON object for programs.
    package var json: String {
        var members: [JSONValue.Member] = [
            .init("event", .string("progress")), .init("done", .integer(done)), .init("found", .integer(found)),
            .init("complete", .bool(isComplete)), .init("failed", .integer(failed)),
            .init("skipped", .integer(skipped)),
            .init("seconds", .number(decimal(seconds))), .init("elapsed", .number(decimal(elapsed))),
        ]
        if let timeLeft { members.append(.init("left", .number(decimal(timeLeft)))) }
        let jobs = current.map { name, seconds in
            JSONValue.object([.init("input", .string(name)), .init("seconds", .number(decimal(seconds)))])
        }
        members.append(.init("jobs", .array(jobs)))
        return JSONValue.object(members).line
    }
}
