internal import ArgumentParser
internal import Program
internal import Transcription

/// How much a subtitle shows at once.
struct SubtitleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Columns of a line of srt and vtt (default: 42); wide characters take two.", valueName: "count"))
    var lineLength: Int?

    @Option(help: ArgumentHelp("Lines of a subtitle of srt and vtt (default: 2).", valueName: "count"))
    var lines: Int?

    func validate() throws {
        if let lineLength, !(10...1000).contains(lineLength) {
            throw ValidationError("--line-length is 10 to 1000, not \(lineLength)")
        }
        if let lines, !(1...10).contains(lines) { throw ValidationError("--lines is 1 to 10, not \(lines)") }
    }

    /// The option that was given, for who has no use for it.
    var given: String? { lineLength != nil ? "--line-length" : lines != nil ? "--lines" : nil }

    var rules: SubtitleRules {
        let standard = SubtitleRules()
        return SubtitleRules(lineLength: lineLength ?? standard.lineLength, lines: lines ?? standard.lines)
    }
}
