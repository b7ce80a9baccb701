import Audio
import Testing

@Suite struct SpeechReading {
    /// A WAV of 16 kHz in a format.
    func file(_ sampleFormat: SampleFormat, channels: Int = 1, rate: Int = 16000, _ data: [UInt8]) -> [UInt8] {
        let body = formatBody(
            tag: sampleFormat.isFloat ? 3 : 1, channels: UInt16(channels), rate: UInt32(rate),
            bits: UInt16(sampleFormat.bytes * 8))
        return riff("RIFF", chunk("fmt ", body), chunk("data", data))
    }

    @Test(arguments: [1, 2, 3, 4096])
    func theRightFormatPassesUntouched(piece: Int) throws {
        let samples = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }
        #expect(try readSpeech(file(.s16le, bytes(samples)), piece: piece, room: 777) == samples)
    }

    @Test func every16BitValueSurvivesBeingConverted() throws {
        let samples = (Int(Int16.min)...Int(Int16.max)).map { Int16($0) }
        let twice = samples.flatMap { [$0, $0] }
        #expect(try readSpeech(file(.s16le, channels: 2, bytes(twice))) == samples)
        let wide = samples.flatMap { [0] + bytes($0) } as [UInt8]
        #expect(try readSpeech(file(.s24le, wide)) == samples)
        #expect(try readSpeech(file(.s32le, samples.flatMap { bytes(Int32($0) << 16) })) == samples)
        let floats = samples.map { Float($0) / 32768 }
        #expect(try readSpeech(file(.f32le, bytes(floats))) == samples)
        let doubles = samples.flatMap { bytes((Double($0) / 32768).bitPattern) }
        #expect(try readSpeech(file(.f64le, doubles)) == samples)
        #expect(try readFloats(file(.s16le, bytes(samples))) == floats)
    }

    @Test func eightBitsAreUnsigned() throws {
        #expect(try readSpeech(file(.u8, [0, 64, 128, 192, 255])) == [-32768, -16384, 0, 16384, 32512])
    }

    @Test func lowBitsAreRounded() throws {
        // 1.25, 1.5, 1.75 and −1.75 of a 16-bit step; halves go to the even neighbour.
        let samples: [Int32] = [0x140, 0x180, 0x1C0, -0x1C0]
        let bytes24 = samples.flatMap { bytes($0)[..<3] }
        #expect(try readSpeech(file(.s24le, bytes24)) == [1, 2, 2, -2])
        #expect(try readSpeech(file(.s32le, [bytes(Int32.max), bytes(Int32.min)].flatMap { $0 })) == [32767, -32768])
    }

    @Test func whatIsNoNumberIsSilenceAndTheRestIsClipped() throws {
        let samples: [Float] = [
            .nan, .signalingNaN, .infinity, -.infinity, 1e30, -1e30, 1, -1, 1.5, .leastNonzeroMagnitude,
        ]
        let expected: [Int16] = [0, 0, 0, 0, 32767, -32768, 32767, -32768, 32767, 0]
        #expect(try readSpeech(file(.f32le, bytes(samples))) == expected)
        let doubles: [Double] = [.nan, .infinity, 1e300, -2, 0.5]
        #expect(try readSpeech(file(.f64le, doubles.flatMap { bytes($0.bitPattern) })) == [0, 0, 0, -32768, 16384])
        // One bad sample must not spread through the resampler either.
        var tone = [Float](repeating: 0, count: 4800)
        tone[1000] = .nan
        tone[2000] = .infinity
        #expect(try readFloats(file(.f32le, rate: 48000, bytes(tone))).allSatisfy { $0 == 0 })
    }

    @Test(arguments: [2, 3, 6, 255])
    func channelsAreAveraged(channels: Int) throws {
        let frames: [Int16] = [300, -600, 32767, -32768]
        let samples = frames.flatMap { [Int16](repeating: $0, count: channels) }
        #expect(try readSpeech(file(.s16le, channels: channels, bytes(samples))) == frames)
        let oneLoud = (0..<4).flatMap { _ in (0..<channels).map { $0 == 1 ? Float(0.5) : 0 } }
        let mean = Int16((16384 / Float(channels)).rounded(.toNearestOrEven))
        #expect(
            try readSpeech(file(.f32le, channels: channels, bytes(oneLoud))) == [Int16](repeating: mean, count: 4))
    }

    @Test(arguments: [1, 5, 4096])
    func anyRateAndChannelsInAnyPieces(piece: Int) throws {
        let frames = 9600
        let samples = (0..<frames).flatMap { frame -> [Int16] in
            [Int16](repeating: Int16((frame * 331) % 20000 - 10000), count: 6)
        }
        let wave = file(.s16le, channels: 6, rate: 96000, bytes(samples))
        let whole = try readSpeech(wave)
        #expect(abs(whole.count - 1600) <= 1)
        #expect(try readSpeech(wave, piece: piece, room: 13) == whole)
    }

    @Test(arguments: [8000, 44100, 48000])
    func nothingInGivesNothingOut(rate: Int) throws {
        #expect(try readSpeech(file(.s16le, rate: rate, [])) == [])
        #expect(abs(try readSpeech(file(.s16le, rate: rate, [1, 0])).count - 16000 / rate) <= 1)
    }

    /// Frames that have come out when so many have gone in, on a source that says when it is asked for too much.
    @Test(arguments: [8000, 22050, 44100, 48000, 96000])
    func aLiveStreamLagsByTheResamplerOnly(rate: Int) throws {
        final class Live: ByteSource {
            let isRegularFile = false
            var pieces: [[UInt8]]
            var given = 0
            init(_ pieces: [[UInt8]]) { self.pieces = pieces }
            func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
                guard !pieces.isEmpty else { return 0 }
                let piece = pieces.removeFirst()
                buffer.copyBytes(from: piece)
                given += piece.count
                return piece.count
            }
        }
        let period = bytes([Int16](repeating: 100, count: rate / 50))
        let header = riff("RIFF", chunk("fmt ", formatBody(rate: UInt32(rate))), chunk("data", [], size: 0xFFFF_FFFF))
        let source = Live([header] + [[UInt8]](repeating: period, count: 100))
        let speech = try SpeechReader(AudioReader(source, name: "input"))
        var buffer = [Int16](repeating: 0, count: 4096)
        var largestLag = 0.0
        while speech.framesRead < 16000 {
            let before = (Double(source.given) - 44) / 2 / Double(rate)
            let lag = before - Double(speech.framesRead) / 16000
            // Looked at just before more is asked for: what could have been given was.
            largestLag = max(largestLag, lag)
            let count = try buffer.withUnsafeMutableBufferPointer { try speech.read(into: $0) }
            try #require(count > 0)
        }
        // 52 ms at 8 kHz, less at the others (see Resampler).
        #expect(largestLag < 0.060, "\(largestLag) s")
    }
}
