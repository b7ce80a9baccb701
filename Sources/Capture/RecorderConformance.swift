internal import Audio
package import Plugins
internal import Text

/// What a recorder must do beyond what every plugin must: the checks of `vt-record --check-recorder`.
package struct RecorderConformance {
    private let recorder: PluginRecorder
    private let request: PluginRecorder.Request
    private let variables: [String: String]
    private let cancellation: Cancellation?

    /// What the recorder is given for its first sound, and between two (vt-plugin(7), RECORDERS).
    private static let patienceAtStart = Duration.seconds(5)
    private static let patience = Duration.seconds(2)
    /// More than a WAV header of the usual kinds has.
    private static let headerRoom = 256
    /// No device is called so.
    private static let nobodysDevice = "no-such-device-3f9a"

    /// - Parameters:
    ///   - request: the device and the options for every call; the format is asked for once, and others as well.
    ///   - cancellation: ends the check.
    /// - Throws: `CaptureError` for an option that the recorder does not declare.
    package init(
        _ recorder: PluginRecorder, _ request: PluginRecorder.Request, cancellation: Cancellation? = nil
    ) throws(CaptureError) {
        self.recorder = recorder
        self.request = request
        do throws(PluginError) {
            variables = try recorder.variables(request)
        } catch {
            throw CaptureError(recorder: recorder.name, error)
        }
        self.cancellation = cancellation
    }

    /// All checks, those for every plugin first.
    package var checks: [Conformance.Check] {
        Conformance.general(cancellation: cancellation)
            + [devices, listedDevice, sound, shape, group, unknown, notUTF8, nobody, termination]
    }
}

extension RecorderConformance {
    private var devices: Conformance.Check {
        Conformance.Check("devices-v1, or 64 where it has none", section: "RECORDERS") { plugin in
            let outcome = try self.listing(plugin)
            if let problem = outcome.leftovers { return .failed(problem) }
            guard outcome.ending == .exited(0) else { return self.judgeEnd(outcome, maybe: [64]) }
            return DeviceLines(outcome).problem.map { .failed($0) } ?? .passed
        }
    }

    private var listedDevice: Conformance.Check {
        Conformance.Check("it records from a device by the name that it lists", section: "RECORDERS") { plugin in
            let lines = DeviceLines(try self.listing(plugin))
            guard let name = lines.preferred else { return .untried("it lists no device") }
            var trial = self.trial([.awaitOutput(atMost: Self.patienceAtStart), .terminate])
            trial.call.variables["VT_DEVICE"] = name
            return self.judge(try trial.run(plugin), self.request.format)
        }
    }

    private var sound: Conformance.Check {
        Conformance.Check("sound within 5 s, and then all the time", section: "RECORDERS") { plugin in
            let steps: [Trial.Step] = [
                .awaitOutput(atMost: Self.patienceAtStart), .pause(.milliseconds(2500)), .terminate,
            ]
            return self.judge(try self.trial(steps).run(plugin), self.request.format)
        }
    }

    /// Another rate and other channels than anybody's default.
    private var shape: Conformance.Check {
        Conformance.Check("the rate and the channels that are asked for", section: "RECORDERS") { plugin in
            let other = AudioFormat(sampleRate: 32000, channels: 2, sampleFormat: .s16le)
            var trial = self.trial([
                .awaitOutput(atMost: Self.patienceAtStart), .pause(.milliseconds(1500)), .terminate,
            ])
            trial.call.variables["VT_RATE"] = String(other.sampleRate)
            trial.call.variables["VT_CHANNELS"] = String(other.channels)
            trial.call.variables["VT_SAMPLE_FORMAT"] = other.sampleFormat.rawValue
            return self.judge(try trial.run(plugin), other)
        }
    }

