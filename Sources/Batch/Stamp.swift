/// What a result depends on, in 128 bits: the same input, engine and options have the same stamp, on every machine.
///
/// FNV-1a (Fowler, Noll and Vo; draft-eastlake-fnv, "FNV-1a 128-bit"): no protection against somebody who wants two things to
/// look the same, and none is needed.
package struct Stamp: Equatable, Hashable, Sendable, CustomStringConvertible {
    private var value: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b

    package init() {}

    /// Adds bytes.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            value ^= UInt128(byte)
            value &*= Stamp.prime
        }
    }

    /// Adds something by its name, so that one thing is never taken for another.
    ///
    /// - Parameter text: nil says that it was not asked for, which is not the same as the empty text.
    package mutating func add(_ name: String, _ text: String?) {
        add(name.utf8)
        add([text == nil ? 0 : 1])
        if let text { add(text.utf8) }
        add([0])
    }

    /// Adds a number by its name.
    package mutating func add(_ name: String, _ number: Int64) {
        add(name, String(number))
    }

    /// 64 bits of it, each of which depends on every byte: FNV alone spreads short texts over few of them.
    ///
    /// The finalizer of MurmurHash3 (Austin Appleby, `fmix64`).
    var short: UInt64 {
        var bits = UInt64(truncatingIfNeeded: value) ^ UInt64(truncatingIfNeeded: value >> 64)
        bits ^= bits >> 33
        bits &*= 0xff51_afd7_ed55_8ccd
        bits ^= bits >> 33
        bits &*= 0xc4ce_b9fe_1a85_ec53
        return bits ^ (bits >> 33)
    }

    /// 32 hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 32) { digits in
            for index in 0..<32 {
                let digit = UInt8(truncatingIfNeeded: value >> (124 - 4 * index)) & 15
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 32
        }
    }
}
