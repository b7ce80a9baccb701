/// The names that a configuration file knows, and what each holds (vt.toml(5)).
package enum ConfigurationKey: String, CaseIterable, Sendable {
    case engine
    case model
    case language
    case prompt
    case keywords
    case temperature
    case timestamps
    case speakers
    case timeout
    case options
    case baseURL = "base_url"
    case uploadFormat = "upload_format"
    case keyFile = "key_file"
    case keyCommand = "key_command"
    case keyOverHTTP = "key_over_http"
    case headers
    case log
    // Of [record].
    case recorder
    case device
    case untilSilence = "until_silence"
    case noSpeechTimeout = "no_speech_timeout"
    case waitForSpeech = "wait_for_speech"
    case preRoll = "pre_roll"
    case detector
    // Of [type].
    case driver
    case keys
    case prefix
    case suffix
    case delay

    /// What a value may be.
    enum Kind {
        case string
        /// One string, or a list of them.
        case strings
        case number
        case boolean
        /// One of these.
        case choice([String])
        /// `300ms`, `2m`; or a number, of seconds.
        case time
        /// The same, or `true` for the time that is usual.
        case timeOrTrue
        /// A table whose values are strings, numbers or booleans.
        case options
    }

    var kind: Kind {
        switch self {
        case .model, .prompt, .baseURL, .keyFile, .keyCommand, .recorder, .device, .prefix, .suffix: .string
        case .engine, .language, .keywords, .driver, .keys, .headers: .strings
        case .temperature: .number
        case .speakers, .waitForSpeech, .keyOverHTTP: .boolean
        case .timestamps: .choice(["segment", "word"])
        case .uploadFormat: .choice(["opus", "flac", "mp3", "wav"])
        case .log: .choice(["error", "warning", "info", "debug"])
        case .detector: .choice(["silero", "energy"])
        case .timeout, .noSpeechTimeout, .preRoll, .delay: .time
        case .untilSilence: .timeOrTrue
        case .options: .options
        }
    }

    /// Whether it says something of one engine, and nothing of another.
    package var belongsToEngine: Bool {
        switch self {
        case .model, .options, .baseURL, .uploadFormat, .keyFile, .keyCommand, .keyOverHTTP, .headers: true
        default: false
        }
    }

    /// The keys of `[provider.NAME]`.
    static let ofProviders = allCases.filter(\.belongsToEngine)
    /// The keys of `[record]`, which are options of vt-record.
    static let ofRecord: [ConfigurationKey] = [
        .recorder, .device, .options, .untilSilence, .noSpeechTimeout, .waitForSpeech, .preRoll, .detector,
    ]
    /// The keys of `[type]`, which are options of vt-type.
    static let ofType: [ConfigurationKey] = [.driver, .options, .keys, .prefix, .suffix, .delay]
    /// The keys outside of all tables, and in profiles: what vt-transcribe is told, and `log`.
    static let general = allCases.filter { $0 == .options || !(ofRecord + ofType).contains($0) }
}

/// A program that has a table of its own in the file, and in each profile.
package enum ConfigurationProgram: String, CaseIterable, Sendable {
    case record
    case type

    var keys: [ConfigurationKey] { self == .record ? ConfigurationKey.ofRecord : ConfigurationKey.ofType }
}
