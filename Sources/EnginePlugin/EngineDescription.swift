/// What an engine says of itself: the answer to `describe` (vt-plugin(7)).
package struct EngineDescription: Sendable {
    /// One line, for listings.
    package var summary: String
    /// Whether it gives partial results.
    package var givesPartials: Bool
    /// Seconds of silence, as a speech detector counts it, that it wants to hear in a pause.
    package var pause: Double
    /// Settings that it heeds beyond those that every engine gets: `keywords`, `languages`, `speakers`, `temperature`, `timestamps`.
    package var heeds: [String]
    /// Options of its own, with what they do.
    package var options: [(name: String, help: String)]

    package init(
        summary: String, givesPartials: Bool, pause: Double, heeds: [String] = [],
        options: [(name: String, help: String)]
    ) {
        self.summary = summary
        self.givesPartials = givesPartials
        self.pause = pause
        self.heeds = heeds
        self.options = options
    }

    /// The lines of the answer. All engines on this kit read mono s16le at 16000 Hz, take batches of files, and may be started before
    /// anybody speaks.
    package var text: String {
        var lines = ["vt-plugin 1", "summary \(summary)", "input s16le", "partial \(givesPartials ? "yes" : "no")"]
        lines += ["files yes", "standby yes", "pause \(pause)"]
        if !heeds.isEmpty { lines.append("heeds " + heeds.joined(separator: " ")) }
        lines += options.map { "option \($0.name) \($0.help)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
