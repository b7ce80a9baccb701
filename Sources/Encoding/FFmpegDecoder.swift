internal import Audio
internal import POSIX
internal import Text

/// What ffmpeg makes of a file: one of its sound tracks, on the file's own clock.
@safe final class FFmpegDecoder: AudioDecoder {
    let format: AudioFormat
    let tags: AudioTags
    let layout: ChannelLayout?
    var tracks: [SoundTrack] { run.log.tracks }
    var declaredFrames: Int? { nil }
    private(set) var damage: String?
    private(set) var remarks: [String] = []
    private(set) var isAsStored: Bool

    private let name: String
    private let program: String
    private let kind: ForeignFormat?
    private let choice: TrackChoice
    private let input: FFmpegInput
    private var run: FFmpegRun
    private var reader: AudioReader
    private var track: SoundTrack?
    private var clock: SoundClock
    /// Frames of pieces so far, at our rate, before they are rounded.
    private var exactFrames = 0.0
    private var piecedFrames = 0

    /// Frames as they were decoded: not looked at yet, and to be given.
    private let block: UnsafeMutableRawBufferPointer
    private var loaded = 0..<0
    private var ready = 0..<0
    /// Frames of the present piece that have not been looked at, and what is to be left out of them.
    private var pieceRest = 0
    private var isClockTrue = true
    private var toDrop = 0
    private var overlap = 0
    /// Frames of silence to give.
    private var silence = 0
    /// Frames of silence with which the track begins, while nothing else has come; nil where that matters no more.
    private var held: Int?
    /// Tracks that come into question if this one is silent, and how long the first one was.
    private var others: [SoundTrack] = []
    private var silentDefault: (track: SoundTrack, frames: Int)?

    private static let blockFrames = 4096
    /// A track that never gets louder is silent: -60 dB.
    private static let silentPeak: Float = 0.001

    /// - Parameters:
    ///   - kind: nil lets ffmpeg find out.
    ///   - choice: which sound track is wanted.
    /// - Throws: `AudioError` where there is no ffmpeg, or it finds no audio.
    init(_ input: ReadAhead, kind: ForeignFormat?, choice: TrackChoice) throws(AudioError) {
        self.kind = kind
        self.choice = choice
        name = input.name
        let kindName = kind?.name ?? "of a kind that vt does not know"
        guard let program = FFmpegRun.installed else {
            throw AudioError(
                .unsupported, name, "is \(kindName), which only ffmpeg decodes, and ffmpeg is not installed",
                hint: "install it: apt-get install ffmpeg")
        }
        self.program = program
        let isStreamed = kind.map { !$0.needsSeeking } ?? false
        let opened: FFmpegInput
        let run: FFmpegRun
        do throws(SystemError) {
            opened = try FFmpegInput(input, kind?.structure, isStreamed: isStreamed && choice == .standard)
            opened.advance()
            run = try FFmpegDecoder.start(program, opened, kind, choice, shape: nil)
        } catch {
            throw AudioError(.readFailed, name, "cannot be decoded: \(error)", underlying: error)
        }
        let log = run.log
        if choice != .standard, choice.track(of: log.tracks) == nil, !log.tracks.isEmpty {
            throw AudioError.noTrack(choice, of: log.tracks, in: name)
        }
        guard let reader = run.reader else { throw FFmpegDecoder.refusal(log, kind, name, choice) }
        self.input = opened
        self.run = run
        self.reader = reader
        format = reader.format
        layout = reader.layout
        tags = reader.tags
        track = log.tracks.first { $0.stream == log.chosenStream }
        clock = FFmpegDecoder.clock(log, rate: format.sampleRate)
        unsafe block = .allocate(byteCount: FFmpegDecoder.blockFrames * format.bytesPerFrame, alignment: 64)
        isAsStored = log.tracks.count <= 1 && opened.isRegularFile && !opened.hasNext()
        if choice == .standard {
            others = log.tracks.filter { $0.isDecodable && $0.stream != log.chosenStream }
            // A stream can't be read again: then it is only said.
            held = others.isEmpty || !opened.isRegularFile ? nil : 0
        }
    }

    deinit {
        unsafe block.deallocate()
    }

    /// Starts to decode the present part of the input, and the track of it that is wanted.
    private static func start(
        _ program: String, _ input: FFmpegInput, _ kind: ForeignFormat?, _ choice: TrackChoice, shape: AudioFormat?
    ) throws(SystemError) -> FFmpegRun {
        let run = try FFmpegRun(program, input, kind, stream: nil, shape: shape)
        // What it takes by itself is mostly right, and costs nothing more.
        guard input.isRegularFile, let wanted = choice.track(of: run.log.tracks),
            wanted.stream != run.log.chosenStream || run.reader == nil
        else { return run }
        return try FFmpegRun(program, input, kind, stream: wanted.stream, shape: shape)
    }

