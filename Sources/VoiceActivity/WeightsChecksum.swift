/// The checksum of a file of weights: certain to differ where one word of 64 bits does, whatever it was and became.
///
/// Words go to four lanes in turn; each lane takes them by the round of XXH64 (Y. Collet, "xxHash fast digest algorithm", with
/// its constants), and the lanes' ends are joined by the same round. A round maps states one to one for a given word, and words
/// one to one for a given state, so no equal words that follow undo what a changed one did. More changes than one escape with
/// odds of 2⁻⁶⁴. (The sums of Fletcher, which came before, take a word of zeros for one of ones.)
struct WeightsChecksum {
    private static let (first, second): (UInt64, UInt64) = (0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F)

    private var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (0, 1, 2, 3)
    private var count: UInt64 = 0

    @inline(__always)
    private static func round(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let sum = state &+ word &* second
        return (sum &<< 31 | sum &>> 33) &* first
    }

    /// Takes the next four words, one for each lane.
    @inline(__always)
    mutating func take(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        a = WeightsChecksum.round(a, first)
        b = WeightsChecksum.round(b, second)
        c = WeightsChecksum.round(c, third)
        d = WeightsChecksum.round(d, fourth)
        count &+= 4
    }

    /// The checksum of all that was taken.
    var value: UInt64 {
        [a, b, c, d].reduce(count, WeightsChecksum.round)
    }
}
