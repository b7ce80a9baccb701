internal import ArgumentParser
internal import Configuration
internal import Program
internal import Text
internal import VoiceActivity

extension Record {
    /// Takes from `[record]` what the command line doesn't say, and checks what can be told only then.
    ///
    /// - Throws: `Failure` with 64 or 78, by whose fault it is; `ValidationError`.
    mutating func complete(by configuration: Configuration) throws {
        func value(_ key: ConfigurationKey) -> Configuration.Found<ConfigurationTable.Value>? {
            configuration.value(key, in: .record)
        }
        func time(_ key: ConfigurationKey) throws -> TimeSpan? {
            guard let found = value(key), let text = found.string else { return nil }
            guard let time = TimeSpan(argument: text) else {
                throw Failure(.configuration, "\(found.origin): \(key.rawValue) is a time such as 1.2s, not \(text)")
            }
            return time
        }
        if withPlayback {
            // What ALSA has no word for.
            let wanted = value(.recorder)?.string.flatMap { $0 == RecorderOptions.builtIn ? nil : $0 }
            recorders.recorder = recorders.recorder ?? wanted ?? "pulse"
            recorders.recorderOptions.append("playback=yes")
        }
        let configured = value(.recorder)?.string ?? RecorderOptions.builtIn
        // What stands beside a recorder is for that one.
        if recorders.recorder ?? configured == configured {
            recorders.recorder = recorders.recorder ?? value(.recorder)?.string
            device = device ?? value(.device)?.string
            let own = value(.options)?.options ?? []
            recorders.recorderOptions = own.map { "\($0.key)=\($0.value)" } + recorders.recorderOptions
        }
        if speech.untilSilence == nil {
            speech.untilSilence =
                value(.untilSilence)?.boolean == true ? SpeechOptions.defaultSilence : try time(.untilSilence)
        }
        speech.noSpeechTimeout = try speech.noSpeechTimeout ?? time(.noSpeechTimeout)
        speech.waitForSpeech = speech.waitForSpeech || value(.waitForSpeech)?.boolean == true
        // These say how; that something is listened for, others say.
        if speech.waitForSpeech { speech.preRoll = try speech.preRoll ?? time(.preRoll) }
        if speech.listens {
            speech.detector = speech.detector ?? value(.detector)?.string.flatMap(DetectorKind.init(rawValue:))
        }
        do {
            try speech.validateTogether()
            try recorders.validateTogether()
        } catch let error as ValidationError {
            guard let file = configuration.file, ConfigurationKey.allCases.contains(where: { value($0) != nil }) else {
                throw error
            }
            throw Failure(.configuration, "with what \(file.path) says of vt-record: \(error.message)")
        }
    }

    /// `--show-config`: `[record]` as it is in force.
    func listing(_ configuration: Configuration, asked: Record) -> String {
        func found<Value>(_ key: ConfigurationKey, _ value: Value?, _ own: Value?, _ option: String)
            -> Configuration.Found<Value>?
        {
            guard let value else { return nil }
            if own != nil { return .init(value, from: .option(option)) }
            return .init(value, from: configuration.value(key, in: .record)?.origin ?? .builtIn)
        }
        func quoted(_ text: String) -> String { text.jsonQuoted }
        func quoted(_ time: TimeSpan) -> String { time.description.jsonQuoted }
        var listing = ConfigurationListing(configuration)
        listing.add("log", configuration.logLevel(Log.level.name, environment), quoted)
        listing.endTable()
        listing.add(
            "recorder",
            found(.recorder, recorders.recorder ?? RecorderOptions.builtIn, asked.recorders.recorder, "--recorder"),
            quoted)
        listing.add("device", found(.device, device, asked.device, "--device"), quoted)
        if recorders.recorderOptions.count > asked.recorders.recorderOptions.count {
            listing.add(
                options: configuration.value(.options, in: .record).flatMap { entry in
                    entry.options.map { .init($0, from: entry.origin) }
                })
        }
        listing.add(
            "until_silence",
            found(.untilSilence, speech.untilSilence, asked.speech.untilSilence, "--until-silence"), quoted)
        listing.add(
            "no_speech_timeout",
            found(.noSpeechTimeout, speech.noSpeechTimeout, asked.speech.noSpeechTimeout, "--no-speech-timeout"),
            quoted)
        listing.add(
            "wait_for_speech",
            found(
                .waitForSpeech, speech.waitForSpeech, asked.speech.waitForSpeech ? true : nil, "--wait-for-speech")
        ) { String($0) }
        listing.add("pre_roll", found(.preRoll, speech.preRoll, asked.speech.preRoll, "--pre-roll"), quoted)
        listing.add(
            "detector",
            found(.detector, speech.detector?.rawValue, asked.speech.detector?.rawValue, "--detector"), quoted)
        listing.endTable("[record]")
        return listing.text
    }
}
