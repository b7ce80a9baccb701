internal import Glibc
package import POSIX
internal import Text

/// What became of one input of a batch.
package struct InputReport: Sendable {
    package enum Outcome: String, Sendable {
        case done
        /// It worked, and nobody speaks.
        case noSpeech = "no speech"
        /// Somebody speaks, and the engine heard no words.
        case noWords = "no words"
        case failed
        /// It was done before, for the same engine and options.
        case complete
        /// Another process has it.
        case busy
        /// It was not begun: nothing more may be sent, or it would be refused like the others before.
        case notTried = "not tried"
    }

    package var input: Path
    package var outcome: Outcome
    /// The exit status that it would have alone.
    package var status: Int
    /// The engine that was asked; nil where none was.
    package var engine: String?
    /// Seconds of the recording; nil where they are not known.
    package var seconds: Double?
    /// Seconds of audio that an engine got, in all requests; nil where none was asked.
    package var secondsSent: Double?
    /// How often an engine was asked, each part of a long recording by itself.
    package var attempts = 0
    /// Parts that a long recording was cut into.
    package var parts = 1
    /// How much of the speech has text, 0 to 1; nil where nobody knows.
    package var coverage: Double?
    /// Seconds that it took.
    package var took: Double = 0
    package var outputs: [Path] = []
    /// What was wrong.
    package var error: String?

    package init(_ input: Path, _ outcome: Outcome, status: Int) {
        self.input = input
        self.outcome = outcome
        self.status = status
    }

    /// One JSON object, without a line feed.
    package var json: String {
        var members: [JSONValue.Member] = [
            .init("input", .string(input.description)), .init("outcome", .string(outcome.rawValue)),
            .init("status", .integer(status)),
        ]
        if !input.isUTF8 {
            // The bytes themselves, for who must find the file again.
            let hex = input.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            members.insert(.init("input_hex", .string(hex)), at: 1)
        }
        func add(_ name: String, _ value: Double?) {
            if let value { members.append(.init(name, .number(decimal(value, places: 3)))) }
        }
        if let engine { members.append(.init("engine", .string(engine))) }
        add("seconds", seconds)
        add("seconds_sent", secondsSent)
        members.append(.init("attempts", .integer(attempts)))
        if parts > 1 { members.append(.init("parts", .integer(parts))) }
        add("coverage", coverage)
        add("took", took)
        if !outputs.isEmpty {
            members.append(.init("outputs", .array(outputs.map { .string($0.description) })))
        }
        if let error { members.append(.init("error", .string(error))) }
        return JSONValue.object(members).line
    }
}

/// A file of lines that several threads add to: each line is there as soon as it is written, whole.
package final class LineFile: Sendable {
    private let file: Descriptor
    private let name: String

    /// - Parameters:
    ///   - path: made where it is not there; `-` is standard output.
    ///   - appends: whether to go on behind what is there; other processes may do the same.
    package init(_ path: Path, appends: Bool) throws(SystemError) {
        if path.bytes == Array("-".utf8) {
            file = try Descriptor.duplicate(of: STDOUT_FILENO)
            name = "standard output"
            return
        }
        file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | (appends ? 0 : O_TRUNC))
        name = path.description
    }

    /// Whether a file can be begun anew: there is none, it is empty or no regular file, or it holds objects as a report does.
    package static func mayBeReplaced(_ path: Path) -> Bool {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            let file = try? Descriptor.open(path, O_RDONLY | O_NOCTTY)
        else { return true }
        var first: UInt8 = 0
        return pread(file.number, &first, 1, 0) != 1 || first == UInt8(ascii: "{")
    }

    /// Whether nothing is in it.
    package var isEmpty: Bool {
        var status = stat()
        return fstat(file.number, &status) == 0 && status.st_size == 0
    }

    /// Adds a line; one write, so that lines of other processes don't get into it.
    package func write(_ line: String) throws(SystemError) {
        try writeAll(file.number, line + "\n", name: name)
    }
}
