import Audio
import Glibc
import VoiceActivity

/// Marsaglia's xorshift64*, so that a seed gives the same inputs everywhere.
struct Random: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }
}

/// A few changes anywhere: bits, bytes, words that readers trust, a shorter end.
func mutate(_ bytes: inout [UInt8], within limit: Int, _ random: inout Random) {
    let words: [UInt32] = [0, 1, 0x7F, 0xFF, 0x7FFF_F000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7F80_0000]
    for _ in 0..<Int.random(in: 1...4, using: &random) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<min(limit, bytes.count), using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 2:
            let word = words.randomElement(using: &random) ?? 0
            for byte in 0..<4 where at + byte < bytes.count {
                bytes[at + byte] = UInt8(word >> (8 * UInt32(byte)) & 0xFF)
            }
        default: if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeSubrange(at...) }
        }
    }
}

/// Damages a file of weights in memory; every check must answer, and none may pass what was changed.
func fuzzWeights(count: Int, seed: Int) {
    var random = Random(seed: seed)
    guard let file = fopen(SileroWeights.installedPath, "r") else { fail("no weights installed") }
    var original = [UInt8](repeating: 0, count: 1 << 20)
    original.removeSubrange(fread(&original, 1, original.count, file)...)
    fclose(file)
    var outcomes: [String: Int] = [:]
    var bytes = original
    for _ in 0..<count {
        // Mostly the header and the table: that is what is parsed. The checksum of the rest takes time.
        let limit = Int.random(in: 0..<100, using: &random) == 0 ? original.count : 832
        if bytes.count != original.count {
            bytes = original
        } else {
            bytes.replaceSubrange(..<840, with: original[..<840])
        }
        mutate(&bytes, within: limit, &random)
        // Comparing all of it takes longer than the check; beyond the limit it is as it was.
        let seen = min(limit + 4, original.count)
        let isChanged = bytes.count != original.count || bytes[..<seen] != original[..<seen]
        do {
            try bytes.withUnsafeBytes { try SileroWeights.check($0, path: "fuzz") }
            if isChanged { fail("a damaged file passed") }
            outcomes["unchanged", default: 0] += 1
        } catch let error as WeightsError {
            outcomes["\(error.code)", default: 0] += 1
        } catch {
            fail("\(error)")
        }
        if limit > 832 { bytes = original }
    }
    print(outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
}

/// Damages WAV files and reads them to the end as a detector would: no crash, no endless loop, no sample that is not finite.
func fuzzWAV(count: Int, seed: Int) {
    var random = Random(seed: seed)
    let formats = [
        AudioFormat.speech, AudioFormat(sampleRate: 44100, channels: 2, sampleFormat: .s24le),
        AudioFormat(sampleRate: 16000, channels: 1, sampleFormat: .f32le),
        AudioFormat(sampleRate: 16000, channels: 6, sampleFormat: .u8),
        AudioFormat(sampleRate: 8000, channels: 1, sampleFormat: .f64le),
    ]
    let originals = formats.flatMap { format -> [[UInt8]] in
        let data = (0..<format.bytesPerFrame * 40).map { _ in UInt8.random(in: 0...255, using: &random) }
        return [WAVHeader.streaming(format) + data, WAVHeader.file(format, dataBytes: data.count) + data]
    }
    var outcomes: [String: Int] = [:]
    var samples = [Float](repeating: 0, count: 1024)
    for index in 0..<count {
        var bytes = originals[index % originals.count]
        mutate(&bytes, within: 120, &random)
        let source = MemorySource(bytes, isRegularFile: index % 3 == 0, largestRead: index % 2 == 0 ? .max : 7)
        do {
            let reader = try SpeechReader(try AudioReader(source, name: "fuzz"))
            var rounds = 0
            while true {
                let read = try samples.withUnsafeMutableBufferPointer { try reader.read(into: $0) }
                if read == 0 { break }
                guard samples[..<read].allSatisfy(\.isFinite) else { fail("a sample is not finite") }
                rounds += 1
                // A rate of 1 Hz makes 16000 samples of one frame.
                if rounds > 1_000_000 { fail("no end") }
            }
            outcomes["read", default: 0] += 1
        } catch let error as AudioError {
            outcomes["\(error.code)", default: 0] += 1
        } catch {
            fail("\(error)")
        }
    }
    print(outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
}
