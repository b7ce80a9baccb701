import Audio
import Encoding
import Testing

/// Files that are cut off, overwritten, or say what isn't true: they end, and give what can be decoded.
@Suite struct Damage {
    static let kinds: [EncodedFormat] = [.flac, .opus, .vorbis, .mp3]
    static let frames = 24000

    private func file(_ format: EncodedFormat) throws -> [UInt8] {
        try Material.encode(Material.samples(frames: Damage.frames), format, rewritable: true)
    }

    @Test(arguments: kinds) func cutOffAnywhere(format: EncodedFormat) throws {
        let whole = try file(format)
        var largest = 0
        for step in 0..<60 {
            let size = whole.count * step / 60
            for isFile in [true, false] {
                do throws {
                    let decoded = try Material.decode(Array(whole[..<size]), isFile: isFile)
                    #expect(decoded.frames <= Damage.frames)
                    #expect(decoded.damage != nil, "\(size) of \(whole.count) bytes pass for all")
                    largest = max(largest, decoded.frames)
                } catch let error as AudioError {
                    // In the headers: nothing can be decoded.
                    #expect(error.code != .readFailed && error.code != .resampling)
                }
            }
        }
        // Vorbis has few pages in a file as short as this.
        #expect(largest > (format == .vorbis ? -1 : Damage.frames / 2))
    }

