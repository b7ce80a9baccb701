internal import Text

/// Reads audio: a WAV file or stream, headerless PCM, or what the decoders it was given know.
///
/// The header is read at once, the frames as the source gives them. Memory does not grow with the input.
package final class AudioReader {
    package struct Options: Sendable {
        /// The format of a stream without a header; nil expects a WAV header.
        package var raw: AudioFormat?
        /// What makes encoded audio plain; nil reads WAV only.
        package var decoders: (any AudioDecoders)?
        /// Whether audio that ends before its header says so is an error rather than a warning.
        package var strict: Bool
        /// Told what is wrong with the input and did not stop us, as `NAME: what`.
        package var warn: @Sendable (String) -> Void

        package init(
            raw: AudioFormat? = nil, decoders: (any AudioDecoders)? = nil, strict: Bool = false,
            warn: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            self.raw = raw
            self.decoders = decoders
            self.strict = strict
            self.warn = warn
        }
    }

    package let format: AudioFormat
    /// Where the channels belong; nil if nobody says.
    package let layout: ChannelLayout?
    /// The sound tracks of the file; none if it is of a kind that has one.
    package var tracks: [SoundTrack] { decoder?.tracks ?? [] }
    /// What errors and warnings call the input.
    package let name: String
    /// Frames that the header promises; nil where the length is not known.
    package let declaredFrames: Int?
    /// Frames given so far.
    package private(set) var framesRead = 0
    /// What the input says about itself, as far as it has been read.
    package var tags: AudioTags { decoder?.tags ?? headerTags }
    /// Whether a decoder gives the samples; WAV and headerless PCM have them as they are.
    package var isEncoded: Bool { decoder != nil }
    /// Whether others who read the same file hear the same, from its first sample to its last.
    package var isAsStored: Bool { decoder?.isAsStored ?? !(isJoined || isLonger) }
    /// What was wrong with encoded audio, once its end has been read: all that could be decoded was given.
    package private(set) var damage: AudioError?

    private let decoder: (any AudioDecoder)?
    private let headerTags: AudioTags
    private let input: ReadAhead
    private let options: Options
    /// Whether the header of the present WAV says how long it is, and how many frames; of joined ones each has its own.
    private var isLengthDeclared: Bool
    private var promisedFrames: Int?
    /// Frames given before the present WAV.
    private var framesBefore = 0
    /// Bytes of its header, and where its audio begins.
    private var preamble = 0
    private var audioStart = 0
    /// Bytes of audio that may still come; `Int.max` until the end of the input.
    private var rest: Int
    /// Bytes of silence, found behind the end that was declared, in front of more audio.
    private var zeros = 0
    /// Whether more came than the header says.
    private var isLonger = false
    private var isJoined = false
    /// A WAV of another shape that was joined to this one, in this one's shape.
    private var following: FrameReader?
    /// The beginning of a frame whose end has not come yet.
    private var half: [UInt8] = []
    private var isFinished = false
    /// Whether what comes next may be another header.
    private var isHeaderAhead = false

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - source: where the bytes come from.
    ///   - name: what errors and warnings call it: a path, or `standard input`.
    /// - Throws: `AudioError` where this is no audio that we read.
    package convenience init(
        _ source: any ByteSource, name: String, options: Options = Options()
    ) throws(AudioError) {
        try self.init(ReadAhead(source, name: name), options)
    }

    private init(_ input: ReadAhead, _ options: Options) throws(AudioError) {
        self.input = input
        name = input.name
        self.options = options
        if let raw = options.raw {
            guard AudioFormat.sampleRates.contains(raw.sampleRate), AudioFormat.channelCounts.contains(raw.channels)
            else {
                throw AudioError(.unsupported, name, "no audio has \(raw.sampleRate) Hz and \(raw.channels) channels")
            }
            format = raw
            layout = nil
            decoder = nil
            headerTags = AudioTags()
            rest = .max
            isLengthDeclared = false
            declaredFrames = nil
        } else if let decoder = try options.decoders?.decoder(for: input) {
            format = decoder.format
            layout = decoder.layout
            self.decoder = decoder
            headerTags = AudioTags()
            rest = .max
            isLengthDeclared = false
            declaredFrames = decoder.declaredFrames
        } else {
            let layout = try WAVLayout(reading: input, warn: options.warn)
            format = layout.format
            self.layout = layout.channels
            decoder = nil
            headerTags = layout.tags
            rest = layout.dataBytes
            isLengthDeclared = layout.isLengthDeclared
            (preamble, audioStart) = (input.position, input.position)
            declaredFrames = layout.isLengthDeclared ? layout.dataBytes / layout.format.bytesPerFrame : nil
        }
        promisedFrames = declaredFrames
        half.reserveCapacity(format.bytesPerFrame)
    }

    /// Reads what a decoder gives.
    ///
    /// - Parameters:
    ///   - decoder: it is read from nowhere else from now on.
    ///   - name: what errors call the input.
    package init(_ decoder: any AudioDecoder, name: String) {
        input = ReadAhead(MemorySource([]), name: name)
        self.name = name
        options = Options()
        self.decoder = decoder
        headerTags = AudioTags()
        format = decoder.format
        layout = decoder.layout
        rest = .max
        isLengthDeclared = false
        declaredFrames = decoder.declaredFrames
    }

    /// Reads whole frames, as they are stored: interleaved, little endian.
    ///
    /// Waits for one frame, then gives what is there.
    ///
    /// - Parameter buffer: room for at least one frame.
    /// - Returns: frames read; 0 at the end.
    /// - Throws: `AudioError`: `readFailed`, or where the options are strict what is wrong with the end: `truncated` or `malformed`.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        let frameBytes = format.bytesPerFrame
        precondition(buffer.count >= frameBytes, "no room for a frame")
        if isFinished { return 0 }
        if let decoder { return try unsafe decode(decoder, into: buffer) }
        if let following { return try unsafe read(following, into: buffer) }
        let room = buffer.count - buffer.count % frameBytes
        unsafe buffer.copyBytes(from: half)
        var filled = half.count
        while filled < frameBytes {
            let end = filled + min(room - filled, rest)
            let wanted = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<end])
            let count = unsafe wanted.isEmpty ? 0 : try unsafe readBytes(into: wanted)
            if count == 0 {
                switch try goOn(strayBytes: filled) {
                case .nothing: return 0
                case .sameAudio: continue
                case .nextFile:
                    filled = 0
                    if let following { return try unsafe read(following, into: buffer) }
                    continue
                }
            }
            filled += count
            if rest != .max { rest -= count }
        }
        let frames = filled / frameBytes
        half.removeAll(keepingCapacity: true)
        unsafe half.append(contentsOf: buffer[frames * frameBytes..<filled])
        framesRead += frames
        return frames
    }

    /// Reads bytes of audio, up to where another WAV begins in a stream that does not say how long it is.
    private func readBytes(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        if zeros > 0 {
            let count = min(zeros, buffer.count)
            unsafe buffer[..<count].initializeMemory(as: UInt8.self, repeating: 0)
            zeros -= count
            return count
        }
        guard rest == .max, options.raw == nil else { return try unsafe input.read(into: buffer) }
        while true {
            if isHeaderAhead, DeclaredEnd.isWAV(Array(try input.peek(12))) { return 0 }
            let count = try unsafe input.read(into: buffer)
            let read = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard let header = unsafe StreamHeaders.first(in: read, from: isHeaderAhead ? 1 : 0) else {
                isHeaderAhead = false
                return count
            }
            unsafe input.putBack(read[header...])
            isHeaderAhead = true
            if header > 0 { return header }
        }
    }

    private func read(_ following: FrameReader, into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        let frames = try unsafe following.read(into: buffer)
        framesRead += frames
        isFinished = frames == 0
        return frames
    }

    /// Looks behind the end of the present WAV.
    ///
    /// - Parameter strayBytes: of half a frame that came last.
    private func goOn(strayBytes: Int) throws(AudioError) -> More {
        guard options.raw == nil, rest == 0 || rest == .max else { return try finish(strayBytes) }
        let end: DeclaredEnd
        if rest == 0 {
            end = try DeclaredEnd.find(in: input, isOdd: (input.position - audioStart) % 2 == 1)
        } else {
            end = DeclaredEnd.isWAV(Array(try input.peek(12))) ? .wav : .end
        }
        switch end {
        case .end: return try finish(strayBytes)
        case .audio(let zeros):
            self.zeros = zeros
            (rest, isLengthDeclared, isLonger) = (.max, false, true)
            return .sameAudio
        case .wav:
            isJoined = true
            half.removeAll(keepingCapacity: true)
            do throws(AudioError) {
                try openNext()
                return .nextFile
            } catch {
                if error.code == .readFailed { throw error }
                damage = AudioError(
                    .malformed, name, "damaged: what is joined to its end can't be read: \(error.reason)")
                if let damage { options.warn(damage.description) }
                return try finish(0)
            }
        }
    }

    /// What is behind the end of a WAV.
    private enum More {
        case nothing
        /// Its header was wrong.
        case sameAudio
        /// Another WAV, in this shape or with `following`.
        case nextFile
    }

    /// Begins the next one of WAV files that were joined.
    private func openNext() throws(AudioError) {
        let start = input.position
        input.mark()
        let layout = try WAVLayout(reading: input, warn: options.warn)
        guard layout.format == format else {
            guard input.goBack() else { throw AudioError(.malformed, name, "its header is too long") }
            following = try FrameReader(AudioReader(input, options), format: format)
            return
        }
        input.forgetMark()
        (preamble, audioStart) = (input.position - start, input.position)
        (rest, isLengthDeclared) = (layout.dataBytes, layout.isLengthDeclared)
        framesBefore = framesRead
        promisedFrames = isLengthDeclared ? layout.dataBytes / format.bytesPerFrame : nil
    }

    private func decode(
        _ decoder: any AudioDecoder, into buffer: UnsafeMutableRawBufferPointer
    ) throws(AudioError) -> Int {
        let frames = try unsafe decoder.read(into: buffer)
        framesRead += frames
        if frames > 0 { return frames }
        isFinished = true
        for remark in decoder.remarks { options.warn("\(name): \(remark)") }
        var problem = decoder.damage
        if problem == nil, let declaredFrames, declaredFrames > framesRead {
            let (promised, came) = (seconds(declaredFrames), seconds(framesRead))
            problem = "truncated: the header promises \(promised) s of audio, \(came) s are there"
        }
        if let problem {
            let error = AudioError(.malformed, name, problem)
            if options.strict { throw error }
            damage = error
            options.warn(error.description)
        }
        return 0
    }

    /// The end has come: says what is missing, or was not promised.
    ///
    /// - Returns: that there is nothing more.
    private func finish(_ strayBytes: Int) throws(AudioError) -> More {
        isFinished = true
        let came = framesRead - framesBefore
        let problem: String
        if isLonger, let promisedFrames {
            options.warn(
                "\(name): the header promises \(seconds(promisedFrames)) s of audio, \(seconds(came)) s are there; all of it is used"
            )
            return .nothing
        }
        // Some count the header, too, or what RIFF counts of it.
        let isHeaderCounted = rest == preamble || rest == preamble - 8
        if isLengthDeclared, rest > 0, !isHeaderCounted, let promisedFrames {
            problem =
                "truncated: the header promises \(seconds(promisedFrames)) s of audio, \(seconds(came)) s are there"
        } else if strayBytes > 0 {
            problem = "the last \(strayBytes) bytes are no whole frame of \(format.bytesPerFrame) and are left out"
        } else {
            return .nothing
        }
        if options.strict { throw AudioError(.truncated, name, problem) }
        options.warn("\(name): \(problem)")
        return .nothing
    }

    private func seconds(_ frames: Int) -> String {
        decimal(Double(frames) / Double(format.sampleRate), places: 2)
    }
}
