/// The hash by which models are known (FIPS 180-4, section 6.2), of bytes that come piece by piece.
///
/// Of our own, since no other is at hand for certain: OpenSSL is not everywhere that libcurl is, and swift-crypto builds for longer
/// than all of vt. The rounds are written out, sixteen at a time, so that the compiler keeps the state in registers.
package struct SHA256: Sendable {
    private var state: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
    /// Bytes that do not fill a block yet.
    private var rest: [UInt8] = []
    private var count: UInt64 = 0

    private static let blockSize = 64

    package init() {
        // The fractional parts of the square roots of the first eight primes.
        state = (
            0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19
        )
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var bytes = unsafe bytes
        if !rest.isEmpty {
            let missing = min(SHA256.blockSize - rest.count, bytes.count)
            unsafe rest.append(contentsOf: bytes[..<missing])
            unsafe bytes = UnsafeRawBufferPointer(rebasing: bytes[missing...])
            guard rest.count == SHA256.blockSize else { return }
            let block = rest
            unsafe block.withUnsafeBytes { unsafe absorb($0) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count / SHA256.blockSize * SHA256.blockSize
        if whole > 0 { unsafe absorb(UnsafeRawBufferPointer(rebasing: bytes[..<whole])) }
        unsafe rest.append(contentsOf: bytes[whole...])
    }

    /// Takes the next bytes.
    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// The hash of all that was taken, in 64 hexadecimal digits of lower case.
    package var hexadecimal: String {
        var last = self
        let length = count &* 8
        let zeros = (119 - Int(count % 64)) % 64
        last.update([0x80] + [UInt8](repeating: 0, count: zeros))
        last.update((0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * UInt64($0))) })
        let (a, b, c, d, e, f, g, h) = last.state
        return [a, b, c, d, e, f, g, h].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }.joined()
    }

    /// - Parameter bytes: whole blocks.
    private mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
        unsafe SHA256.constants.withUnsafeBufferPointer { constants in
            guard let k = constants.baseAddress else { return }
            unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { schedule in
                guard let w = schedule.baseAddress else { return }
                var at = 0
                while at < bytes.count {
                    for index in 0..<16 {
                        unsafe w[index] = UInt32(
                            bigEndian: bytes.loadUnaligned(fromByteOffset: at &+ index &* 4, as: UInt32.self))
                    }
                    unsafe absorb(w, k)
                    at &+= SHA256.blockSize
                }
            }
        }
    }

    /// One block.
    @inline(__always)
    private mutating func absorb(_ w: UnsafeMutablePointer<UInt32>, _ k: UnsafePointer<UInt32>) {
        var (a, b, c, d, e, f, g, h) = state

        // Instead of moving all eight on, the next round calls them by their new names.
        @inline(__always) func round(
            _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
            _ h: inout UInt32, _ index: Int, _ at: Int
        ) {
            let mixed = unsafe h &+ SHA256.sum(e, 6, 11, 25) &+ (g ^ (e & (f ^ g))) &+ k[at &+ index] &+ w[index]
            d = d &+ mixed
            h = mixed &+ SHA256.sum(a, 2, 13, 22) &+ ((a & b) | (c & (a | b)))
        }
        var at = 0
        while true {
            round(a, b, c, &d, e, f, g, &h, 0, at)
            round(h, a, b, &c, d, e, f, &g, 1, at)
            round(g, h, a, &b, c, d, e, &f, 2, at)
            round(f, g, h, &a, b, c, d, &e, 3, at)
            round(e, f, g, &h, a, b, c, &d, 4, at)
            round(d, e, f, &g, h, a, b, &c, 5, at)
            round(c, d, e, &f, g, h, a, &b, 6, at)
            round(b, c, d, &e, f, g, h, &a, 7, at)
            round(a, b, c, &d, e, f, g, &h, 8, at)
            round(h, a, b, &c, d, e, f, &g, 9, at)
            round(g, h, a, &b, c, d, e, &f, 10, at)
            round(f, g, h, &a, b, c, d, &e, 11, at)
            round(e, f, g, &h, a, b, c, &d, 12, at)
            round(d, e, f, &g, h, a, b, &c, 13, at)
            round(c, d, e, &f, g, h, a, &b, 14, at)
            round(b, c, d, &e, f, g, h, &a, 15, at)
            at &+= 16
            if at == 64 { break }
            // The next sixteen words, in the place of those that were used.
            for index in 0..<16 {
                let (early, late) = unsafe (w[(index &+ 1) & 15], w[(index &+ 14) & 15])
                let first = SHA256.rotated(early, 7) ^ SHA256.rotated(early, 18) ^ (early &>> 3)
                let second = SHA256.rotated(late, 17) ^ SHA256.rotated(late, 19) ^ (late &>> 10)
                unsafe w[index] = w[index] &+ first &+ w[(index &+ 9) & 15] &+ second
            }
        }
        let old = state
        state = (
            old.0 &+ a, old.1 &+ b, old.2 &+ c, old.3 &+ d, old.4 &+ e, old.5 &+ f, old.6 &+ g, old.7 &+ h
        )
    }

    @inline(__always)
    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word &>> bits | word &<< (32 &- bits)
    }

    @inline(__always)
    private static func sum(_ word: UInt32, _ one: UInt32, _ two: UInt32, _ three: UInt32) -> UInt32 {
        rotated(word, one) ^ rotated(word, two) ^ rotated(word, three)
    }

    /// The fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = [
        0x428A_2F98, 0x7137_4491, 0xB5C0_FBCF, 0xE9B5_DBA5, 0x3956_C25B, 0x59F1_11F1, 0x923F_82A4, 0xAB1C_5ED5,
        0xD807_AA98, 0x1283_5B01, 0x2431_85BE, 0x550C_7DC3, 0x72BE_5D74, 0x80DE_B1FE, 0x9BDC_06A7, 0xC19B_F174,
        0xE49B_69C1, 0xEFBE_4786, 0x0FC1_9DC6, 0x240C_A1CC, 0x2DE9_2C6F, 0x4A74_84AA, 0x5CB0_A9DC, 0x76F9_88DA,
        0x983E_5152, 0xA831_C66D, 0xB003_27C8, 0xBF59_7FC7, 0xC6E0_0BF3, 0xD5A7_9147, 0x06CA_6351, 0x1429_2967,
        0x27B7_0A85, 0x2E1B_2138, 0x4D2C_6DFC, 0x5338_0D13, 0x650A_7354, 0x766A_0ABB, 0x81C2_C92E, 0x9272_2C85,
        0xA2BF_E8A1, 0xA81A_664B, 0xC24B_8B70, 0xC76C_51A3, 0xD192_E819, 0xD699_0624, 0xF40E_3585, 0x106A_A070,
        0x19A4_C116, 0x1E37_6C08, 0x2748_774C, 0x34B0_BCB5, 0x391C_0CB3, 0x4ED8_AA4A, 0x5B9C_CA4F, 0x682E_6FF3,
        0x748F_82EE, 0x78A5_636F, 0x84C8_7814, 0x8CC7_0208, 0x90BE_FFFA, 0xA450_6CEB, 0xBEF9_A3F7, 0xC671_78F2,
    ]
}
