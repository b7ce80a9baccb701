internal import Audio
internal import Capture
internal import Program
internal import VoiceActivity

/// Hears what a recording takes in, on the thread that writes it, and says what of it is written.
///
/// Positions are frames that were heard. What was lost is no silence that anybody kept, and isn't heard.
final class Listener {
    private let format: AudioFormat
    private let converter: SpeechConverter
    private var endpointer: Endpointer
    private let tell: (Recorder.Event) -> Void
    private let limit: Int
    private let preRoll: Int
    /// What was heard before the recording began, as far as it may become part of it; nil once it has begun.
    private var tape: Tape?
    private var heard = 0
    /// Frames that were given to be written.
    private(set) var written = 0
    private var hasToldSpeech = false
    private(set) var verdict: Endpointer.Verdict?

    /// - Parameters:
    ///   - options: what is listened for.
    ///   - format: of the recording.
    ///   - limit: frames to write at most, counted from where the recording begins.
    ///   - tell: told what was heard.
    init(
        _ options: SpeechOptions, detector: any Detector, format: AudioFormat, limit: Int?,
        tell: @escaping (Recorder.Event) -> Void
    ) throws(AudioError) {
        self.format = format
        self.limit = limit ?? .max
        self.tell = tell
        converter = try SpeechConverter(format, sampleRate: DetectionWindow.sampleRate)
        endpointer = Endpointer(detector, silence: options.untilSilence?.seconds, patience: options.patience)
        preRoll = Int((options.preRoll?.seconds ?? 0.5) * Double(format.sampleRate))
        tape = options.waitForSpeech ? Tape(bytesPerFrame: format.bytesPerFrame) : nil
    }

    /// Whether it was over since nobody has spoken in time.
    var isInVain: Bool { if case .noSpeech = verdict { true } else { false } }

    /// Where the verdict ends the recording.
    private var end: Int? {
        switch verdict {
        case .silence(let end), .noSpeech(let end): end
        case nil: nil
        }
    }

    /// Whether nothing is recorded yet.
    var isWaiting: Bool { tape != nil }

    /// Whether the recording is over.
    var isComplete: Bool { verdict != nil || written >= limit }

    /// Hears frames, and gives those that are to be written now.
    func take(_ bytes: UnsafeRawBufferPointer, isLost: Bool = false, _ write: (UnsafeRawBufferPointer) throws -> Void)
        throws
    {
        guard !isComplete else { return }
        // While it waits, a gap is as good as the silence that stands for it.
        if isLost, !isWaiting { return try pass(bytes, write) }
        let begin = heard
        heard += bytes.count / format.bytesPerFrame
        converter.push(bytes) { endpointer.push($0) }
        let first = tellSpeech()
        verdict = endpointer.verdict(at: sample(of: heard))
        if tape != nil {
            tape?.append(bytes)
            try play(from: first, write)
        } else if let end {
            // To the sample, however much arrived at once; a sound that proved to be no speech may have taken it further.
            let rest = max(0, min(frame(of: end), heard) - begin)
            try pass(UnsafeRawBufferPointer(rebasing: bytes[..<(rest * format.bytesPerFrame)]), write)
        } else {
            try pass(bytes, write)
        }
        switch verdict {
        case .silence: tell(.silence)
        case .noSpeech: tell(.noSpeech)
        case nil: break
        }
    }

    /// Somebody ended the recording: what was said last counts too.
    func finish(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard isWaiting, !isComplete else { return }
        endpointer.finish()
        try play(from: tellSpeech(), write)
    }

    /// - Returns: the frame where the first speech began, if it was heard.
    private func tellSpeech() -> Int? {
        guard let first = endpointer.firstSpeech.map(frame(of:)) else { return nil }
        if !hasToldSpeech { tell(.speech(at: first)) }
        hasToldSpeech = true
        return first
    }

    /// Begins the recording with what led up to the speech, or forgets what cannot lead up to it any more.
    private func play(from first: Int?, _ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let first else {
            tape?.forget(before: frame(of: endpointer.earliestStart) - preRoll)
            return
        }
        guard let tape else { return }
        self.tape = nil
        try tape.read(max(0, first - preRoll)..<heard) { try pass($0, write) }
    }

    private func pass(_ bytes: UnsafeRawBufferPointer, _ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        let frames = min(bytes.count / format.bytesPerFrame, limit - written)
        if frames == 0 { return }
        written += frames
        try write(UnsafeRawBufferPointer(rebasing: bytes[..<(frames * format.bytesPerFrame)]))
    }

    private func sample(of frame: Int) -> Int { frame * DetectionWindow.sampleRate / format.sampleRate }
    private func frame(of sample: Int) -> Int { sample * format.sampleRate / DetectionWindow.sampleRate }
}
