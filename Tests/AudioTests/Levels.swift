import Audio
import Glibc
import Testing

@Suite struct Levels {
    func level(_ bytes: [UInt8], _ format: SampleFormat) -> Level {
        bytes.withUnsafeBytes { Level(of: $0, in: format) }
    }

    @Test(arguments: [1, 7, 8, 9, 1023, 1024, 1025, 5000])
    func aSquareWaveIsAsLoudAsItsPeak(count: Int) {
        let square = level(bytes((0..<count).map { $0 % 2 == 0 ? Int16(16384) : -16384 }), .s16le)
        #expect(abs(square.peakDecibels - -6.0206) < 0.001)
        #expect(abs(square.rmsDecibels - -6.0206) < 0.001)
    }

    @Test func aSineIsThreeDecibelsBelowIts() {
        let sine = (0..<16000).map { Float(sin(2 * .pi * 100 * Double($0) / 16000)) }
        let measured = level(bytes(sine), .f32le)
        #expect(abs(measured.peakDecibels) < 0.001)
        #expect(abs(measured.rmsDecibels - -3.0103) < 0.001)
    }

    @Test(arguments: SampleFormat.allCases)
    func silenceIsMinusInfinity(format: SampleFormat) {
        let zero = [UInt8](repeating: format == .u8 ? 128 : 0, count: format.bytes * 100)
        #expect(level(zero, format) == Level(peak: 0, rms: 0))
        #expect(level(zero, format).rmsDecibels == -.infinity)
        #expect(level([], format).peakDecibels == -.infinity)
        // Less than one sample is none.
        #expect(level(Array(repeating: 77, count: format.bytes - 1), format).peak == 0)
    }

    @Test(
        arguments: [
            (SampleFormat.u8, [0]), (.s16le, [0, 0x80]), (.s24le, [0, 0, 0x80]), (.s32le, [0, 0, 0, 0x80]),
            (.f32le, bytes(Float(-1).bitPattern)), (.f64le, bytes(Double(-1).bitPattern)),
        ] as [(SampleFormat, [UInt8])])
    func fullScaleIsOne(format: SampleFormat, sample: [UInt8]) {
        #expect(level(sample, format) == Level(peak: 1, rms: 1))
    }

    @Test func whatIsNoNumberCountsAsSilence() {
        #expect(level(bytes([.nan, .infinity, 0.5, 0] as [Float]), .f32le).peak == 0.5)
    }

    @Test func theLastSampleCounts() {
        for count in 1...40 {
            var samples = [Int16](repeating: 0, count: count)
            samples[count - 1] = -32768
            #expect(level(bytes(samples), .s16le).peak == 1)
        }
    }
}