    @Test(arguments: kinds) func overwrittenAnywhere(format: EncodedFormat) throws {
        let whole = try file(format)
        var generator = LinearGenerator(seed: 7)
        var noticed = 0
        for _ in 0..<120 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                let decoded = try Material.decode(bytes, isFile: Bool.random(using: &generator))
                // What a damaged header promises is not believed without bytes behind it.
                #expect(decoded.frames < 40 * Damage.frames)
                if decoded.damage != nil { noticed += 1 }
            } catch is AudioError {
                noticed += 1
            } catch {
                Issue.record(error)
            }
        }
        // A byte of MP3's or FLAC's padding or tags may not matter.
        #expect(noticed > 60)
    }

    @Test(arguments: kinds) func missingFromTheMiddle(format: EncodedFormat) throws {
        var bytes = try file(format)
        bytes.removeSubrange(bytes.count * 6 / 10..<bytes.count * 7 / 10)
        do throws {
            let decoded = try Material.decode(bytes)
            #expect(decoded.damage != nil)
            #expect(decoded.frames < Damage.frames)
        } catch let error as AudioError {
            #expect(error.code == .malformed || error.code == .notAudio)
        }
    }

    @Test(arguments: [true, false]) func flacGoesOnBehindDamage(isFile: Bool) throws {
        let samples = Material.samples(frames: 20 * Damage.frames)
        let whole = try Material.encode(samples, .flac, rewritable: true)
        // At every second tenth of the file, which never is within the same frame twice.
        for tenth in [1, 3, 5, 7] {
            var bytes = whole
            let start = bytes.count * tenth / 10
            for index in start..<start + 40 { bytes[index] ^= 0x55 }
            let decoded = try Material.decode(bytes, isFile: isFile)
            #expect(decoded.damage != nil)
            // libsndfile's frames have 4096 samples at most: two may be lost, the rest not.
            #expect(decoded.frames >= samples.count - 2 * 4096)
            #expect(decoded.frames <= samples.count)
        }
    }

    /// The library stops at the length that it was told.
    @Test(arguments: [true, false]) func whatIsBehindFLAC(isFile: Bool) throws {
        let whole = try file(.flac)
        let noise = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
        let tag = Array("TAG".utf8) + [UInt8](repeating: 0x41, count: 125)
        for (behind, isDamage) in [
            ([], false), ([0, 0, 0], false), (tag, false), ([0, 0] + tag, false),
            ([UInt8](repeating: 0, count: 70_000), false), ([1], true), (noise, true), (Array(noise[..<500]), true),
            (Array(tag[..<100]), true), ([0, 0, 7], true),
        ] as [([UInt8], Bool)] {
            let decoded = try Material.decode(whole + behind, isFile: isFile)
            #expect(decoded.frames == Damage.frames)
            #expect((decoded.damage != nil) == isDamage, "\(behind.count) bytes: \(decoded.damage?.reason ?? "")")
        }
    }

    /// A Wave64 file of 16 kHz, mono, s16le, with the samples' bytes and what comes behind them.
    private func wave64(_ samples: [UInt8], _ behind: [UInt8] = [], announcing size: Int? = nil) -> [UInt8] {
        let guid: [UInt8] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A]
        func chunk(_ name: String, _ body: [UInt8], size: Int) -> [UInt8] {
            var chunk = Array(name.utf8) + guid
            for byte in 0..<8 { chunk.append(UInt8(truncatingIfNeeded: (size + 24) >> (8 * byte))) }
            return chunk + body
        }
        let format: [UInt8] = [1, 0, 1, 0, 0x80, 0x3E, 0, 0, 0, 0x7D, 0, 0, 2, 0, 16, 0]
        var content = Array("wave".utf8) + guid
        content += chunk("fmt ", format, size: format.count)
        content += chunk("data", samples, size: size ?? samples.count)
        content += behind
        let riff: [UInt8] = [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0]
        let total = 24 + content.count
        return Array("riff".utf8) + riff + (0..<8).map { UInt8(truncatingIfNeeded: total >> (8 * $0)) } + content
    }

    /// What its header says is all of Wave64, unless more audio follows; libsndfile reads on to the end of the input.
    @Test(arguments: [true, false]) func wave64EndsWhereItSays(isFile: Bool) throws {
        var samples: [UInt8] = []
        for sample in Material.samples(frames: 10_000) {
            samples += [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
        let behind = [UInt8](repeating: 7, count: 5000)
        let cases: [([UInt8], Int, Bool)] = [
            (wave64(samples), 10_000, false), (wave64(samples, behind), 12_500, false),
            (wave64(samples, Array(behind.prefix(200))), 10_000, false),
            (wave64(Array(samples[..<8000]), announcing: 20_000), 4000, true),
            (wave64(samples, announcing: 0), 10_000, false), (wave64([]), 0, false),
        ]
        for (bytes, frames, isDamage) in cases {
            let decoded = try Material.decode(bytes, isFile: isFile)
            #expect(decoded.frames == frames)
            #expect((decoded.damage != nil) == isDamage, "\(decoded.damage?.reason ?? "")")
        }
    }

    @Test(arguments: [true, false]) func joinedFLAC(isFile: Bool) throws {
        let (whole, short) = (try file(.flac), try Material.encode([7], .flac, rewritable: true))
        let other = try Material.encode(Material.samples(frames: 9000), .flac, rate: 24000, rewritable: true)
        let withOther = try Material.decode(whole + other, isFile: isFile)
        // In the first one's shape.
        #expect(withOther.format.sampleRate == 16000 && withOther.damage == nil)
        #expect(abs(withOther.frames - Damage.frames - 6000) < 10, "\(withOther.frames)")
        for (bytes, frames, isDamage) in [
            (whole + whole, 2 * Damage.frames, false), (short + short + whole, Damage.frames + 2, false),
            (whole + short + short, Damage.frames + 2, false),
            (whole + whole.dropLast(5000), 2 * Damage.frames, true),
            (whole + whole + [1, 2, 3], 2 * Damage.frames, true),
        ] as [([UInt8], Int, Bool)] {
            let decoded = try Material.decode(bytes, isFile: isFile)
            #expect(isDamage ? decoded.frames > Damage.frames && decoded.frames <= frames : decoded.frames == frames)
            #expect((decoded.damage != nil) == isDamage, "\(decoded.damage?.reason ?? "")")
        }
    }

    @Test func aBillionSamplesAnnounced() throws {
        var bytes = try file(.flac)
        // STREAMINFO's count of samples: its lowest 32 bits (RFC 9639, 8.2).
        bytes.replaceSubrange(22..<26, with: [0x3B, 0x9A, 0xCA, 0x00])
        let decoded = try Material.decode(bytes)
        #expect(decoded.frames == Damage.frames)
        #expect(decoded.damage?.reason.contains("62500.00 s") == true)
    }

    /// The last page's position is where a stream says that it ends.
    @Test(arguments: [EncodedFormat.opus, .vorbis], [0, 1_000_000_000, 1 << 40, -1])
    func aLyingLastPage(format: EncodedFormat, position: Int64) throws {
        var bytes = try file(format)
        let page = try #require(bytes.indices.last { bytes[$0...].starts(with: "OggS".utf8) })
        for index in 0..<8 { bytes[page + 6 + index] = UInt8(truncatingIfNeeded: position >> (8 * Int64(index))) }
        Ogg.repair(&bytes[page...])
        for isFile in [true, false] {
            let decoded = try Material.decode(bytes, isFile: isFile)
            #expect(decoded.frames <= Damage.frames + 4096)
        }
    }

    @Test func strictRefusesAtTheEnd() throws {
        let bytes = try file(.opus)
        let reader = try AudioReader(
            MemorySource(Array(bytes.dropLast(200))), name: "test",
            options: .init(decoders: EncodedAudio(), strict: true))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        #expect(throws: AudioError.self) { while try reader.read(into: buffer) > 0 {} }
        #expect(reader.framesRead > Damage.frames / 2)
    }

    @Test func readingFailsInTheMiddle() throws {
        final class Failing: ByteSource {
            struct Broken: Error {}
            let isRegularFile = false
            let inner: MemorySource
            init(_ bytes: [UInt8]) { inner = MemorySource(bytes) }
            func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
                let count = inner.read(into: buffer)
                if count == 0 { throw Broken() }
                return count
            }
        }
        for format in Damage.kinds {
            let half = Array(try file(format).prefix(format == .vorbis ? 6000 : 8000))
            let error = #expect(throws: AudioError.self) {
                let reader = try AudioReader(
                    Failing(half), name: "test", options: .init(decoders: EncodedAudio()))
                let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
                defer { buffer.deallocate() }
                while try reader.read(into: buffer) > 0 {}
            }
            #expect(error?.code == .readFailed, "\(format)")
        }
    }
}

/// Numbers that are the same in every run.
struct LinearGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Knuth's MMIX constants; the upper half is the better one.
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let upper = state >> 32
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return upper << 32 | state >> 32
    }
}
