import Audio
import Testing

@Suite struct WAVReading {
    struct Kind: CustomTestStringConvertible, Sendable {
        var name: String
        var body: [UInt8]
        var format: AudioFormat
        var testDescription: String { name }
    }

    static let kinds: [Kind] = {
        let formats: [(UInt16, UInt16, SampleFormat)] = [
            (1, 8, .u8), (1, 16, .s16le), (1, 24, .s24le), (1, 32, .s32le), (3, 32, .f32le), (3, 64, .f64le),
        ]
        var kinds: [Kind] = []
        for (tag, bits, sampleFormat) in formats {
            for (channels, rate) in [(1, 16000), (2, 44100), (6, 96000), (255, 384_000)] {
                let format = AudioFormat(sampleRate: rate, channels: channels, sampleFormat: sampleFormat)
                let (channels, rate) = (UInt16(channels), UInt32(rate))
                kinds.append(
                    Kind(
                        name: "\(sampleFormat) \(channels) ch \(rate) Hz",
                        body: formatBody(tag: tag, channels: channels, rate: rate, bits: bits), format: format))
                kinds.append(
                    Kind(
                        name: "\(sampleFormat) \(channels) ch \(rate) Hz extensible",
                        body: extensibleBody(tag: tag, channels: channels, rate: rate, bits: bits), format: format))
            }
        }
        let speech = AudioFormat.speech
        var twelve = speech
        twelve.sampleFormat = .s16le
        kinds.append(Kind(name: "12 bits in 2 bytes", body: formatBody(bits: 12), format: twelve))
        let twenty = AudioFormat(sampleRate: 16000, channels: 1, sampleFormat: .s24le)
        kinds.append(Kind(name: "20 valid of 24", body: extensibleBody(bits: 24, validBits: 20), format: twenty))
        kinds.append(Kind(name: "cbSize 0", body: formatBody() + [0, 0], format: speech))
        kinds.append(Kind(name: "long fmt", body: formatBody() + [UInt8](repeating: 7, count: 301), format: speech))
        return kinds
    }()

    @Test(arguments: kinds, [1, 3, 4096])
    func readsEveryKind(_ kind: Kind, piece: Int) throws {
        let data = (0..<kind.format.bytesPerFrame * 5).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let file = riff("RIFF", chunk("fmt ", kind.body), chunk("data", data))
        for regular in [false, true] {
            let reading = try read(file, regular: regular, piece: piece, room: 1)
            #expect(reading.format == kind.format)
            #expect(reading.declaredFrames == 5)
            #expect(reading.data == data)
            #expect(reading.warnings.isEmpty)
        }
    }

    @Test(arguments: [1, 7, 4096])
    func walksUnknownChunks(piece: Int) throws {
        let data = bytes([1, 2, 3] as [Int16])
        let file = riff(
            "RIFF", chunk("JUNK", [UInt8](repeating: 1, count: 28)),
            chunk("LIST", Array("INFOISFT\u{3}\0\0\0abc".utf8)),
            chunk("odd ", [1, 2, 3]), chunk("none", []), chunk("fmt ", formatBody()),
            chunk("big ", [UInt8](repeating: 9, count: 100_001)), chunk("data", data), chunk("LIST", [1, 2, 3, 4]))
        let reading = try read(file, piece: piece)
        #expect(reading.data == data)
        #expect(reading.warnings.isEmpty)
    }

    @Test(arguments: ["RF64", "BW64"])
    func believesTheLongSizes(form: String) throws {
        let data = bytes([1, 2, 3] as [Int16])
        let sizes = bytes(UInt64(0)) + bytes(UInt64(data.count)) + bytes(UInt64(3)) + bytes(UInt32(0))
        let file = riff(
            form, chunk("ds64", sizes), chunk("fmt ", formatBody()), chunk("data", data, size: 0xFFFF_FFFF),
            chunk("LIST", [1, 2, 3, 4]))
        let reading = try read(file)
        #expect(reading.data == data)
        #expect(reading.declaredFrames == 3)
        #expect(reading.warnings.isEmpty)
        // Without the sizes it goes on to the end.
        let without = riff(form, chunk("fmt ", formatBody()), chunk("data", data, size: 0xFFFF_FFFF))
        #expect(try read(without).data == data)
        // Larger than memory: cut off, not believed.
        let huge = bytes(UInt64.max) + bytes(UInt64.max - 1) + bytes(UInt64.max) + bytes(UInt32(0))
        let lying = riff(
            form, chunk("ds64", huge), chunk("fmt ", formatBody()), chunk("data", data, size: 0xFFFF_FFFF))
        #expect(try read(lying).data == data)
    }

    @Test(arguments: [0, 0x7FFF_F000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF] as [UInt32], [false, true])
    func placeholderMeansToTheEnd(size: UInt32, regular: Bool) throws {
        let data = bytes([1, -2, 3] as [Int16])
        let reading = try read(wav(data, declared: size), regular: regular, strict: true)
        #expect(reading.data == data)
        #expect(reading.declaredFrames == nil)
        #expect(reading.warnings.isEmpty)
    }

