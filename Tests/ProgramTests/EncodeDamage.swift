import Glibc
import Harness
import Testing

/// Bad input of each format through the program: what it ends with, and what is kept.
@Suite struct EncodeDamage {
    static let formats = ["wav", "flac", "opus", "vorbis", "mp3"]
    static let compressed = ["flac", "opus", "vorbis", "mp3"]

    let home: Home

    init() throws { home = try Home() }

    private func encoded(_ format: String, seconds: Double = 8) throws -> [UInt8] {
        let result = try run(
            "vt-encode", "-f", format, "-o", "whole", input: .bytes(Tone.stream(seconds: seconds)), home: home)
        try #require(result.status == 0, "\(result)")
        defer { unlink("\(home.files)/whole") }
        return try contents(of: "\(home.files)/whole")
    }

    private func decode(_ bytes: [UInt8], fromFile: Bool = true) throws -> (result: Result, samples: Int?) {
        try write(bytes, to: "\(home.files)/in")
        let result = try run(
            .shell(fromFile ? "vt-encode in -o out.wav" : "cat in | vt-encode -o out.wav"), home: home,
            within: .seconds(30))
        let kept = try? contents(of: "\(home.files)/out.wav")
        unlink("\(home.files)/out.wav")
        // What is kept is complete: its header says how much there is.
        if let kept { #expect(kept.count == 80 + Int(kept[76]) + Int(kept[77]) << 8 + Int(kept[78]) << 16) }
        return (result, kept.map { ($0.count - 80) / 2 })
    }

    @Test(arguments: compressed, [true, false]) func damagedInTheMiddle(format: String, fromFile: Bool) throws {
        var bytes = try encoded(format)
        // MP3 has no checksum: only a frame's header shows damage, and one is hit by what is longer than a frame.
        let length = format == "mp3" ? 900 : 60
        for index in bytes.count / 2..<bytes.count / 2 + length { bytes[index] ^= 0x5A }
        let (result, samples) = try decode(bytes, fromFile: fromFile)
        #expect(result.status == 65, "\(result)")
        #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
        // From both sides of the damage; Vorbis loses a page, which holds a second or two.
        #expect((4 * 16000...8 * 16000 + 3 * 1152).contains(samples ?? 0), "\(samples ?? 0)")
    }

    @Test(arguments: compressed, [0.05, 0.3, 0.6, 0.95]) func cutOff(format: String, where place: Double) throws {
        let bytes = try encoded(format)
        let (result, samples) = try decode(Array(bytes.prefix(Int(Double(bytes.count) * place))))
        #expect(result.status == 65, "\(result)")
        // The headers of Vorbis are more than a twentieth of this file.
        if place > 0.1 {
            #expect(result.errors.contains("truncated"), "\(result)")
            #expect((samples ?? 0) > Int(8 * 16000 * (place - 0.25)), "\(samples ?? 0)")
        }
    }

    /// 10⁹ samples announced, in each format's own way.
    @Test func lyingHeaders() throws {
        let billion: [UInt8] = [0x3B, 0x9A, 0xCA, 0x00]
        var wav = Tone.file(seconds: 1)
        wav.replaceSubrange(40..<44, with: [0x00, 0x94, 0x35, 0x77])
        var flac = try encoded("flac", seconds: 1)
        flac.replaceSubrange(22..<26, with: billion)
        // Frames of MP3, behind `Xing` or `Info` and flags.
        var mp3 = try encoded("mp3", seconds: 1)
        let info = try #require(
            mp3.indices.first { mp3[$0...].starts(with: "Xing".utf8) || mp3[$0...].starts(with: "Info".utf8) })
        mp3.replaceSubrange(info + 8..<info + 12, with: billion)
        for (bytes, status) in [(wav, 0), (flac, 65), (mp3, 0)] as [([UInt8], CInt)] {
            for fromFile in [true, false] {
                let (result, samples) = try decode(bytes, fromFile: fromFile)
                // A truncated WAV, which a recorder that was killed leaves, is only warned of.
                #expect(result.status == status || result.status == 65, "\(result)")
                #expect((16000...16000 + 3 * 1152).contains(samples ?? 0), "\(samples ?? 0) \(result)")
            }
        }
    }

    @Test(arguments: formats) func oneSampleAndNone(format: String) throws {
        for count in [0, 1] {
            let made = try run(
                "vt-encode", "--raw", "-f", format, "-o", "few", input: .bytes([UInt8](repeating: 1, count: 2 * count)),
                home: home)
            #expect(made.status == 0 && made.errors == "", "\(made)")
            let (result, samples) = try decode(try contents(of: "\(home.files)/few"))
            #expect(result.status == 0 && result.errors == "", "\(result)")
            // MP3 has no way to hold nothing.
            #expect(samples == (format == "mp3" ? 1 : count))
        }
    }

