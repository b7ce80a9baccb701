internal import ArgumentParser
internal import Audio
internal import Capture
internal import Configuration
internal import Glibc
internal import POSIX
internal import Program
internal import VoiceActivity

/// Options, and what is joined by them.
struct Record: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-record",
        abstract: "Record from a microphone to standard output.",
        discussion: """
            The stream is WAV: 16000 Hz, one channel, s16le. Ctrl-C ends the recording and lets what reads it finish; a \
            second one aborts.
            """,
        version: version)

    @Option(help: ArgumentHelp("The microphone: its name, or a part of its name or description.", valueName: "name"))
    var device: String?

    @OptionGroup var recorders: RecorderOptions

    @Flag(help: "List the microphones, a line each: the name, a tab, and what it is.")
    var listDevices = false

    @Flag(help: "With --list-devices: a JSON array.")
    var json = false

    @Option(help: ArgumentHelp("Frames a second.", valueName: "hertz"))
    var rate = AudioFormat.speech.sampleRate

    @Option(help: ArgumentHelp("Channels (default: 1).", valueName: "count"))
    var channels: Int?

    @Flag(help: "Record what is played, too: channel 1 is the microphone, 2 the playback (recorder: pulse).")
    var withPlayback = false

    @Option(help: ArgumentHelp("How a sample is stored.", valueName: "format"))
    var sampleFormat = AudioFormat.speech.sampleFormat

    @Flag(help: "Write samples only, without a WAV header.")
    var raw = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file, not to standard output.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("End by itself after so long: 300ms, 1.5s, 2m.", valueName: "time"))
    var duration: TimeSpan?

    @Option(help: ArgumentHelp("How much sound arrives at a time: 1ms to 1s.", valueName: "time"))
    var period = TimeSpan(seconds: 0.02)

    @Option(
        help: ArgumentHelp(
            "Wait so long for a microphone that delivers nothing any more, before it is given up.", valueName: "time"))
    var stallTimeout = TimeSpan(seconds: 30)

    @Flag(help: "Show no level meter, on a terminal either.")
    var noMeter = false

    @OptionGroup(title: "By speech") var speech: SpeechOptions

    @OptionGroup var configurationOptions: ConfigurationOptions

    @OptionGroup
    var messages: MessageOptions

    func validate() throws {
        if json, !listDevices { throw ValidationError("--json belongs to --list-devices") }
        if !(1000...768_000).contains(rate) { throw ValidationError("--rate is 1000 to 768000 hertz, not \(rate)") }
        if let channels, !(1...64).contains(channels) {
            throw ValidationError("--channels is 1 to 64, not \(channels)")
        }
        if withPlayback, let channels, channels != 2 {
            throw ValidationError("--with-playback records 2 channels, not \(channels)")
        }
        if withPlayback, recorders.recorder == RecorderOptions.builtIn {
            throw ValidationError("alsa does not hear what is played: --with-playback needs another recorder, pulse")
        }
        if !(1...3600).contains(stallTimeout.seconds) {
            throw ValidationError("--stall-timeout is 1s to 1h, not \(stallTimeout)")
        }
        if !(0.001...1).contains(period.seconds) { throw ValidationError("--period is 1ms to 1s, not \(period)") }
        if let duration, duration.seconds * Double(rate) < 1 {
            throw ValidationError("--duration is one sample at least, not \(duration)")
        }
        if recorders.checkRecorder != nil, listDevices || output != nil || raw || configurationOptions.showConfig {
            throw ValidationError("--check-recorder goes with --device and --option only")
        }
        let jobs = [
            ("--list-devices", listDevices), ("--list-recorders", recorders.listRecorders),
            ("--show-config", configurationOptions.showConfig),
        ].filter(\.1).map(\.0)
        if jobs.count > 1 { throw ValidationError("\(jobs[0]) and \(jobs[1]) do not go together") }
        if device?.isEmpty == true { throw ValidationError("--device needs a name") }
    }

    private var format: AudioFormat {
        let usual = withPlayback ? 2 : AudioFormat.speech.channels
        return AudioFormat(sampleRate: rate, channels: channels ?? usual, sampleFormat: sampleFormat)
    }

    static func arranged(_ arguments: [String]) -> [String] { SpeechOptions.arranged(arguments) }

    mutating func work() throws -> ExitStatus {
        messages.apply()
        let configuration = try configurationOptions.read(environment)
        if let level = configuration.value(.log)?.string { Log.use(level) }
        let asked = self
        try complete(by: configuration)
        if configurationOptions.showConfig {
            try writeAll(STDOUT_FILENO, listing(configuration, asked: asked), name: "standard output")
            return .done
        }
        ALSALibrary.redirectMessages { text in Log.debug("ALSA: \(text)") }
        if recorders.listRecorders {
            try writeAll(STDOUT_FILENO, RecorderOptions.list, name: "standard output")
            return .done
        }
        if let name = recorders.checkRecorder {
            return try vt_record.checkRecorder(
                name, .init(device: device, format: format, period: period.seconds, options: recorders.parsedOptions()))
        }
        let plugin = try recorders.chosen()
        if listDevices {
            let devices = try plugin.map { try $0.recorder.devices(options: $0.options) } ?? CaptureDevice.list()
            try writeAll(STDOUT_FILENO, deviceList(devices, json: json), name: "standard output")
            return .done
        }
        if output == nil {
            try refuseTerminal(
                STDOUT_FILENO, hint: "name a file with -o, or send it on: vt-record | vt-transcribe")
        }
        let detector = speech.listens ? try speech.chooseDetector() : nil
        let origin = Origin(device: device, format: format, period: period.seconds, plugin: plugin)
        return try record(origin, into: try Destination(path: output, format: format, raw: raw), detector)
    }

    /// Records until somebody or something ends it.
    ///
    /// - Returns: whether it is what was asked for, or nobody spoke.
    /// - Throws: the error that ended it. What was recorded is complete either way.
    private func record(
        _ origin: Origin, into destination: consuming Destination, _ detector: (any Detector)?
    ) throws -> ExitStatus {
        let format = format
        let meter = Meter(isWanted: !noMeter && !messages.quiet, format: format)
        let limit = duration.map { max(1, Int(($0.seconds * Double(rate)).rounded())) }
        // What is heard before the recording begins is no part of its duration.
        let recorder = try Recorder(
            format: format, limit: speech.waitForSpeech ? nil : limit, stallTimeout: stallTimeout.seconds,
            listener: meter.listener)
        let listener = try detector.map {
            try Listener(speech, detector: $0, format: format, limit: speech.waitForSpeech ? limit : nil) {
                recorder.tell($0)
            }
        }
        try obeySignals(recorder, destination.unfinished, origin)
        let announcer = try Announcer(recorder, meter: meter, device: origin.title, speech: speech)
        try recorder.start { () throws(CaptureError) in try origin.open { recorder.tell($0) } }
        var sink = ListeningDestination(destination, listener)
        let reason: CaptureError?
        do {
            reason = try recorder.deliver(to: &sink)
            // Without speech there is no recording; but who reads a pipe is owed a stream.
            try sink.finish(headerAtLeast: reason == nil && (output == nil || !sink.isWaiting))
        } catch {
            recorder.close(milliseconds: origin.closingTime)
            announcer.wait()
            sink.salvage()
            throw error
        }
        recorder.close(milliseconds: origin.closingTime)
        announcer.wait()
        announcer.summarise(written: listener?.written)
        if let reason { throw reason }
        return sink.isWaiting || listener?.isInVain == true ? .noSpeech : .done
    }

    /// The first signal ends the recording, the second the program.
    private func obeySignals(_ recorder: Recorder, _ unfinished: UnfinishedFile?, _ origin: Origin) throws {
        let seen = SeenSignal()
        try Signals.watch([SIGINT, SIGTERM, SIGHUP], evenIfIgnored: true) { signal in
            if seen.isFirst() { return recorder.stop() }
            // A header without a length plays to the end of the file.
            unfinished?.keep()
            origin.kill()
            Signals.endProcess(by: signal)
        }
    }
}
