import CPulse
import Program
import Text

/// A source of the server's: a microphone, or what a sink plays.
struct PulseSource: Equatable, Sendable {
    var name: String
    var description: String
    var isDefault = false
    /// The sink whose sound it is, by its number; nil for a source that hears for itself.
    var monitoredSink: UInt32?
    var isMuted = false

    /// Whether it is what a sink plays.
    var isMonitor: Bool { monitoredSink != nil }

    /// A line of `devices-v1`.
    var line: String {
        let marks = [isDefault ? "default" : nil, isMonitor ? "monitor" : nil].compactMap(\.self)
        let fields = [name, description.sanitized] + (marks.isEmpty ? [] : [marks.joined(separator: " ")])
        return fields.joined(separator: "\t") + "\n"
    }
}

/// A sound card with its profiles; of a Bluetooth headset only some have a microphone.
struct PulseCard: Equatable, Sendable {
    struct Profile: Equatable, Sendable {
        var name: String
        var hasSources: Bool
        var isAvailable: Bool
    }

    var name: String
    var description: String
    var activeProfile: String
    var profiles: [Profile]
}

extension PulseServer {
    /// The sources, in the server's order.
    func sources() throws -> [PulseSource] {
        let known = try defaultSource()
        let found = Collected<PulseSource>()
        try unsafe complete(
            pa_context_get_source_info_list(
                context,
                { _, information, isAtEnd, collected in
                    guard isAtEnd == 0, let information = unsafe information?.pointee, let collected = unsafe collected,
                        let name = unsafe information.name
                    else { return }
                    var source = unsafe PulseSource(
                        name: String(cString: name),
                        description: information.description.map { unsafe String(cString: $0) } ?? "")
                    let sink = unsafe information.monitor_of_sink
                    source.monitoredSink = sink == .max ? nil : sink
                    unsafe source.isMuted = information.mute != 0
                    unsafe Unmanaged<Collected<PulseSource>>.fromOpaque(collected).takeUnretainedValue().all.append(
                        source)
                }, Unmanaged.passUnretained(found).toOpaque()))
        return found.all.map { source in
            var source = source
            source.isDefault = source.name == known
            return source
        }
    }

    /// The name of the source that is recorded from where none is named; nil where there is none.
    private func defaultSource() throws -> String? {
        let found = Collected<String>()
        try unsafe complete(
            pa_context_get_server_info(
                context,
                { _, information, collected in
                    guard let name = unsafe information?.pointee.default_source_name, let collected = unsafe collected
                    else { return }
                    unsafe Unmanaged<Collected<String>>.fromOpaque(collected).takeUnretainedValue().all
                        .append(String(cString: name))
                }, Unmanaged.passUnretained(found).toOpaque()))
        return found.all.first
    }

    /// The name of the sink that plays where none is named; nil where there is none.
    func defaultSink() throws -> String? {
        let found = Collected<String>()
        try unsafe complete(
            pa_context_get_server_info(
                context,
                { _, information, collected in
                    guard let name = unsafe information?.pointee.default_sink_name, let collected = unsafe collected
                    else { return }
                    unsafe Unmanaged<Collected<String>>.fromOpaque(collected).takeUnretainedValue().all
                        .append(String(cString: name))
                }, Unmanaged.passUnretained(found).toOpaque()))
        return found.all.first
    }

    /// The sound cards.
    func cards() throws -> [PulseCard] {
        let found = Collected<PulseCard>()
        try unsafe complete(
            pa_context_get_card_info_list(
                context,
                { _, information, isAtEnd, collected in
                    guard isAtEnd == 0, let information = unsafe information?.pointee, let collected = unsafe collected,
                        let card = unsafe PulseCard(information)
                    else { return }
                    unsafe Unmanaged<Collected<PulseCard>>.fromOpaque(collected).takeUnretainedValue().all.append(card)
                }, Unmanaged.passUnretained(found).toOpaque()))
        return found.all
    }
}

extension PulseCard {
    /// What the library says of a card.
    fileprivate init?(_ information: pa_card_info) {
        guard let name = unsafe information.name else { return nil }
        unsafe self.name = String(cString: name)
        let words = unsafe pa_proplist_gets(information.proplist, "device.description")
        description = unsafe words.map { unsafe String(cString: $0) } ?? ""
        let active = unsafe information.active_profile2?.pointee.name
        activeProfile = unsafe active.map { unsafe String(cString: $0) } ?? ""
        profiles = []
        for index in unsafe 0..<Int(information.n_profiles) {
            guard let profile = unsafe information.profiles2?[index]?.pointee, let name = unsafe profile.name else {
                continue
            }
            unsafe profiles.append(
                Profile(
                    name: String(cString: name), hasSources: profile.n_sources > 0, isAvailable: profile.available != 0)
            )
        }
    }
}

/// What the callbacks of one operation have brought.
private final class Collected<Element> {
    var all: [Element] = []
}
