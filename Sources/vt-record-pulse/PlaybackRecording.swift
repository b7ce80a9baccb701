import Audio
import Glibc
import POSIX
import Program
import Text

/// A recording of two channels: a microphone, and what is played, by the clock of the microphone.
///
/// The two come by streams of their own, with delays of their own, from cards whose clocks differ. For every sample the server says when it
/// was heard, or will be; the playback is shifted until both agree, at the beginning and whenever they have drifted apart.
final class PlaybackRecording {
    private let server: PulseServer
    private let request: RecordingRequest
    private let stopping: StopRequest
    private let sources: (microphone: PulseSource, playback: PulseSource)
    private var microphone: PlaybackTrack
    private var playback: PlaybackTrack
    /// How many frames the playback is ahead of the microphone; smoothed, and as it is used.
    private var lead: (measured: Double, used: Int)?

    /// In seconds: how far the two may drift apart before they are brought together, how long one is waited for, how fast a new
    /// measurement counts.
    private static let (tolerance, patience, weight) = (0.010, 0.3, 0.05)

    init(_ server: PulseServer, _ request: RecordingRequest) throws {
        self.server = server
        self.request = request
        let all = try server.sources()
        let microphone = try SourceChoice.choose(request.device, among: all) { try server.cards() }
        guard let sink = try server.defaultSink(), let playback = all.first(where: { $0.name == sink + ".monitor" })
        else {
            throw Failure(
                .unavailable, "there is nothing that plays: the sound server has no default sink",
                hint: "pactl set-default-sink NAME chooses one")
        }
        guard microphone.name != playback.name else {
            throw Failure(
                .unavailable, "\(microphone.name) is what is played, not a microphone",
                hint: "--device names a microphone; vt-record --recorder pulse --list-devices lists them")
        }
        sources = (microphone, playback)
        let width = request.format.bytesPerFrame / request.format.channels
        self.microphone = PlaybackTrack(width: width, rate: request.format.sampleRate)
        self.playback = PlaybackTrack(width: width, rate: request.format.sampleRate)
        stopping = try StopRequest(waking: server)
    }

    /// Records, as `Recording.run` does.
    func run() throws {
        for source in [sources.microphone, sources.playback] { source.sayOddities(isChosen: true) }
        var format = request.format
        format.channels = 1
        let streams = (
            try SourceStream(server, sources.microphone, format, period: request.period),
            try SourceStream(server, sources.playback, format, period: request.period)
        )
        Log.debug("recording from \(sources.microphone.name), and what \(sources.playback.name) hears")
        var output = try WAVWriter(STDOUT_FILENO, format: request.format, name: "standard output")
        while !stopping.isRequested {
            for stream in [streams.0, streams.1] { stream.keepAwake() }
            server.turn()
            try read(streams, to: &output, isLast: false)
            try server.check()
            for stream in [streams.0, streams.1] { try stream.check() }
        }
        for stream in [streams.0, streams.1] { try stream.halt() }
        try read(streams, to: &output, isLast: true)
        try output.finish()
        for stream in [streams.0, streams.1] { stream.disconnect() }
    }

    private func read(
        _ streams: (SourceStream, SourceStream), to output: inout WAVWriter, isLast: Bool
    ) throws {
        try read(streams.0, into: &microphone, isLast: isLast) { tellGap(seconds: $0) }
        // Of the other a hole is only noted: the recording goes on.
        try read(streams.1, into: &playback, isLast: isLast) { _ in }
        if !isLast { measure() }
        try write(to: &output, isLast: isLast)
    }

    private func read(
        _ stream: SourceStream, into track: inout PlaybackTrack, isLast: Bool, missed: (Double) -> Void
    ) throws {
        let width = request.format.bytesPerFrame / request.format.channels
        let zero = request.format.sampleFormat.zero
        var hasRead = false
        try unsafe stream.read {
            unsafe track.append($0)
            hasRead = true
        } miss: { count in
            missed(Double(count / width) / Double(request.format.sampleRate))
            track.appendSilence(frames: count / width, zero: zero)
            hasRead = true
        }
        // A halted stream's times mean nothing.
        guard hasRead, !isLast, let delay = stream.delay else { return }
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        track.note(heardAt: Double(now.tv_sec) * 1e6 + Double(now.tv_nsec) / 1e3 - delay)
    }

    /// Compares when the two were heard.
    private func measure() {
        guard let time = microphone.time, let own = microphone.frame(at: time), let other = playback.frame(at: time)
        else { return }
        let now = other - own
        guard let old = lead else {
            lead = (now, Int(now.rounded()))
            return
        }
        // After a stop of one of the two everything is new.
        let isJump = abs(now - old.measured) > Double(request.format.sampleRate) / 2
        let measured = isJump ? now : old.measured + (now - old.measured) * Self.weight
        let isApart = abs(measured - Double(old.used)) > Self.tolerance * Double(request.format.sampleRate)
        lead = (measured, isApart ? Int(measured.rounded()) : old.used)
    }

    /// Writes the frames of which both have their part; silence stands for playback that does not come.
    private func write(to output: inout WAVWriter, isLast: Bool) throws {
        let rate = Double(request.format.sampleRate)
        guard let lead = lead?.used ?? (isLast || Double(microphone.frames) > Self.patience * rate ? 0 : nil) else {
            return
        }
        // Where the next frame of the microphone's has its part in the playback.
        let begin = microphone.taken + lead - playback.taken
        if begin > 0 { playback.drop(min(begin, playback.frames)) }
        let start = microphone.taken + lead - playback.taken
        let isLate = isLast || Double(microphone.frames) > Self.patience * rate
        let count = isLate ? microphone.frames : max(0, min(microphone.frames, playback.frames - start))
        guard count > 0, isLate || start <= 0 else { return }
        try interleave(count, skipping: max(0, -start), missing: start > 0, to: &output)
    }

    /// - Parameters:
    ///   - silent: the first frames, for which no playback has been kept.
    ///   - missing: whether there is none at all.
    private func interleave(
        _ count: Int, skipping silent: Int, missing: Bool, to output: inout WAVWriter
    ) throws {
        let width = request.format.bytesPerFrame / request.format.channels
        let zeros = [UInt8](repeating: request.format.sampleFormat.zero, count: width)
        var block: [UInt8] = []
        block.reserveCapacity(count * 2 * width)
        for index in 0..<count {
            block += microphone.bytes[(index * width)..<((index + 1) * width)]
            let other = index - silent
            if !missing, other >= 0, other < playback.frames {
                block += playback.bytes[(other * width)..<((other + 1) * width)]
            } else {
                block += zeros
            }
        }
        microphone.drop(count)
        if !missing { playback.drop(min(max(0, count - silent), playback.frames)) }
        try unsafe block.withUnsafeBytes { try unsafe output.write($0) }
    }
}
