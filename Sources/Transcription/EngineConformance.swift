internal import Audio
package import Plugins
internal import Text

/// What an engine must do beyond what every plugin must: the checks of `vt-transcribe --check-engine`.
package struct EngineConformance {
    private let engine: PluginEngine
    private let variables: [String: String]
    /// How long it may take after the end of the audio.
    private let limit: Duration
    private let cancellation: Cancellation?

    /// - Parameters:
    ///   - settings: for every call; their `timeout` is how long the engine may take after the end of the audio, a minute where it
    ///     is nil.
    ///   - cancellation: ends the check.
    /// - Throws: `EngineError` for an option that the engine does not declare.
    package init(
        _ engine: PluginEngine, settings: EngineSettings, cancellation: Cancellation? = nil
    ) throws(EngineError) {
        self.engine = engine
        do throws(PluginError) {
            variables = try engine.variables(settings)
        } catch {
            throw EngineError(error)
        }
        limit = settings.timeout ?? .seconds(60)
        self.cancellation = cancellation
    }

    /// All checks, those for every plugin first.
    package var checks: [Conformance.Check] {
        let undeclared = engine.description.takesFiles ? [] : ["transcribe-files-v1"]
        let general = Conformance.general(undeclared: undeclared, cancellation: cancellation)
        let own = [silence, sound, group, noAudio, noSample, halfSample, allOfIt, unknown, notUTF8, termination]
        let early = engine.description.standsBy ? [standby, lateSound] : []
        return general + own + early + (engine.description.takesFiles ? FilesConformance(self).checks : [])
    }
}

extension EngineConformance {
    private var silence: Conformance.Check {
        Conformance.Check("a second of silence", section: "HOW IT IS CALLED") { plugin in
            try judge(plugin, audio(EngineConformance.silence(seconds: 1)), seconds: 1)
        }
    }

    private var sound: Conformance.Check {
        Conformance.Check("two seconds of sound, half of it late", section: "HOW IT IS CALLED") { plugin in
            let sound = EngineConformance.sound(seconds: 2)
            let late = [.pause(.milliseconds(300)), Trial.Step.bytes(littleEndian(sound[16000...]))]
            return try judge(plugin, audio(Array(sound[..<16000])) + late, seconds: 2)
        }
    }

    private var group: Conformance.Check {
        Conformance.Check("all its processes are in its group", section: "HOW IT IS CALLED") { plugin in
            let steps = audio(EngineConformance.sound(seconds: 1)) + [.pause(.milliseconds(300)), .look]
            let outcome = try trial(steps).run(plugin)
            if let problem = outcome.leftovers { return .failed(problem) }
            if outcome.groups.count > 1 { return .failed("it has processes in \(outcome.groups.count) process groups") }
            return .passed
        }
    }

    private var noAudio: Conformance.Check {
        Conformance.Check("no byte of audio", section: "HOW IT FAILS") { plugin in
            try judge(plugin, [], seconds: .infinity, maybe: [65])
        }
    }

    private var noSample: Conformance.Check {
        Conformance.Check("no sample of audio", section: "HOW IT FAILS") { plugin in
            try judge(plugin, audio([]), seconds: .infinity, maybe: [65])
        }
    }

    private var halfSample: Conformance.Check {
        Conformance.Check("audio that ends within a sample", section: "HOW IT FAILS") { plugin in
            try judge(plugin, audio([1, 2, 3]) + [.bytes([0])], seconds: 1, maybe: [65])
        }
    }

    private var allOfIt: Conformance.Check {
        Conformance.Check("all of the audio is read", section: "HOW IT FAILS") { plugin in
            // Five times what a pipe holds.
            try judge(plugin, audio(EngineConformance.silence(seconds: 10)), seconds: 10)
        }
    }

    private var unknown: Conformance.Check {
        Conformance.Check("variables that nobody knows", section: "Environment") { plugin in
            var trial = trial(audio(EngineConformance.silence(seconds: 1)))
            trial.call.variables["VT_TOMORROW"] = "1"
            trial.call.variables["VT_DIALECTS"] = "en de"
            trial.call.variables["VT_AUDIO_CODEC"] = "flac; exit 3; \"$(exit 3)\""
            return judge(try trial.run(plugin), seconds: 1)
        }
    }

    private var notUTF8: Conformance.Check {
        Conformance.Check("a prompt and variables that are no UTF-8", section: "Environment") { plugin in
            var trial = trial(audio(EngineConformance.silence(seconds: 1)))
            trial.rawVariables = [
                ("VT_PROMPT", Array("caf".utf8) + [0xE9, 0xFF, 0xC0, 0x80]), ("VT_TOMORROW", [0xFE, 0x80]),
                ("TOMORROW", [0xED, 0xA0, 0x80]),
            ]
            return judge(try trial.run(plugin), seconds: 1)
        }
    }

