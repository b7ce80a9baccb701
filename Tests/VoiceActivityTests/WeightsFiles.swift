import Glibc
import Harness
import Testing
import VoiceActivity

@Suite(.enabled(if: Installed.isThere, Installed.reason))
struct WeightsFiles {
    private let directory: TemporaryDirectory
    private let whole: [UInt8]

    init() throws {
        directory = try TemporaryDirectory()
        whole = try Installed.bytes()
    }

    private func code(_ bytes: [UInt8]) throws -> WeightsError.Code? {
        let path = directory("weights")
        try write(bytes, to: path)
        do throws(WeightsError) {
            _ = try SileroWeights(path: path)
            return nil
        } catch {
            #expect(error.description.hasPrefix("\(path): "))
            return error.code
        }
    }

    /// Puts the checksum right again, so that what lies behind it is reached.
    private func signed(_ bytes: [UInt8]) -> [UInt8] {
        var signed = bytes
        signed.replaceSubrange(24..<32, with: [UInt8](repeating: 0, count: 8))
        func round(_ state: UInt64, _ word: UInt64) -> UInt64 {
            let sum = state &+ word &* 0xC2B2_AE3D_27D4_EB4F
            return (sum << 31 | sum >> 33) &* 0x9E37_79B1_85EB_CA87
        }
        var lanes: [UInt64] = [0, 1, 2, 3]
        signed.withUnsafeBytes { bytes in
            for index in 0..<bytes.count / 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
                lanes[index % 4] = round(lanes[index % 4], word)
            }
        }
        let checksum = lanes.reduce(UInt64(bytes.count / 8), round)
        for byte in 0..<8 { signed[24 + byte] = UInt8(checksum >> UInt64(8 * byte) & 255) }
        return signed
    }

    @Test func wholeOnesAreRead() throws {
        #expect(try code(whole) == nil)
        #expect(signed(whole) == whole)
    }

    @Test(arguments: [1, 7, 8, 63, 64, 65, 831, 832, 4096, 891_263])
    func truncated(length: Int) throws {
        #expect(try code(Array(whole[..<length])) == (length < 64 ? .notWeights : .size))
    }

    /// Nobody will ever write to it.
    @Test(.timeLimit(.minutes(1))) func aFIFO() throws {
        let path = directory("fifo")
        #expect(mkfifo(path, 0o600) == 0)
        let error = #expect(throws: WeightsError.self) { try SileroWeights(path: path) }
        #expect(error?.code == .notWeights)
    }

    @Test func longer() throws {
        #expect(try code(whole + [0]) == .size)
    }

    @Test(arguments: [
        (0, WeightsError.Code.notWeights), (7, .notWeights), (8, .version), (12, .shape), (16, .size), (23, .size),
        (24, .checksum), (31, .checksum), (32, .checksum), (63, .checksum),
        (64, .shape), (87, .shape), (88, .shape), (103, .shape), (104, .shape),
        (112, .shape), (119, .shape), (832, .checksum), (500_000, .checksum), (891_263, .checksum),
    ])
    func oneBitWrong(at: Int, _ expected: WeightsError.Code) throws {
        var bytes = whole
        bytes[at] ^= 0x10
        #expect(try code(bytes) == expected)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func notFinite(_ value: Float) throws {
        var bytes = whole
        for byte in 0..<4 { bytes[4096 + byte] = UInt8(value.bitPattern >> UInt32(8 * byte) & 255) }
        #expect(try code(signed(bytes)) == .notFinite)
        #expect(try code(bytes) == .checksum)
    }

    @Test func whatIsNoFileOfOurs() throws {
        #expect(try code([]) == .notWeights)
        #expect(try code(Array("Dear diary".utf8)) == .notWeights)
        #expect(throws: WeightsError.self) { try SileroWeights(path: directory.path) }
        #expect(throws: WeightsError.self) { try SileroWeights(path: "/dev/zero") }
    }

    @Test func missing() throws {
        let path = directory("nowhere/weights")
        #expect { try SileroWeights(path: path) } throws: { ($0 as? WeightsError)?.code == .missing }
        let installed = try InstalledDetector(.energy, weights: path)
        #expect(installed.kind == .energy && installed.problem == nil)
        #expect { try InstalledDetector(.silero, weights: path) } throws: { ($0 as? WeightsError)?.code == .missing }
    }

    /// The long run is in scripts/bench vad.
    @Test func thousandsOfDamagedHeaders() throws {
        var random = SeededNumbers()
        var bytes = whole
        for _ in 0..<2000 {
            bytes.replaceSubrange(..<832, with: whole[..<832])
            bytes[random.next(below: 832)] ^= UInt8(1 + random.next(below: 255))
            #expect(check(bytes) != nil)
        }
    }

    /// Changes that leave simple sums as they are, among them: two words that change places, zeros that become ones.
    @Test func everyChangeIsNoticed() throws {
        var random = SeededNumbers()
        var bytes = whole
        func word(_ index: Int) -> ArraySlice<UInt8> { whole[index * 4..<index * 4 + 4] }
        func put(_ word: some Collection<UInt8>, at index: Int) {
            bytes.replaceSubrange(index * 4..<index * 4 + 4, with: word)
        }
        let words = whole.count / 4
        var unnoticed: [String] = []
        for round in 0..<300 {
            let (one, other) = (random.next(below: UInt64(words)), random.next(below: UInt64(words)))
            switch round % 4 {
            case 0:
                bytes[one * 4 + round / 4 % 4] ^= 1 << UInt8(random.next(below: 8))
            case 1:
                put(word(other), at: one)
                put(word(one), at: other)
            case 2:
                // The same bit in two words that follow one another in a lane of the checksum.
                let next = min(one + 8, words - 1)
                bytes[one * 4 + 3] ^= 0x80
                bytes[next * 4 + 3] ^= 0x80
            default:
                put(word(one).map { $0 ^ 255 }, at: one)
            }
            if bytes != whole, check(bytes) == nil { unnoticed.append("\(round % 4): words \(one) and \(other)") }
            put(word(one), at: one)
            put(word(other), at: other)
            put(word(min(one + 8, words - 1)), at: min(one + 8, words - 1))
        }
        #expect(unnoticed == [])
        #expect(bytes == whole)
    }

    /// The padding behind a tensor is of zeros; the sums of Fletcher took ones for them.
    @Test func onesForZerosAreNoticed() {
        var bytes = whole
        let padding = whole.count - 60
        #expect(whole[padding...].allSatisfy { $0 == 0 })
        for at in stride(from: padding, to: whole.count, by: 4) {
            for byte in 0..<4 { bytes[at + byte] = 255 }
            #expect(check(bytes) == .checksum)
            for byte in 0..<4 { bytes[at + byte] = 0 }
        }
    }

    private func check(_ bytes: [UInt8]) -> WeightsError.Code? {
        bytes.withUnsafeBytes { file in
            do throws(WeightsError) {
                try SileroWeights.check(file, path: "damaged")
                return nil
            } catch {
                return error.code
            }
        }
    }
}

/// The same numbers in every run.
struct SeededNumbers {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func next(below limit: UInt64) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % limit)
    }
}
