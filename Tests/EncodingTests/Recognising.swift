import Audio
import Encoding
import Testing

/// Formats are known by their first bytes.
@Suite struct Recognising {
    private func mp3(_ frames: Int = 16000) throws -> [UInt8] {
        try Material.encode(Material.samples(frames: frames), .mp3, rewritable: true)
    }

    private func syncsafe(_ size: Int) -> [UInt8] { (0..<4).map { UInt8(size >> (21 - 7 * $0) & 0x7F) } }

    @Test(arguments: [1, 999, 20000, 60000]) func junkBeforeMP3(count: Int) throws {
        var generator = LinearGenerator(seed: UInt64(count))
        // Some of it looks like the beginning of a frame.
        let junk = (0..<count).map { index in
            UInt8.random(in: 0...255, using: &generator) | (index % 3 == 0 ? 0xE0 : 0)
        }
        let decoded = try Material.decode(junk + mp3())
        #expect(decoded.frames >= 16000)
        #expect(decoded.format.sampleRate == 16000)
    }

    @Test func tagsAroundMP3() throws {
        let frame = { (id: String, text: [UInt8]) -> [UInt8] in
            Array(id.utf8) + self.syncsafe(text.count) + [0, 0] + text
        }
        let picture = frame("APIC", [UInt8](repeating: 0xFF, count: 200_000))
        var body = frame("TIT2", [1, 0xFF, 0xFE, 0x41, 0, 0x35, 0x04])
        body += frame("TDRC", Array("\u{3}2026-11-22".utf8))
        body += frame("COMM", Array("\0eng\0caf".utf8) + [0xE9]) + picture
        var tag = Array("ID3".utf8) + [4, 0, 0] + syncsafe(body.count)
        tag += body
        let old = Array("TAG".utf8) + [UInt8](repeating: 0x20, count: 125)
        // A header without items, and its footer.
        let ape: [UInt8] = Array("APETAGEX".utf8) + [0xD0, 7, 0, 0, 32, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        let bytes = try tag + mp3() + ape + ape + old
        let decoded = try Material.decode(bytes)
        #expect(decoded.tags == AudioTags(title: "A\u{435}", date: "2026-11-22", comment: "café"))
        #expect(decoded.frames == 16000)
        #expect(decoded.damage == nil)
    }

    /// ffmpeg's comments, in Latin 1 and in UTF-16 of either order; other texts of a user's own are none.
    @Test(arguments: [false, true]) func commentsOfFFmpeg(isWide: Bool) throws {
        var content = Array("\0comment\0a note".utf8)
        if isWide {
            content = [1, 0xFF, 0xFE]
            for unit in "comment\0".utf8 { content += [unit, 0] }
            content += [0xFE, 0xFF]
            for unit in "a note".utf8 { content += [0, unit] }
        }
        var body: [UInt8] = []
        for text in [Array("\0encoder settings\0many".utf8), content] {
            body += Array("TXXX".utf8) + syncsafe(text.count) + [0, 0] + text
        }
        let tag = Array("ID3".utf8) + [4, 0, 0] + syncsafe(body.count) + body
        #expect(try Material.decode(tag + mp3()).tags == AudioTags(comment: "a note"))
    }

    @Test func joinedMP3s() throws {
        let one = try mp3()
        let decoded = try Material.decode(one + Array("TAG".utf8) + [UInt8](repeating: 0, count: 125) + one)
        #expect(decoded.frames >= 32000)
        #expect(decoded.damage == nil)
    }

    @Test(arguments: [EncodedFormat.opus, .vorbis]) func chains(format: EncodedFormat) throws {
        let one = try Material.encode(Material.samples(frames: 16000), format)
        let two = try Material.encode(Material.samples(frames: 8000, channels: 2), format, rate: 16000, channels: 2)
        let three = try Material.encode(Material.samples(frames: 24000), format, rate: 24000)
        let decoded = try Material.decode(one + two + three, largestRead: 333)
        #expect(decoded.damage == nil)
        #expect(decoded.format.channels == 1)
        #expect(decoded.format.sampleRate == 16000)
        // A second, half a second, and a second that has another rate.
        #expect((39990...40010).contains(decoded.frames), "\(decoded.frames)")
    }

    @Test func anotherStreamBeside() throws {
        let speech = try Material.encode(Material.samples(frames: 16000), .opus)
        let page = Ogg.page(serial: 77, sequence: 0, flags: 2, Array("\u{80}theora???".utf8))
        let more = Ogg.page(serial: 77, sequence: 1, flags: 4, [1, 2, 3])
        // First pages stand together, at the front.
        let decoded = try Material.decode(page + speech.prefix(47) + more + speech.dropFirst(47))
        #expect(decoded.damage == nil)
        // A second, also where ffmpeg reads it, which has Opus at its own rate.
        #expect(decoded.frames == decoded.format.sampleRate)
    }

    private static func bytes(_ text: String, _ more: [UInt8] = []) -> [UInt8] { Array(text.utf8) + more }

    static let others: [(String, [UInt8])] = [
        ("text", bytes("Dear diary, \u{FF}\n")), ("zip", bytes("PK\u{3}\u{4}")), ("nothing", bytes("")),
        ("noise", (0..<70000).map { (index: Int) in UInt8(truncatingIfNeeded: (index &* 7919) >> 3) }),
        ("Ogg of something else", Ogg.page(serial: 1, sequence: 0, flags: 2, bytes("Speex   "))),
        ("a tag alone", bytes("ID3", [4, 0, 0, 0, 0, 0, 3, 1, 2, 3])),
        ("a tag that is cut off", bytes("ID3", [4, 0, 0, 0x7F, 0x7F, 0x7F, 0x7F, 1])),
        ("FLAC's magic", bytes("fLaC")), ("CAF's magic", bytes("caff", [0, 1, 0, 0])),
        ("AIFF's magic", bytes("FORM\0\0\0\u{4}AIFF")),
    ]

    @Test(arguments: others) func noAudio(name: String, bytes: [UInt8]) {
        for isFile in [true, false] {
            let error = #expect(throws: AudioError.self) { try Material.decode(bytes, isFile: isFile) }
            #expect(error?.code != .readFailed && error?.code != .resampling, "\(name)")
        }
    }
}

/// Pages of Ogg (RFC 3533), made by hand.
enum Ogg {
    static func page(serial: UInt8, sequence: UInt8, flags: UInt8, _ packet: [UInt8]) -> [UInt8] {
        var page: [UInt8] = Array("OggS".utf8) + [0, flags, 0, 0, 0, 0, 0, 0, 0, 0]
        page += [serial, 0, 0, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 1, UInt8(packet.count)]
        page += packet
        repair(&page[...])
        return page
    }

    /// Makes a page's checksum right.
    static func repair(_ page: inout ArraySlice<UInt8>) {
        let field = page.startIndex + 22
        for index in 0..<4 { page[field + index] = 0 }
        var sum: UInt32 = 0
        for byte in page {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum << 1 ^ (sum >> 31 == 1 ? 0x04C1_1DB7 : 0) }
        }
        for index in 0..<4 { page[field + index] = UInt8(truncatingIfNeeded: sum >> (8 * index)) }
    }
}