    private var group: Conformance.Check {
        Conformance.Check("all its processes are in its group", section: "HOW IT FAILS") { plugin in
            let outcome = try self.trial([
                .awaitOutput(atMost: Self.patienceAtStart), .pause(.milliseconds(300)), .look, .terminate,
            ]).run(plugin)
            guard outcome.firstOutput != nil else { return self.judge(outcome, self.request.format) }
            if let problem = outcome.leftovers { return .failed(problem) }
            if outcome.groups.count > 1 { return .failed("it has processes in \(outcome.groups.count) process groups") }
            return .passed
        }
    }

    private var unknown: Conformance.Check {
        Conformance.Check("variables that nobody knows", section: "Environment") { plugin in
            var trial = self.trial([.awaitOutput(atMost: Self.patienceAtStart), .terminate])
            trial.call.variables["VT_TOMORROW"] = "1"
            trial.call.variables["VT_DEVICES"] = "left right"
            trial.call.variables["VT_AUDIO_CODEC"] = "flac; exit 3; \"$(exit 3)\""
            return self.judge(try trial.run(plugin), self.request.format)
        }
    }

    private var notUTF8: Conformance.Check {
        Conformance.Check("variables that are no UTF-8", section: "Environment") { plugin in
            var trial = self.trial([.awaitOutput(atMost: Self.patienceAtStart), .terminate])
            trial.rawVariables = [("VT_TOMORROW", [0xFE, 0x80]), ("TOMORROW", [0xED, 0xA0, 0x80])]
            return self.judge(try trial.run(plugin), self.request.format)
        }
    }

    /// Another microphone than the one that was named must never be heard.
    private var nobody: Conformance.Check {
        Conformance.Check("a device that is not there is refused, with a reason", section: "RECORDERS") { plugin in
            var trial = self.trial([.awaitOutput(atMost: Self.patienceAtStart), .terminate])
            trial.call.variables["VT_DEVICE"] = Self.nobodysDevice
            let outcome = try trial.run(plugin)
            if let problem = outcome.leftovers { return .failed(problem) }
            guard outcome.terminationTime == nil || outcome.firstOutput == nil else {
                return .failed("it records, and from something else than the device that was named")
            }
            guard case .exited(let status)? = outcome.ending, outcome.terminationTime == nil || status != 0 else {
                return .failed("it \(outcome.howItEnded)")
            }
            guard Conformance.statuses.contains(status) else { return .failed("it \(outcome.howItEnded)") }
            guard outcome.lastErrorLine?.isEmpty == false else {
                return .failed("it ended with status \(status), and does not say why on standard error")
            }
            return .passed
        }
    }

    private var termination: Conformance.Check {
        Conformance.Check("SIGTERM ends it within 2 s", section: "RECORDERS") { plugin in
            let steps: [Trial.Step] = [
                .awaitOutput(atMost: Self.patienceAtStart), .pause(.milliseconds(500)), .terminate,
            ]
            let outcome = try self.trial(steps).run(plugin)
            return outcome.firstOutput == nil ? self.judge(outcome, self.request.format) : outcome.termination
        }
    }
}

extension RecorderConformance {
    private func trial(_ steps: [Trial.Step], operation: String = "record-v1") -> Trial {
        let call = Plugin.Call(operation, variables: variables, secrets: recorder.description.secrets)
        // Beyond what all steps may take.
        var trial = Trial(call, steps, limit: .seconds(20), cancellation: cancellation)
        trial.hasInput = false
        // A WAV header comes when the device is open, which is before there is sound.
        if recorder.description.output == .wav, operation == "record-v1" { trial.preface = Self.headerRoom }
        return trial
    }

    private func listing(_ plugin: Plugin) throws -> Trial.Outcome {
        var trial = trial([], operation: "devices-v1")
        trial.limit = .seconds(10)
        return try trial.run(plugin)
    }