    private static func clock(_ log: FFmpegLog, rate: Int) -> SoundClock {
        SoundClock(rate: rate, declaredEnd: log.declaredSeconds.map { Int($0 * Double(rate)) })
    }

    /// Why nothing came.
    private static func refusal(
        _ log: FFmpegLog, _ kind: ForeignFormat?, _ name: String, _ choice: TrackChoice
    ) -> AudioError {
        let what = kind.map { "is \($0.name)" } ?? "is a file that ffmpeg knows"
        if let track = choice.track(of: log.tracks) ?? log.tracks.first {
            let reason = log.lastError.map { ": \($0)" } ?? ""
            return AudioError(
                .malformed, name,
                track.isDecodable
                    ? "looks like \(kind?.name ?? "audio"), but can't be decoded\(reason)"
                    : "\(what), but ffmpeg has no decoder for its sound (\(track.codec))")
        }
        if log.hasOtherStreams { return AudioError(.malformed, name, "\(what), but there is no sound in it") }
        let reason = log.lastError ?? "it ends before any audio"
        guard let kind else { return AudioError(.notAudio, name, reason) }
        return AudioError(.malformed, name, "looks like \(kind.name), but can't be decoded: \(reason)")
    }

    // MARK: Giving

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        let room = buffer.count / format.bytesPerFrame
        while true {
            if let held {
                self.held = held + silence
                silence = 0
            } else if silence > 0 {
                let count = min(silence, room)
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * format.bytesPerFrame)])
                    .initializeMemory(as: UInt8.self, repeating: 0)
                silence -= count
                return count
            }
            if !ready.isEmpty { return unsafe give(into: buffer, atMost: room) }
            if loaded.isEmpty {
                let count = try unsafe reader.read(into: block)
                loaded = 0..<count
                run.log.readOn()
                if count == 0, try !goOn() { return 0 }
            } else {
                placeNext()
            }
        }
    }

    private func give(into buffer: UnsafeMutableRawBufferPointer, atMost room: Int) -> Int {
        let count = min(ready.count, room)
        unsafe buffer.copyMemory(from: bytes(of: ready.lowerBound..<ready.lowerBound + count))
        ready = ready.lowerBound + count..<ready.upperBound
        return count
    }

    private func bytes(of frames: Range<Int>) -> UnsafeRawBufferPointer {
        let size = format.bytesPerFrame
        return unsafe UnsafeRawBufferPointer(rebasing: block[(frames.lowerBound * size)..<(frames.upperBound * size)])
    }

    private func isSilent(_ frames: Range<Int>) -> Bool {
        unsafe bytes(of: frames).assumingMemoryBound(to: Float.self).allSatisfy { abs($0) < FFmpegDecoder.silentPeak }
    }

    /// Finds the place of the frames that are next.
    private func placeNext() {
        if pieceRest == 0 {
            beginPiece()
            if silence > 0 { return }
        }
        let frames = loaded.lowerBound..<loaded.lowerBound + min(loaded.count, pieceRest)
        loaded = frames.upperBound..<loaded.upperBound
        pieceRest -= frames.count
        var kept = frames
        if toDrop > 0 {
            let count = min(toDrop, frames.count)
            toDrop -= count
            kept = frames.lowerBound + count..<frames.upperBound
        } else if overlap > 0, isSilent(frames) {
            let count = min(overlap, frames.count)
            overlap -= count
            kept = frames.lowerBound + count..<frames.upperBound
        }
        clock.advance(kept.count)
        if let held {
            if isSilent(kept) {
                self.held = held + kept.count
                return
            }
            silence = held
            self.held = nil
            others = []
            if let silentDefault, let track {
                remarks.append("track \(silentDefault.track.description) is silent; track \(track.description) is used")
            }
        }
        if !others.isEmpty, !isSilent(kept) { others = [] }
        ready = kept
    }

    private func beginPiece() {
        guard let piece = run.log.takePiece() else {
            // Nothing is known of these: they follow what was before them.
            pieceRest = loaded.count
            return
        }
        exactFrames += Double(piece.frames) * Double(format.sampleRate) / Double(piece.rate)
        let count = max(1, Int(exactFrames.rounded()) - piecedFrames)
        piecedFrames += count
        pieceRest = count
        let start = run.log.startSeconds
        isClockTrue = isClockTrue && (run.log.hasClock || piece.rate == format.sampleRate)
        let time = (isClockTrue ? piece.time : nil).map { Double($0) / Double(piece.rate) - start }
            .flatMap { abs($0) < 1e9 ? Int(($0 * Double(format.sampleRate)).rounded()) : nil }
        overlap = 0
        switch clock.place(at: time, count: count) {
        case .none: return
        case .silence(let frames):
            silence = frames
            clock.advance(frames)
        case .beforeStart(let frames): toDrop = frames
        case .overlap(let frames): overlap = frames
        case .jump(let frames):
            remarks.append("its clock jumps by \(seconds(frames)) s, where nothing is; the gap is left out")
        }
        isAsStored = false
    }

    private func seconds(_ frames: Int) -> String {
        decimal(Double(frames) / Double(format.sampleRate), places: 2)
    }

    // MARK: The end of a track

    /// Goes on behind the end of what is decoded: with another track if this one was silent, then with the next file of joined ones.
    ///
    /// - Returns: false if that was all.
    private func goOn() throws(AudioError) -> Bool {
        let isComplete = run.finish()
        if let frames = held, let other = others.first {
            silentDefault = silentDefault ?? track.map { ($0, frames) }
            others.removeFirst()
            held = 0
            try open { () throws(SystemError) in
                try FFmpegRun(program, input, kind, stream: other.stream, shape: format)
            }
            track = other
            return true
        }
        if held != nil {
            // All are silent: so is the one that was meant.
            silence = silentDefault?.frames ?? held ?? 0
            held = nil
            damage = damage ?? run.log.damage
            return true
        }
        if !others.isEmpty, let track {
            let list = others.map(\.description).joined(separator: ", ")
            remarks.append("track \(track.description) is silent; it also has \(list): --track chooses")
            others = []
        }
        noteDamage(isComplete)
        guard input.hasNext() else { return false }
        input.advance()
        isAsStored = false
        let declared = clock.declaredEnd ?? 0
        let gap = declared - clock.position
        try open { () throws(SystemError) in
            try FFmpegDecoder.start(program, input, kind, choice, shape: format)
        }
        silence = max(0, min(gap, format.sampleRate))
        return true
    }

    private func open(_ start: () throws(SystemError) -> FFmpegRun) throws(AudioError) {
        do throws(SystemError) {
            run = try start()
        } catch {
            throw AudioError(.readFailed, name, "cannot be decoded: \(error)", underlying: error)
        }
        reader = run.reader ?? AudioReader(NoAudio(format), name: name)
        if run.reader == nil, damage == nil { damage = "damaged: a later part of it can't be decoded" }
        track = run.log.tracks.first { $0.stream == run.log.chosenStream }
        clock = FFmpegDecoder.clock(run.log, rate: format.sampleRate)
        (exactFrames, piecedFrames, pieceRest, toDrop, overlap) = (0, 0, 0, 0, 0)
    }

    private func noteDamage(_ isComplete: Bool) {
        guard damage == nil else { return }
        let came = Double(clock.position) / Double(format.sampleRate)
        if let promised = promisedSeconds(), promised - came > max(0.5, promised * 0.005) {
            damage =
                "truncated: the header promises \(decimal(promised, places: 2)) s of audio, "
                + "\(decimal(came, places: 2)) s are there"
        } else if !input.hasNext(), input.isCutOff,
            run.log.damage != nil || (run.log.declaredSeconds ?? .infinity) - came > 0.1
        {
            damage = "truncated: it ends in the middle, after \(decimal(came, places: 2)) s of audio"
        } else if let line = run.log.damage {
            damage = "damaged: \(line)"
        } else if !isComplete {
            damage = "ffmpeg failed in the middle of it" + (run.log.lastError.map { ": \($0)" } ?? "")
        }
    }

    /// How long the sound is, if the file says so of the sound; in a film only if the film itself ends before its time.
    private func promisedSeconds() -> Double? {
        let log = run.log
        if let duration = track?.duration { return duration - log.startSeconds }
        guard let declared = log.declaredSeconds else { return nil }
        let isOnlySound = !log.hasOtherStreams && log.tracks.count <= 1
        return isOnlySound || input.isCutOff ? declared : nil
    }
}

/// A part of which nothing can be decoded.
private final class NoAudio: AudioDecoder {
    let format: AudioFormat
    var declaredFrames: Int? { nil }
    var tags: AudioTags { AudioTags() }
    var damage: String? { nil }

    init(_ format: AudioFormat) { self.format = format }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }
}

extension AudioError {
    /// The file has no such track.
    static func noTrack(_ choice: TrackChoice, of tracks: [SoundTrack], in name: String) -> AudioError {
        let list = tracks.map(\.description).joined(separator: ", ")
        return AudioError(
            .unsupported, name, "has no \(choice.description); its sound tracks: \(list)",
            hint: "--track takes a number or a language of these")
    }
}
