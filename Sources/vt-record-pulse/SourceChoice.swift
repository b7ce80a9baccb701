import Program
import Text

/// Which source a user means.
enum SourceChoice {
    /// The source of exactly this name, else the one whose name or description has this part, in any case of letters.
    ///
    /// A microphone goes before what a sink of the same name plays. What fits several is refused: a recording of the wrong room
    /// helps nobody.
    ///
    /// - Parameters:
    ///   - wanted: what the user said; nil and `default` are the server's default.
    ///   - sources: what there is.
    ///   - cards: asked for only where nothing fits, since a headset may be there without its microphone.
    static func choose(
        _ wanted: String?, among sources: [PulseSource], cards: () throws -> [PulseCard]
    ) throws -> PulseSource {
        if let exact = sources.first(where: { $0.name == wanted }) { return exact }
        guard let wanted, wanted != "default" else { return try defaultSource(sources) }
        let key = wanted.lowercased()
        let whole = sources.filter { $0.description.lowercased() == key }
        var fitting =
            whole.isEmpty
            ? sources.filter { $0.name.lowercased().contains(key) || $0.description.lowercased().contains(key) } : whole
        let microphones = fitting.filter { !$0.isMonitor }
        if !microphones.isEmpty { fitting = microphones }
        if fitting.count > 1 {
            throw Failure(
                .usage, "\(wanted) fits several sources: \(fitting.map(\.name).joined(separator: ", "))",
                hint: "name one of them in full, or a part that only one has")
        }
        // What a headset plays in place of what it hears would be taken for its microphone.
        if let only = fitting.first, !only.isMonitor { return only }
        let headset = try cards().first {
            $0.name.lowercased().contains(key) || $0.description.lowercased().contains(key)
        }
        if let headset { try explain(headset, wanted) }
        if let only = fitting.first { return only }
        throw Failure(
            .unavailable, "there is no source \(wanted)",
            hint: "vt-record --recorder pulse --list-devices lists those that there are")
    }

    private static func defaultSource(_ sources: [PulseSource]) throws -> PulseSource {
        // PulseAudio's stand-in where there is no hardware at all.
        guard let source = sources.first(where: \.isDefault), source.name != "auto_null.monitor" else {
            throw Failure(
                .unavailable, "there is no default microphone",
                hint: sources.isEmpty ? "the sound server has no source at all" : "--device names another source")
        }
        return source
    }

    /// Says why a card that is there has no microphone now, if that can be changed.
    private static func explain(_ card: PulseCard, _ wanted: String) throws {
        let active = card.profiles.first { $0.name == card.activeProfile }
        guard active?.hasSources != true else { return }
        guard let other = card.profiles.first(where: { $0.hasSources && $0.isAvailable }) else {
            throw Failure(
                .unavailable, "\(wanted) has no microphone: none of its profiles brings one",
                hint: card.name.hasPrefix("bluez")
                    ? "the headset may offer one only once it is connected as a headset" : nil)
        }
        throw Failure(
            .unavailable, "\(wanted) has no microphone in its present profile, \(card.activeProfile)",
            hint: "pactl set-card-profile \(card.name) \(other.name) gives it one")
    }
}