    /// More than most formats have: 384 kHz, and 255 channels.
    @Test(arguments: formats) func hugeShapes(format: String) throws {
        for (rate, channels) in [(384_000, 1), (16000, 255)] {
            try write([UInt8](repeating: 0, count: 2 * channels * rate / 10), to: "\(home.files)/pcm")
            let wav = try run(
                .shell("vt-encode --raw --rate \(rate) --channels \(channels) -f wav < pcm > huge.wav"), home: home)
            try #require(wav.status == 0, "\(wav)")
            let result = try run("vt-encode", "-o", "out", "-f", format, "huge.wav", home: home, within: .seconds(60))
            #expect(result.status == 0, "\(result)")
            #expect(result.errors.contains("mixed to") == (channels == 255 && format != "wav"), "\(result)")
            let back = try run("vt-encode", "-f", "wav", "out", home: home)
            #expect(back.status == 0 && back.output.count > 44 + 2 * 1500, "\(back.errors)")
        }
    }

    @Test(arguments: ["flac", "opus", "vorbis", "mp3"]) func whatIsNoNumber(format: String) throws {
        // Silence, then not a number, infinities, and the largest there is.
        let odd: [Float] = [
            .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -2, .leastNonzeroMagnitude, .signalingNaN,
        ]
        let samples = (0..<32000).map { $0 % 100 < 90 ? 0 : odd[$0 % odd.count] }
        let bytes = samples.withUnsafeBytes(Array.init)
        let result = try run(
            "vt-encode", "--raw", "--sample-format", "f32le", "-f", format, "-o", "x", input: .bytes(bytes), home: home)
        #expect(result.status == 0 && result.errors == "", "\(result)")
        let back = try run("vt-encode", "-f", "wav", "x", home: home)
        // Of floating point FLAC keeps 24 bits, for which WAV has a longer header.
        #expect(back.output.count == (format == "flac" ? 68 + 96000 : 44 + 64000), "\(back.errors)")
    }

    @Test(arguments: compressed) func nothingThatCouldBeDecoded(format: String) throws {
        let bytes = try encoded(format, seconds: 1)
        // The headers and a little more.
        let count = ["flac": 300, "opus": 120, "vorbis": bytes.count - 500, "mp3": 40][format] ?? 0
        let (result, samples) = try decode(Array(bytes.prefix(count)))
        #expect(result.status == 65, "\(result)")
        #expect((samples ?? 1) > 0, "an empty file is left")
    }

    /// What the decoder's library has to say of each frame is not for everybody.
    @Test func oneMessageForManyDamages() throws {
        var bytes = try encoded("mp3")
        for index in 1..<300 { bytes[index * bytes.count / 300] ^= 0x5A }
        let (result, _) = try decode(bytes)
        #expect(result.errors.split(separator: "\n").count <= 1, "\(result)")
    }

    /// What a header announces is not made up: libsndfile gives silence for blocks of ADPCM that are not there.
    @Test(.enabled(if: Tool.isInstalled("sox"), "needs sox"), arguments: ["ima-adpcm", "ms-adpcm", "gsm-full-rate"])
    func audioThatIsOnlyAnnounced(encoding: String) throws {
        try write(Tone.file(seconds: 3), to: "\(home.files)/a.wav")
        let made = try run(.shell("sox a.wav -r 8000 -e \(encoding) b.wav"), home: home)
        try #require(made.status == 0, "\(made)")
        var bytes = try contents(of: "\(home.files)/b.wav")
        let data = try #require(bytes.indices.first { bytes[$0...].starts(with: "data".utf8) })
        for fromFile in [true, false] {
            bytes.replaceSubrange(data + 4..<data + 8, with: [0, 0, 0, 0x40])
            let (result, samples) = try decode(bytes, fromFile: fromFile)
            #expect(result.status == 65 && result.errors.contains("truncated"), "\(result)")
            #expect((24000 - 8...24000 + 2 * (1 << 13)).contains(samples ?? 0), "\(samples ?? 0)")
        }
    }

    @Test func chainedOgg() throws {
        let one = try encoded("opus", seconds: 1)
        for (bytes, status, samples) in [
            (one + one, 0, 32000), (one + one.dropLast(40), 65, 16000), (one + Array("junk".utf8) + one, 65, 32000),
        ] as [([UInt8], CInt, Int)] {
            let (result, found) = try decode(bytes, fromFile: false)
            #expect(result.status == status, "\(result)")
            #expect((samples...32000).contains(found ?? 0), "\(found ?? 0)")
        }
    }

    @Test func junkAndTagsBeforeMP3() throws {
        let mp3 = try encoded("mp3", seconds: 1)
        let junk = (0..<3000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) | ($0 % 5 == 0 ? 0xE0 : 0) }
        let tag: [UInt8] = Array("ID3".utf8) + [4, 0, 0, 0, 0, 2, 0] + [UInt8](repeating: 0xFF, count: 256)
        for bytes in [junk + mp3, tag + mp3, tag + tag + mp3, tag + junk + mp3] {
            let (result, samples) = try decode(bytes, fromFile: false)
            #expect(result.status == 0, "\(result)")
            #expect((16000...16000 + 1152).contains(samples ?? 0), "\(samples ?? 0)")
        }
    }
}
