import Testing
import Text

/// Numbers from outside, whatever they are.
@Suite struct Clamping {
    @Test(arguments: [
        (Double.nan, Int.min), (.infinity, .max), (-.infinity, .min), (1e30, .max), (-1e30, .min), (0x1p63, .max),
        (-0x1p63, .min), (-0x1.8p63, .min), (0x1.fffffffffffffp62, 9_223_372_036_854_774_784), (0.5, 1), (-0.4, 0),
        (7, 7),
        (.leastNonzeroMagnitude, 0), (.greatestFiniteMagnitude, .max),
    ]) func wholeNumbers(number: Double, expected: Int) {
        #expect(Int(clamping: number) == expected)
    }

    @Test(arguments: [(Double.nan, UInt8.min), (.infinity, 255), (-1, 0), (255.4, 255), (255.6, 255), (2.5, 3)])
    func smallWholeNumbers(number: Double, expected: UInt8) {
        #expect(UInt8(clamping: number) == expected)
    }

    @Test(arguments: [(Double.nan, 3), (-1e300, 3), (2.9, 3), (3.2, 3), (4.6, 5), (1e19, 9), (.infinity, 9)])
    func withinARange(number: Double, expected: Int) {
        #expect(Int(clamping: number, to: 3...9) == expected)
    }

    @Test(arguments: [
        (Double.nan, 0.0), (.infinity, 1e9), (-.infinity, 0), (1e30, 1e9), (-1e30, 0), (0x1p63, 1e9), (-0.0, 0),
        (1.5, 1.5), (1e9, 1e9),
    ]) func lengthsOfTime(seconds: Double, expected: Double) {
        #expect(seconds.clampedSeconds == expected)
        #expect(Duration.seconds(clamping: seconds) == .seconds(expected))
    }
}
