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
    /// What was wrong with encoded audio, once its end has been read: all that could be decoded was given.
    package private(set) var damage: AudioError?

    private let decoder: (any AudioDecoder)?
    private let headerTags: AudioTags
    private let input: ReadAhead
    private let options: Options
    private let isLengthDeclared: Bool
    /// Bytes of audio that may still come; `Int.max` until the end of the input.
    private var rest: Int
    /// The beginning of a frame whose end has not come yet.
    private var half: [UInt8] = []
    private var isFinished = false

    /// Reads the header.
    ///
    /// - Parameters:
    ///   - source: where the bytes come from.
    ///   - name: what errors and warnings call it: a path, or `standard input`.
    /// - Throws: `AudioError` where this is no audio that we read.
    package init(_ source: any ByteSource, name: String, options: Options = Options()) throws(AudioError) {
        input = ReadAhead(source, name: name)
        self.name = name
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
            declaredFrames = layout.isLengthDeclared ? layout.dataBytes / layout.format.bytesPerFrame : nil
        }
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
        let room = buffer.count - buffer.count % frameBytes
        unsafe buffer.copyBytes(from: half)
        var filled = half.count
        while filled < frameBytes {
            let end = filled + min(room - filled, rest)
            let wanted = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<end])
            let count = unsafe wanted.isEmpty ? 0 : try unsafe input.read(into: wanted)
            if count == 0 {
                try finish(strayBytes: filled)
                return 0
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

    private func decode(
        _ decoder: any AudioDecoder, into buffer: UnsafeMutableRawBufferPointer
    ) throws(AudioError) -> Int {
        let frames = try unsafe decoder.read(into: buffer)
        framesRead += frames
        if frames > 0 { return frames }
        isFinished = true
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

    /// The end has come: says what is missing.
    private func finish(strayBytes: Int) throws(AudioError) {
        isFinished = true
        let problem: String
        if isLengthDeclared, rest > 0, let declaredFrames {
            let (promised, came) = (seconds(declaredFrames), seconds(framesRead))
            problem = "truncated: the header promises \(promised) s of audio, \(came) s are there"
        } else if strayBytes > 0 {
            problem = "the last \(strayBytes) bytes are no whole frame of \(format.bytesPerFrame) and are left out"
        } else {
            return
        }
        if options.strict { throw AudioError(.truncated, name, problem) }
        options.warn("\(name): \(problem)")
    }

    private func seconds(_ frames: Int) -> String {
        decimal(Double(frames) / Double(format.sampleRate), places: 2)
    }
}
