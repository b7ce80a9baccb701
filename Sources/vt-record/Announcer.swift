internal import Audio
internal import Capture
internal import Glibc
internal import POSIX
internal import Program
internal import Text

/// Says on stderr what happens in a recording, and draws the meter: on a thread that nothing else waits for.
final class Announcer: Sendable {
    private let recorder: Recorder
    private let thread: Thread

    init(_ recorder: Recorder, meter: Meter, device: String, speech: SpeechOptions) throws(SystemError) {
        self.recorder = recorder
        let state = Announcement(recorder: recorder, meter: meter, device: device, speech: speech)
        thread = try Thread("messages") { state.announce() }
    }

    /// Waits until everything is said.
    func wait() {
        thread.join()
    }

    /// Says what is true of the recording as a whole.
    ///
    /// - Parameter written: its frames, where they are fewer than were captured.
    func summarise(written: Int?) {
        // What a plugin's end still brought.
        while let event = recorder.nextEvent(milliseconds: 0) {
            if case .message(let message) = event { say(message) }
        }
        let totals = recorder.totals
        guard totals.frames > 0 else { return }
        let length = "recorded \(seconds(written ?? totals.frames, recorder.format)) s"
        let overruns = "\(totals.overruns) overrun\(totals.overruns == 1 ? "" : "s")"
        let lost = seconds(totals.lostFrames, recorder.format)
        let dropped = seconds(totals.droppedFrames, recorder.format)
        if totals.overruns > 0 || totals.droppedFrames > 0 {
            Log.warning(
                "\(length), of which \(lost) s were lost in \(overruns) and \(dropped) s dropped: silence stands for them"
            )
        } else {
            Log.info(length)
        }
        let latency = recorder.queue.latency
        Log.debug(
            "device's timestamp to written: p50 \(milliseconds(latency.percentile(0.5))) ms, p99 "
                + "\(milliseconds(latency.percentile(0.99))) ms, longest \(milliseconds(latency.longest)) ms, "
                + "in \(latency.count) periods")
    }

    private func milliseconds(_ seconds: Double) -> String {
        decimal(seconds * 1000, places: 1)
    }
}

/// Passes on what a recorder plugin has said.
private func say(_ message: RecorderMessage) {
    if message.isForPeople { Log.warning(message.text) } else { Log.debug(message.text) }
}

/// Frames as seconds, for messages.
private func seconds(_ frames: Int, _ format: AudioFormat) -> String {
    decimal(Double(frames) / Double(format.sampleRate), places: 2)
}

/// What the messages' thread knows.
private struct Announcement: Sendable {
    let recorder: Recorder
    let meter: Meter
    let device: String
    let speech: SpeechOptions

    /// The messages' thread, until the recording ends.
    func announce() {
        let format = recorder.format
        var hasStarted = false
        var isWaiting = speech.waitForSpeech
        var limiter = OverrunLimiter()
        while true {
            guard let event = recorder.nextEvent(milliseconds: hasStarted && meter.isShown ? 80 : nil) else {
                if hasStarted, meter.isShown {
                    let length = Double(recorder.totals.frames) / Double(format.sampleRate)
                    meter.draw(seconds: isWaiting ? nil : length)
                }
                continue
            }
            meter.erase()
            switch event {
            case .opened(let name, let period, let buffer):
                Log.debug(
                    "opened \(name): period \(decimal(period * 1000, places: 1)) ms, "
                        + "buffer \(decimal(buffer, places: 2)) s")
            case .slowStart:
                Log.warning("\(device) has not delivered anything yet; waiting")
            case .waiting:
                Log.warning("\(device) delivers nothing any more; waiting for it")
            case .resumed(let frames, let position):
                let what =
                    frames == 0 ? "nothing is lost" : "\(seconds(frames, format)) s of silence stand for the rest"
                Log.warning("\(device) delivers again, at \(seconds(position, format)) s: \(what)")
            case .started:
                hasStarted = true
                let channels = format.channels == 1 ? "mono" : "\(format.channels) channels"
                Log.warning(
                    "\(isWaiting ? "waiting for speech" : "recording") from \(device): \(format.sampleRate) Hz, "
                        + "\(channels), \(format.sampleFormat.rawValue)")
            case .speech(let position):
                let message = "speech at \(seconds(position, format)) s"
                if isWaiting { Log.warning("\(message): recording") } else { Log.info(message) }
                isWaiting = false
            case .silence:
                Log.warning("\(speech.untilSilence?.description ?? "") of silence: the recording ends")
            case .noSpeech:
                Log.warning("no speech in \(TimeSpan(seconds: speech.patience ?? 0))")
            case .overrun(let frames, let position):
                guard limiter.allows() else { continue }
                Log.warning(
                    "overrun at \(seconds(position, format)) s: \(seconds(frames, format)) s were lost, and are silence"
                )
            case .dropping(let position):
                Log.warning(
                    "the reader is \(seconds(recorder.queue.held / format.bytesPerFrame, format)) s behind: dropping what "
                        + "is captured from \(seconds(position, format)) s on")
            case .dropped(let frames, let position):
                Log.warning(
                    "dropped \(seconds(frames, format)) s from \(seconds(position, format)) s on; they are silence")
            case .message(let message):
                say(message)
            case .ended:
                return
            }
        }
    }
}

/// Lets a message through every five seconds; the total at the end counts them all.
private struct OverrunLimiter {
    private var last: ContinuousClock.Instant?

    mutating func allows() -> Bool {
        let now = ContinuousClock.now
        if let last, now - last < .seconds(5) { return false }
        last = now
        return true
    }
}
