import Audio
import Testing

@Suite struct BrokenWAV {
    @Test(arguments: [
        wav(bytes([1, 2] as [Int16])),
        riff("RIFF", chunk("LIST", [1, 2, 3]), chunk("fmt ", extensibleBody()), chunk("data", [1, 2])),
    ])
    func headerCutAtEveryByte(file: [UInt8]) throws {
        let headerBytes = file.count - (try read(file).data.count)
        for length in 0..<headerBytes {
            for regular in [false, true] {
                let error = audioError { try read(Array(file[..<length]), regular: regular) }
                #expect(error?.code == (length == 0 ? .notAudio : .truncated), "\(length) bytes")
                #expect(error?.description.hasPrefix("input: ") == true)
            }
        }
        for length in headerBytes..<file.count {
            let reading = try read(Array(file[..<length]))
            #expect(reading.data == Array(file[headerBytes..<length - (length - headerBytes) % 2]))
            #expect(reading.warnings.count == 1)
        }
    }

    struct Lie: CustomTestStringConvertible, Sendable {
        var says: String
        var code: AudioError.Code
        var body: [UInt8]
        var testDescription: String { says }
    }

    @Test(arguments: [
        Lie(says: "0 channels", code: .unsupported, body: formatBody(channels: 0)),
        Lie(says: "256 channels", code: .unsupported, body: formatBody(channels: 256)),
        Lie(says: "65535 channels", code: .unsupported, body: formatBody(channels: 65535)),
        Lie(says: "rate of 0 Hz", code: .unsupported, body: formatBody(rate: 0)),
        Lie(says: "rate of 4294967295 Hz", code: .unsupported, body: formatBody(rate: .max)),
        Lie(says: "integer samples of 0 bits", code: .unsupported, body: formatBody(bits: 0)),
        Lie(says: "integer samples of 65535 bits", code: .unsupported, body: formatBody(bits: 65535, align: 2)),
        Lie(says: "floating-point samples of 16 bits", code: .unsupported, body: formatBody(tag: 3, bits: 16)),
        Lie(says: "in 15 bytes", code: .malformed, body: Array(formatBody().dropLast())),
        Lie(says: "in 0 bytes", code: .malformed, body: []),
        Lie(says: "lacks its extension", code: .malformed, body: formatBody(tag: 0xFFFE)),
        Lie(
            says: "only its maker knows", code: .unsupported, body: extensibleBody(tail: .init(repeating: 3, count: 14))
        ),
        Lie(says: "17 valid bits in samples of 16", code: .malformed, body: extensibleBody(validBits: 17)),
        Lie(says: "A-law", code: .unsupported, body: formatBody(tag: 6, bits: 8)),
        Lie(says: "MP3", code: .unsupported, body: formatBody(tag: 0x55)),
        Lie(says: "codec 0xabcd", code: .unsupported, body: extensibleBody(tag: 0xABCD)),
    ])
    func headerThatCannotBe(_ lie: Lie) {
        let error = audioError {
            try read(riff("RIFF", chunk("fmt ", lie.body), chunk("data", [1, 2, 3, 4])))
        }
        #expect(error?.code == lie.code)
        #expect(error?.reason.contains(lie.says) == true, "\(error?.reason ?? "no error")")
    }

    @Test(arguments: [0, 1, 4, 65535] as [UInt16])
    func aWrongBlockAlignIsOnlyWarnedOf(align: UInt16) throws {
        let reading = try read(riff("RIFF", chunk("fmt ", formatBody(align: align)), chunk("data", [1, 2, 3, 4])))
        #expect(reading.data == [1, 2, 3, 4])
        #expect(reading.warnings.count == 1)
    }

    @Test func audioWithoutAFormat() {
        let error = audioError { try read(riff("RIFF", chunk("data", [1, 2]))) }
        #expect(error?.code == .malformed)
    }

