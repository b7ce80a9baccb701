import ArgumentParser
import EnginePlugin
import Program
import Text

/// An engine on the kit that does what its option `script` says, for the tests: a line each, fields parted by `|`.
struct KitEngine: EnginePlugin {
    static let configuration = CommandConfiguration(commandName: "kit-engine", abstract: "An engine for tests.")

    @Argument var operation: EngineOperation

    static let description = EngineDescription(
        summary: "For tests", givesPartials: true, pause: 0.25, heeds: ["languages", "temperature"],
        options: [("script", "what to do"), ("two-words", "another one")])

    mutating func work() throws -> ExitStatus { try runOperation(operation) }

    func transcribe(_ events: EventOutput) throws { try follow(EngineEnvironment.option("script") ?? "", events) }

    func makeRecordings(_ events: EventOutput) throws -> any RecordingTranscriber { Recordings(events: events) }

    private struct Recordings: RecordingTranscriber {
        let events: EventOutput
        var isUsable = true

        mutating func transcribe(_ path: String) throws {
            isUsable = path != "unusable"
            try follow(path, events)
        }
    }
}

private func follow(_ script: String, _ events: EventOutput) throws {
    for line in script.split(whereSeparator: \.isNewline) {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        func field(_ number: Int) -> String { number < fields.count ? fields[number] : "" }
        switch fields[0] {
        case "environment": try tellEnvironment(events)
        case "print": print(field(1))
        case "partial": try events.partial(field(1), stable: Int(field(2)))
        case "final":
            // TEXT, START, END, then words: TEXT/START/END/CONFIDENCE
            let words = fields.dropFirst(4).map { word in
                let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                return SpokenWord(
                    parts[0], start: Double(parts[1]) ?? 0, end: Double(parts[2]) ?? 0,
                    confidence: parts.count > 3 ? Double(parts[3]) : nil)
            }
            try events.final(
                field(1), start: Double(field(2)), end: Double(field(3)), words: words,
                attributes: [.init("speaker", "Ann B")])
        case "status": try events.status(field(1))
        case "warning": try events.warning(field(1), hint: fields.count > 2 ? field(2) : nil)
        case "fail": throw Failure(.configuration, field(1), hint: fields.count > 2 ? field(2) : nil)
        default: throw Failure(.noInput, "\(fields[0]): not a script")
        }
    }
}

private func tellEnvironment(_ events: EventOutput) throws {
    let asked = try EngineEnvironment()
    func tell(_ name: String, _ value: String?) throws { try events.status("\(name)=\(value ?? "nil")") }
    try tell("languages", asked.languages.joined(separator: "+"))
    try tell("model", asked.model)
    try tell("prompt", asked.prompt)
    try tell("keywords", asked.keywords.joined(separator: "+"))
    try tell("temperature", asked.temperature.map { "\($0)" })
    try tell("timestamps", asked.timestamps)
    try tell("speakers", "\(asked.wantsSpeakers)")
    try tell("option", EngineEnvironment.option("two-words"))
}

runProgram(KitEngine.self)
