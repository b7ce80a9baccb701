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
        var (low, high): (UInt64, UInt64) = (0, 0)
        for at in stride(from: 64, to: bytes.count, by: 4) {
            let word = (0..<4).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
            low = (low + word) % 0xFFFF_FFFF
            high = (high + low) % 0xFFFF_FFFF
        }
        var signed = bytes
        for byte in 0..<8 { signed[24 + byte] = UInt8((high << 32 | low) >> UInt64(8 * byte) & 255) }
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

    @Test func longer() throws {
        #expect(try code(whole + [0]) == .size)
    }

    @Test(arguments: [
        (0, WeightsError.Code.notWeights), (7, .notWeights), (8, .version), (12, .shape), (16, .size), (23, .size),
        (24, .checksum), (31, .checksum), (64, .shape), (87, .shape), (88, .shape), (103, .shape), (104, .shape),
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
            let at = random.next(below: 832)
            // The source's name is not checked: it says nothing.
            let isName = (32..<64).contains(at)
            bytes[at] ^= UInt8(1 + random.next(below: 255))
            if isName { continue }
            #expect(throws: WeightsError.self) {
                try bytes.withUnsafeBytes { try SileroWeights.check($0, path: "damaged") }
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
