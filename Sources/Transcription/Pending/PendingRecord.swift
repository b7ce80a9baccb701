package import Audio
internal import Text

/// What is known about a recording whose text is still owed: how it was to be read and recognised.
///
/// It is kept beside the audio as one line of JSON, which never holds a key.
package struct PendingRecord: Equatable, Sendable {
    /// When the recording began, `2026-11-22T18:30:00Z`.
    package var created: String
    /// The engine's name or path, as it was asked for.
    package var engine: String
    package var languages: [String]
    package var model: String?
    package var prompt: String?
    package var keywords: [String] = []
    package var temperature: Double?
    package var timestamps: EngineSettings.Timestamps?
    package var speakers = false
    /// Where the engine was, where the command line said it; never with a password.
    package var baseURL: String?
    /// The profile of the configuration that was chosen.
    package var profile: String?
    /// `--option` by key.
    package var options: [String: String]
    /// The format of audio without a header; nil where the audio says it itself.
    package var raw: HeaderlessInput?
    /// Which sound track; nil is the default one.
    package var track: TrackChoice?
    /// What becomes of several channels, as `--channels` says it; nil mixes them.
    package var channels: String?
    /// Who speaks on each channel.
    package var speakerNames: [String] = []
    package var strict: Bool
    /// Whether all of it is sent, silence too (`--no-gate`).
    package var isUngated: Bool
    /// How often an engine was tried and did not give the text.
    package var attempts = 0
    /// What the last attempt failed with.
    package var lastError: String?
    /// Whether somebody tries it at this moment or, if nobody owns it, a process has ended in the midst of trying it.
    package var isBeingTried = false
    /// Behind how many bytes of the recording of the same name, in another store, this is what follows; nil if it is the recording.
    package var continues: Int?
    /// The engine that heard nothing although the recording is not silent.
    package var heardNothing: String?

    package init(
        created: String, engine: String, languages: [String] = [], model: String? = nil, prompt: String? = nil,
        options: [String: String] = [:], raw: HeaderlessInput? = nil, track: TrackChoice? = nil, strict: Bool = false,
        isUngated: Bool = false
    ) {
        self.created = created
        self.engine = engine
        self.languages = languages
        self.model = model
        self.prompt = prompt
        self.options = options
        self.raw = raw
        self.track = track
        self.strict = strict
        self.isUngated = isUngated
    }
}

extension PendingRecord {
    /// The record as a line of JSON, with its line feed.
    var line: String {
        var members: [JSONValue.Member] = [
            .init("version", .integer(PendingRecord.version)),
            .init("created", .string(created)),
            .init("engine", .string(engine)),
        ]
        func add(_ name: String, _ value: String?) {
            if let value { members.append(.init(name, .string(value))) }
        }
        add("language", languages.isEmpty ? nil : languages.joined(separator: ","))
        add("model", model)
        add("prompt", prompt)
        if !keywords.isEmpty { members.append(.init("keywords", .array(keywords.map(JSONValue.string)))) }
        if let temperature { members.append(.init("temperature", .number(String(temperature)))) }
        add("timestamps", timestamps?.rawValue)
        if speakers { members.append(.init("speakers", .bool(true))) }
        add("base_url", baseURL)
        add("profile", profile)
        if !options.isEmpty {
            let sorted = options.sorted { $0.key < $1.key }
            members.append(.init("options", .object(sorted.map { .init($0.key, .string($0.value)) })))
        }
        if let raw {
            let (rate, channels, name) =
                switch raw {
                case .samples(let format): (format.sampleRate, format.channels, format.sampleFormat.rawValue)
                case .coded(let audio): (audio.rate, audio.channels, audio.format.rawValue)
                }
            members.append(
                .init(
                    "raw",
                    .object([
                        .init("rate", .integer(rate)), .init("channels", .integer(channels)),
                        .init("sample_format", .string(name)),
                    ])))
        }
        add("channels", channels)
        if !speakerNames.isEmpty {
            members.append(.init("speaker_names", .array(speakerNames.map(JSONValue.string))))
        }
        add("track", track?.argument)
        if strict { members.append(.init("strict", .bool(true))) }
        if isUngated { members.append(.init("gate", .bool(false))) }
        members.append(.init("attempts", .integer(attempts)))
        if isBeingTried { members.append(.init("trying", .bool(true))) }
        if let continues { members.append(.init("continues", .integer(continues))) }
        add("last_error", lastError)
        add("heard_nothing", heardNothing)
        return JSONValue.object(members).line + "\n"
    }

    private static let version = 1

    /// The version of a record that says more, or means other things, than is known here.
    ///
    /// - Returns: nil if it is known, or no record.
    static func unknownVersion(_ text: String) -> Int? {
        JSONValue(parsing: text)?["version"]?.integer.flatMap { $0 == version ? nil : $0 }
    }

    /// Reads a record; nil if the text is not one (a crash can leave an empty file), or one of another version.
    init?(parsing text: String) {
        guard let value = JSONValue(parsing: text), let engine = value["engine"]?.string,
            value["version"].map({ $0.integer == PendingRecord.version }) ?? true
        else { return nil }
        self.init(
            created: value["created"]?.string ?? "", engine: engine,
            languages: value["language"]?.string?.split(separator: ",").map(String.init) ?? [],
            model: value["model"]?.string, prompt: value["prompt"]?.string, strict: value["strict"]?.bool ?? false,
            isUngated: value["gate"]?.bool == false)
        keywords = value["keywords"]?.array?.compactMap(\.string) ?? []
        temperature = value["temperature"]?.double
        timestamps = value["timestamps"]?.string.flatMap(EngineSettings.Timestamps.init(rawValue:))
        speakers = value["speakers"]?.bool ?? false
        baseURL = value["base_url"]?.string
        profile = value["profile"]?.string
        if case .object(let members)? = value["options"] {
            for member in members { options[member.name] = member.value.string }
        }
        if let format = value["raw"] {
            guard let rate = format["rate"]?.integer, let channels = format["channels"]?.integer,
                let name = format["sample_format"]?.string
            else { return nil }
            if let plain = SampleFormat(rawValue: name) {
                raw = .samples(AudioFormat(sampleRate: rate, channels: channels, sampleFormat: plain))
            } else if let coded = HeaderlessFormat(rawValue: name) {
                raw = .coded(HeaderlessAudio(coded, rate: rate, channels: channels))
            } else {
                return nil
            }
        }
        track = value["track"]?.string.flatMap { TrackChoice($0) }
        // Nobody has tried as often; one more fits.
        attempts = min(max(value["attempts"]?.integer ?? 0, 0), 1_000_000)
        isBeingTried = value["trying"]?.bool ?? false
        continues = value["continues"]?.integer
        channels = value["channels"]?.string
        speakerNames = value["speaker_names"]?.array?.compactMap(\.string) ?? []
        lastError = value["last_error"]?.string
        heardNothing = value["heard_nothing"]?.string
    }
}
