import Audio
import Glibc
import Testing

@Suite struct Resampling {
    static let rates = [8000, 11025, 12000, 16001, 22050, 24000, 32000, 44100, 48000, 96000, 192_000]

    func tone(_ frequency: Double, rate: Int, seconds: Double) -> [Float] {
        (0..<Int(Double(rate) * seconds)).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
    }

    func wave(_ samples: [Float], rate: Int) -> [UInt8] {
        riff(
            "RIFF", chunk("fmt ", formatBody(tag: 3, rate: UInt32(rate), bits: 32)), chunk("data", bytes(samples)))
    }

    @Test(arguments: rates)
    func aToneKeepsItsPlaceAndShape(rate: Int) throws {
        let frequency = 1000.0
        let output = try readFloats(wave(tone(frequency, rate: rate, seconds: 1), rate: rate))
        let expected = tone(frequency, rate: 16000, seconds: 1)
        #expect(abs(output.count - expected.count) <= 1)
        // The ends ring, as the tone is cut off there; what lies between must be the same sine, at the same time.
        var (signal, noise) = (0.0, 0.0)
        for index in 800..<15200 {
            signal += Double(expected[index] * expected[index])
            noise += pow(Double(output[index] - expected[index]), 2)
        }
        #expect(10 * log10(signal / noise) > 100, "\(10 * log10(signal / noise)) dB")
    }

    @Test(arguments: [44100, 48000, 96000])
    func whatCannotBeRepresentedIsGone(rate: Int) throws {
        let output = try readFloats(wave(tone(9000, rate: rate, seconds: 1), rate: rate))
        let energy = output[800..<15200].reduce(0.0) { $0 + Double($1 * $1) } / 14400
        #expect(10 * log10(energy / 0.125) < -90)
    }

    @Test(arguments: rates, [0, 1, 2, 479, 4800, 4801])
    func theLengthIsRightToAFrame(rate: Int, frames: Int) throws {
        let output = try readFloats(wave([Float](repeating: 0.1, count: frames), rate: rate))
        let expected = Double(frames) * 16000 / Double(rate)
        #expect(abs(Double(output.count) - expected) <= 1)
    }

    @Test(arguments: [11025, 44100, 48000], [(4, 1), (52, 7), (1000, 333), (100_000, 5000)])
    func piecesMakeNoDifference(rate: Int, sizes: (piece: Int, room: Int)) throws {
        let file = wave(tone(440, rate: rate, seconds: 0.5), rate: rate)
        let pieces = try readFloats(file, piece: sizes.piece, room: sizes.room)
        #expect(try readFloats(file) == pieces)
    }

    @Test func upToTheRateThatIsWanted() throws {
        let output = try readFloats(wave(tone(1000, rate: 16000, seconds: 0.5), rate: 16000), rate: 48000)
        #expect(output.count == 24000)
    }
}