    /// sox rounds its placeholder down to whole frames.
    @Test(arguments: [(6, 24), (3, 16), (255, 64)] as [(UInt16, UInt16)])
    func aRoundedPlaceholderMeansToTheEnd(channels: UInt16, bits: UInt16) throws {
        let frame = Int(channels) * Int(bits) / 8
        let body = formatBody(tag: bits == 64 ? 3 : 1, channels: channels, bits: bits)
        let size = UInt32(0x7FFF_F000 / frame * frame)
        let file = riff("RIFF", chunk("fmt ", body), chunk("data", .init(repeating: 0, count: frame), size: size))
        let reading = try read(file, strict: true)
        #expect(reading.data.count == frame)
        #expect(reading.declaredFrames == nil)
    }

    @Test func zeroInAFileWithAChunkBehindItIsEmpty() throws {
        let file = wav([], declared: 0) + chunk("LIST", Array("INFO".utf8))
        let reading = try read(file, regular: true)
        #expect(reading.data.isEmpty)
        #expect(reading.declaredFrames == 0)
        // In a pipe nobody could have gone back to write the size.
        #expect(try read(file, regular: false).data.count == 12)
        // What looks like no chunk is audio that a killed program left.
        let samples = Array("loud".utf8) + bytes([1, 0, 5, 6] as [Int16])
        #expect(try read(wav(samples, declared: 0), regular: true).data == samples)
    }

    @Test(arguments: [false, true])
    func nothingButAHeaderIsNoFrames(regular: Bool) throws {
        let reading = try read(wav([]), regular: regular, strict: true)
        #expect(reading.data.isEmpty)
        #expect(reading.warnings.isEmpty)
        #expect(try read(wav(bytes([7] as [Int16]))).data == [7, 0])
    }

    @Test func missingAudioIsWarnedOfOnceOrRefused() throws {
        let data = bytes([Int16](repeating: 5, count: 8000))
        let file = wav(data, declared: 32000)
        let reading = try read(file)
        #expect(reading.data == data)
        #expect(reading.declaredFrames == 16000)
        #expect(reading.warnings == ["input: truncated: the header promises 1.00 s of audio, 0.50 s are there"])
        let error = audioError { try read(file, strict: true) }
        #expect(error?.code == .truncated)
        #expect(error?.description == "input: truncated: the header promises 1.00 s of audio, 0.50 s are there")
    }

    @Test(arguments: [1, 3, 65536])
    func halfAFrameIsLeftOut(piece: Int) throws {
        let reading = try read(wav([], declared: 0xFFFF_FFFF) + [1, 2, 3], piece: piece)
        #expect(reading.data == [1, 2])
        #expect(reading.warnings == ["input: the last 1 bytes are no whole frame of 2 and are left out"])
        // The same where the header says so.
        let declared = try read(wav([1, 2, 3]), piece: piece)
        #expect(declared.data == [1, 2])
        #expect(declared.warnings.count == 1)
        #expect(audioError { try read(wav([1, 2, 3]), strict: true) }?.code == .truncated)
    }

    @Test func nothingBehindTheDeclaredAudioIsRead() throws {
        let reading = try read(wav([1, 2, 3, 4]) + [9, 9, 9, 9], room: 65536)
        #expect(reading.data == [1, 2, 3, 4])
    }

    @Test(arguments: [1, 5, 65536])
    func headerlessSamples(piece: Int) throws {
        let format = AudioFormat(sampleRate: 48000, channels: 2, sampleFormat: .s24le)
        let data = (0..<60).map { UInt8($0) }
        let reading = try read(data + [1, 2], piece: piece, raw: format)
        #expect(reading.format == format)
        #expect(reading.data == data)
        #expect(reading.warnings == ["input: the last 2 bytes are no whole frame of 6 and are left out"])
        #expect(try read([], raw: format).warnings.isEmpty)
        // A WAV given as headerless is samples, header and all.
        #expect(try read(wav([]), raw: .speech).data.count == 44)
    }

    /// A source that would wait for ever if it were asked for more than has come.
    final class Slow: ByteSource {
        let isRegularFile = false
        var pieces: [[UInt8]]
        var isExhausted: Bool { pieces.isEmpty }

        init(_ pieces: [[UInt8]]) { self.pieces = pieces }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            try #require(!pieces.isEmpty, "read although what was there would have done")
            let piece = pieces.removeFirst()
            try #require(piece.count <= buffer.count)
            buffer.copyBytes(from: piece)
            return piece.count
        }
    }

    @Test func givesWhatIsThereWithoutWaitingForMore() throws {
        let header = wav([], declared: 0xFFFF_FFFF)
        let source = Slow([header, [1, 2, 3], [4, 5, 6]])
        let reader = try AudioReader(source, name: "input")
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(try buffer.withUnsafeMutableBytes { try reader.read(into: $0) } == 1)
        #expect(buffer[..<2] == [1, 2])
        #expect(try buffer.withUnsafeMutableBytes { try reader.read(into: $0) } == 2)
        #expect(buffer[..<4] == [3, 4, 5, 6])
        #expect(source.isExhausted)
    }

    final class Failing: ByteSource {
        let isRegularFile = true
        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { throw Broken() }
        struct Broken: Error {}
    }

    @Test func aFailureToReadIsNotAnEnd() throws {
        let error = audioError { try read(Failing()) }
        #expect(error?.code == .readFailed)
        #expect(error?.underlying is Failing.Broken)
    }
}