    private var termination: Conformance.Check {
        Conformance.Check("SIGTERM ends it within 2 s", section: "HOW IT FAILS") { plugin in
            let steps = audio(EngineConformance.sound(seconds: 1)) + [.pause(.milliseconds(500)), .terminate]
            return try trial(steps).run(plugin).termination
        }
    }

    private var standby: Conformance.Check {
        Conformance.Check("it stands by, and ends where nobody speaks", section: "Standing by") { plugin in
            // Its input stays open while it ends: what it would make of the end is not the question.
            let outcome = try trial(audio([]) + [.pause(.seconds(1)), .terminate, .pause(.seconds(3))]).run(plugin)
            if let problem = outcome.leftovers { return .failed(problem) }
            for line in outcome.lines.complete {
                let verb = EventLine(parsing: String(decoding: line, as: UTF8.self))?.verb ?? ""
                guard ["partial", "word", "final"].contains(verb) else { continue }
                return .failed("it writes a \(verb) line before it has heard anything")
            }
            if outcome.terminationTime != nil { return outcome.termination }
            if case .exited(let status)? = outcome.ending, Conformance.excuses.contains(status) {
                return .untried("it \(outcome.howItEnded)", status: status)
            }
            return .failed("it \(outcome.howItEnded) before it had heard anything")
        }
    }

    private var lateSound: Conformance.Check {
        Conformance.Check("a second of sound after a second of waiting", section: "Standing by") { plugin in
            let sound = littleEndian(EngineConformance.sound(seconds: 1)[...])
            return try judge(plugin, audio([]) + [.pause(.seconds(1)), .bytes(sound)], seconds: 1)
        }
    }
}

extension EngineConformance {
    var description: PluginDescription { engine.description }

    func trial(_ steps: [Trial.Step], operation: String = "transcribe-v1") -> Trial {
        Trial(
            Plugin.Call(operation, variables: variables, secrets: engine.description.secrets), steps, limit: limit,
            cancellation: cancellation)
    }

    /// Audio as the engine wants it, to be gone on with.
    private func audio(_ samples: [Int16]) -> [Trial.Step] {
        let header = engine.description.input == .wav ? WAVHeader.streaming(.speech) : []
        return [.bytes(header + littleEndian(samples[...]))]
    }

    private func littleEndian(_ samples: ArraySlice<Int16>) -> [UInt8] {
        samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
    }

    static func silence(seconds: Int) -> [Int16] { [Int16](repeating: 0, count: seconds * 16000) }

    /// A buzz that comes and goes like syllables, at -15 dB.
    static func sound(seconds: Int) -> [Int16] {
        (0..<seconds * 16000).map { index in
            let isOn = index % 4000 < 2600
            return isOn ? Int16((index % 133) * 150 - 10000) : 0
        }
    }

    private func judge(
        _ plugin: Plugin, _ steps: [Trial.Step], seconds: Double, maybe statuses: Set<CInt> = []
    ) throws -> Conformance.Verdict {
        judge(try trial(steps).run(plugin), seconds: seconds, maybe: statuses)
    }

    /// - Parameters:
    ///   - seconds: of audio that it was given; infinite where no times are to be looked at.
    ///   - statuses: allowed beside 0.
    private func judge(
        _ outcome: Trial.Outcome, seconds: Double, maybe statuses: Set<CInt> = []
    ) -> Conformance.Verdict {
        if let problem = outcome.leftovers { return .failed(problem) }
        guard case .exited(let status)? = outcome.ending else { return .failed("it \(outcome.howItEnded)") }
        var events = EventConformance(seconds: seconds, of: description)
        events.read(outcome)
        if let problem = events.problem { return .failed(problem) }
        if status == 0 {
            if let error = events.error { return .failed("it ended with status 0 after an error: \(error)") }
            return outcome.hasReadItsInput
                ? .passed : .failed("it ended with status 0 before it had read all of its audio")
        }
        if statuses.contains(status) { return .passed }
        let reason = (events.error ?? outcome.lastErrorLine).map { ": \($0.sanitized)" } ?? ""
        let ending = "it ended with status \(status)\(reason)"
        // It keeps to the protocol in saying that it can't.
        return Conformance.excuses.contains(status) ? .untried(ending, status: status) : .failed(ending)
    }
}
