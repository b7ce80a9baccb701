internal import ArgumentParser
internal import Audio
internal import Capture
internal import Glibc
internal import POSIX
internal import Program

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
    var device = "default"

    @Flag(help: "List the microphones, a line each: the name, a tab, and what it is.")
    var listDevices = false

    @Flag(help: "With --list-devices: a JSON array.")
    var json = false

    @Option(help: ArgumentHelp("Frames a second.", valueName: "hertz"))
    var rate = AudioFormat.speech.sampleRate

    @Option(help: ArgumentHelp("Channels.", valueName: "count"))
    var channels = AudioFormat.speech.channels

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

    @Flag(help: "Show no level meter, on a terminal either.")
    var noMeter = false

    @OptionGroup
    var messages: MessageOptions

    func validate() throws {
        if json, !listDevices { throw ValidationError("--json belongs to --list-devices") }
        if !(1000...768_000).contains(rate) { throw ValidationError("--rate is 1000 to 768000 hertz, not \(rate)") }
        if !(1...64).contains(channels) { throw ValidationError("--channels is 1 to 64, not \(channels)") }
        if !(0.001...1).contains(period.seconds) { throw ValidationError("--period is 1ms to 1s, not \(period)") }
        if let duration, duration.seconds * Double(rate) < 1 {
            throw ValidationError("--duration is one sample at least, not \(duration)")
        }
        if device.isEmpty { throw ValidationError("--device needs a name") }
    }

    private var format: AudioFormat {
        AudioFormat(sampleRate: rate, channels: channels, sampleFormat: sampleFormat)
    }

    mutating func work() throws -> ExitStatus {
        messages.apply()
        ALSALibrary.redirectMessages { text in Log.debug("ALSA: \(text)") }
        if listDevices {
            try writeAll(STDOUT_FILENO, deviceList(json: json), name: "standard output")
            return .done
        }
        if output == nil {
            try refuseTerminal(
                STDOUT_FILENO, hint: "name a file with -o, or send it on: vt-record | vt-transcribe")
        }
        var destination = try Destination(path: output, format: format, raw: raw)
        let reason = try record(into: &destination)
        if let reason { throw reason }
        return .done
    }

    /// Records until somebody or something ends it.
    ///
    /// - Returns: the error that ended it; nil where its end was wanted. What was recorded is complete either way.
    private func record(into destination: inout Destination) throws -> CaptureError? {
        let meter = Meter(isWanted: !noMeter && !messages.quiet, format: format)
        let recorder = try Recorder(
            format: format, limit: duration.map { max(1, Int(($0.seconds * Double(rate)).rounded())) },
            listener: meter.listener)
        try obeySignals(recorder, destination.unfinished)
        let announcer = try Announcer(recorder, meter: meter, device: device)
        let device = device
        let format = format
        let period = period.seconds
        try recorder.start { () throws(CaptureError) in
            let name = try CaptureDevice.resolve(device, among: CaptureDevice.list())
            return try ALSAMicrophone(device: name, format: format, period: period)
        }
        let reason: CaptureError?
        do {
            reason = try recorder.deliver(to: &destination)
            try destination.finish(headerAtLeast: reason == nil)
        } catch {
            recorder.close()
            announcer.wait()
            destination.salvage()
            throw error
        }
        recorder.close()
        announcer.wait()
        announcer.summarise()
        return reason
    }

    /// The first signal ends the recording, the second the program.
    private func obeySignals(_ recorder: Recorder, _ unfinished: UnfinishedFile?) throws {
        let seen = SeenSignal()
        try Signals.watch([SIGINT, SIGTERM, SIGHUP], evenIfIgnored: true) { signal in
            if seen.isFirst() { return recorder.stop() }
            // A header without a length plays to the end of the file.
            unfinished?.keep()
            Signals.endProcess(by: signal)
        }
    }
}