    /// A chunk that says it is four gigabytes long, on a pipe that never ends.
    final class Endless: ByteSource {
        let isRegularFile = false
        var given = 0

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let head = riff("RIFF", chunk("fmt ", formatBody()), chunk("huge", [], size: 0xFFFF_FFF0))
            if given == 0 {
                buffer.copyBytes(from: head)
                given = head.count
                return head.count
            }
            given += buffer.count
            return buffer.count
        }
    }

    @Test func anEndlessHeaderEnds() {
        let source = Endless()
        let error = audioError { try read(source) }
        #expect(error?.code == .malformed)
        #expect(source.given < 100 << 20)
    }

    @Test(arguments: [
        ("fLaC\0\0\0\u{22}", "FLAC"), ("OggS\0\u{2}", "Ogg"), ("ID3\u{4}\0", "MP3"), ("\0\0\0\u{20}ftypM4A ", "MP4"),
        ("FORM\0\0\0\u{20}AIFF", "AIFF"), (".snd\0\0", "AU"), ("caff\0\u{1}", "CAF"), ("#!AMR\n", "AMR"),
        ("Hello, world!\nThis is text.", "text"), ("Grüße, кириллица, 漢字", "text"), ("{\"error\": 401}", "text"),
        ("RIFX\0\0\0\0WAVE", "RIFX"), ("RIFF\0\0\0\0AVI LIST", "AVI"), ("%PDF-1.4", "PDF"), ("PK\u{3}\u{4}", "zip"),
        ("\0\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}nothing known", "no WAV"), ("", "empty"),
    ])
    func namesWhatItLooksLike(content: String, kind: String) {
        for piece in [1, 65536] {
            let error = audioError { try read(Array(content.utf8), piece: piece) }
            #expect(error?.reason.contains(kind) == true, "\(error?.reason ?? "no error")")
            #expect(error?.code == (kind == "RIFX" ? .unsupported : .notAudio))
            #expect(error?.hint != nil || kind == "text")
        }
    }

    @Test(
        arguments: [
            ([0xFF, 0xFB, 0x90, 0x64], "MP3"), ([0xFF, 0xF3, 0x40, 0xC0], "MP3"), ([0xFF, 0xF1, 0x50, 0x80], "AAC"),
            ([0x1A, 0x45, 0xDF, 0xA3], "WebM"), ([0x1F, 0x8B, 8, 0], "gzip"), ([0xFF, 0xFF, 0xFF, 0xFF], "no WAV"),
        ] as [([UInt8], String)])
    func namesWhatItsBytesLookLike(content: [UInt8], kind: String) {
        let error = audioError { try read(content + [UInt8](repeating: 0, count: 40)) }
        #expect(error?.reason.contains(kind) == true, "\(error?.reason ?? "no error")")
    }

    /// xorshift64*, so that a failure can be repeated.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_F491_4F6C_DD1D
        }
    }

    /// A source that counts how often it is asked.
    final class Counted: ByteSource {
        let inner: MemorySource
        let isRegularFile: Bool
        var reads = 0

        init(_ inner: MemorySource) {
            self.inner = inner
            isRegularFile = inner.isRegularFile
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            reads += 1
            return inner.read(into: buffer)
        }
    }

    @Test(arguments: 0..<20)
    func mutatedHeaders(seed: Int) throws {
        var dice = Dice(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        let sizes = bytes(UInt64(100)) + bytes(UInt64(40)) + bytes(UInt64(20)) + bytes(UInt32(0))
        let data = [UInt8](repeating: 0x41, count: 40)
        let seeds = [
            wav(data),
            riff("RIFF", chunk("LIST", [1, 2, 3]), chunk("fmt ", extensibleBody(channels: 2)), chunk("data", data)),
            riff("RF64", chunk("ds64", sizes), chunk("fmt ", formatBody(tag: 3, bits: 32)), chunk("data", data)),
        ]
        let interesting: [UInt8] = [0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF, 0xF0]
        for round in 0..<1000 {
            var file = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                let at = Int.random(in: 0..<file.count, using: &dice)
                switch Int.random(in: 0..<5, using: &dice) {
                case 0: file[at] = UInt8.random(in: 0...255, using: &dice)
                case 1: file[at] = interesting[Int.random(in: 0..<interesting.count, using: &dice)]
                case 2: file[at] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
                case 3: file.removeSubrange(at..<min(file.count, at + Int.random(in: 0..<9, using: &dice)))
                default: file.insert(contentsOf: file[at..<min(file.count, at + 8)], at: at)
                }
                if file.isEmpty { file = [0] }
            }
            let inner = MemorySource(file, isRegularFile: round % 2 == 0, largestRead: round % 3 == 0 ? 1 : 4096)
            let source = Counted(inner)
            do {
                let reading = try read(source, strict: round % 5 == 0)
                try #require(reading.data.count <= file.count)
                if round % 20 == 0 { _ = try readSpeech(file) }
            } catch is AudioError {
                // Refused: as good as read.
            }
            try #require(source.reads <= file.count + 2, "seed \(seed), round \(round)")
        }
    }
}