    /// - Parameter wanted: the format that was asked for.
    private func judge(_ outcome: Trial.Outcome, _ wanted: AudioFormat) -> Conformance.Verdict {
        if let problem = outcome.leftovers { return .failed(problem) }
        guard let first = outcome.firstOutput else {
            if outcome.terminationTime != nil { return .failed("no sound came within 5 s") }
            return outcome.ending == .exited(0) ? .failed("it ended without a sound") : judgeEnd(outcome)
        }
        if first > Self.patienceAtStart { return .failed("no sound came within 5 s") }
        if outcome.longestPause > Self.patience {
            return .failed("for \(seconds(outcome.longestPause)) s it wrote nothing")
        }
        // By itself: with 0 the recording was over, as a file's is.
        if outcome.terminationTime == nil, outcome.ending != .exited(0) { return judgeEnd(outcome) }
        return judgeAudio(outcome, wanted)
    }

    private func judgeAudio(_ outcome: Trial.Outcome, _ wanted: AudioFormat) -> Conformance.Verdict {
        var format = wanted
        format.sampleFormat = .s16le
        var header = 0
        if recorder.description.output == .wav {
            do {
                guard let found = try WAVStreamHeader.read(outcome.output, name: recorder.name) else {
                    return .failed("its WAV header is not complete")
                }
                format = found.format
                header = found.length
            } catch {
                return .failed("what it writes is no WAV stream: \(error.reason)")
            }
        } else if outcome.output.starts(with: "RIFF".utf8) {
            return .failed("it says that it writes s16le, and begins with a WAV header")
        }
        // Only over some time; and what a device had in store when it was opened may come at once.
        guard let time = outcome.outputTime, time >= .seconds(1) else { return .passed }
        let heard = Double(outcome.bytesBeforeTermination - header) / Double(format.bytesPerSecond)
        let passed = time / .seconds(1)
        let shape = "\(format.sampleRate) Hz and \(format.channels) channel\(format.channels == 1 ? "" : "s")"
        if heard < passed * 0.5 {
            return .failed("in \(seconds(time)) s it wrote \(decimal(heard, places: 2)) s of sound at \(shape)")
        }
        if heard > passed * 2 + 2 {
            return .failed("in \(seconds(time)) s it wrote \(decimal(heard, places: 2)) s of sound at \(shape)")
        }
        return .passed
    }

    /// What its end is worth where it was not asked for.
    private func judgeEnd(_ outcome: Trial.Outcome, maybe statuses: Set<CInt> = []) -> Conformance.Verdict {
        let ending = "it \(outcome.howItEnded)"
        guard case .exited(let status)? = outcome.ending else { return .failed(ending) }
        if statuses.contains(status) { return .passed }
        return Conformance.excuses.contains(status) ? .untried(ending, status: status) : .failed(ending)
    }

    private func seconds(_ duration: Duration) -> String { decimal(duration / .seconds(1), places: 1) }
}

/// What `devices-v1` writes.
private struct DeviceLines {
    /// The first thing that is wrong; nil where all is well.
    private(set) var problem: String?
    /// The device to try: the default one, else the first.
    private(set) var preferred: String?

    init(_ outcome: Trial.Outcome) {
        let (lines, endsInMidLine) = outcome.lines
        if endsInMidLine { problem = "its last line has no line feed" }
        var names: Set<String> = []
        var defaults = 0
        for bytes in lines {
            guard let line = String(validating: bytes, as: UTF8.self) else {
                note("a line is no UTF-8", String(decoding: bytes, as: UTF8.self))
                continue
            }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let isFirst = names.insert(fields[0]).inserted
            if fields[0].isEmpty { note("a line has no name", line) }
            if !isFirst { note("a name is there twice", line) }
            if fields.contains(where: { $0.sanitized != $0 }) { note("there are control characters in", line) }
            let isDefault = fields.count > 2 && fields[2].split(separator: " ").contains("default")
            if isDefault { defaults += 1 }
            if !fields[0].isEmpty, isDefault || preferred == nil { preferred = fields[0] }
        }
        if defaults > 1 { note("\(defaults) devices are the default", "") }
        if outcome.ending != .exited(0) { preferred = nil }
    }

    private mutating func note(_ what: String, _ line: String) {
        guard problem == nil else { return }
        problem = line.isEmpty ? what : "\(what): “\(line.sanitized.prefix(80))”"
    }
}
