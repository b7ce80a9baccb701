// A server, a plugin, a file or an option may name any number, and a conversion that does not fit ends the program. So every number from
// outside is made an integer or a length of time here; integers that become smaller ones have Swift's own `init(clamping:)`.

extension FixedWidthInteger {
    /// The whole number nearest to one from outside.
    ///
    /// - Parameters:
    ///   - number: any, infinities included; NaN is the lower bound.
    ///   - range: what the result is within; all that the type holds if it is left out.
    package init(clamping number: Double, to range: ClosedRange<Self> = .min ... .max) {
        // The upper bound of a wide type rounds up as a `Double`: what is below it fits.
        if number >= Double(range.upperBound) {
            self = range.upperBound
        } else if number > Double(range.lowerBound) {
            self = Self(number.rounded())
        } else {
            self = range.lowerBound
        }
    }
}

extension Double {
    /// A length of time from outside, in seconds: what is negative or not a number is 0, and 10⁹ (30 years) is the most.
    package var clampedSeconds: Double { self > 0 ? Swift.min(self, 1e9) : 0 }
}

extension Duration {
    /// A length of time from outside: 0 to 10⁹ seconds, as `Double.clampedSeconds`.
    package static func seconds(clamping seconds: Double) -> Duration { .seconds(seconds.clampedSeconds) }
}
