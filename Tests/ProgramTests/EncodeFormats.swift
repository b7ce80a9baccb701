import Harness
import Testing

/// vt-encode's files and streams, as other programs find them.
@Suite(
    .enabled(if: Speech.isInstalled && Tool.isInstalled("sox", "ffmpeg"), "needs pocketsphinx-testdata, sox, ffmpeg"))
struct EncodeFormats {
    let home: Home
    /// Frames in speech.wav, and its rate.
    static let frames = 44580

    init() throws {
        home = try Home()
        let made = try run(
            .shell(
                "sox -t raw -r 16000 -e signed -b 16 -c 1 \(Speech.goForward) speech.wav; "
                    + "sox -D speech.wav -r 44100 -c 2 -b 24 wide.wav"), home: home)
        try #require(made.status == 0, "\(made)")
    }

    struct Peer: Sendable, CustomTestStringConvertible {
        var ending: String
        /// Says nothing and ends with 0 where it is content; `F` is the file.
        var line: String
        var package: String
        var testDescription: String { line }
    }

    static let peers: [Peer] =
        [
            Peer(ending: "flac", line: "flac -s -t -w F", package: "flac"),
            Peer(ending: "flac", line: "metaflac --show-total-samples F | grep -qx 44580", package: "flac"),
            Peer(ending: "opus", line: "opusinfo F | grep -i -e warn -e error", package: "opusinfo"),
            Peer(ending: "opus", line: "opusinfo F | grep -q '0m:02.786s' || echo length", package: "opusinfo"),
            Peer(ending: "ogg", line: "ogginfo F | grep -i -e warn -e error", package: "ogginfo"),
            Peer(ending: "wav", line: "sox F -n", package: "sox"),
            Peer(ending: "flac", line: "sox F -n", package: "sox"),
            Peer(ending: "ogg", line: "sox F -n", package: "sox"),
        ]
        + ["wav", "flac", "opus", "ogg", "mp3"].map {
            Peer(ending: $0, line: "ffmpeg -nostdin -v warning -i F -f null -", package: "ffmpeg")
        }

    @Test(arguments: peers) func othersAcceptFilesWithoutAWarning(_ peer: Peer) throws {
        guard Tool.isInstalled(peer.package) else { return }
        let file = "out.\(peer.ending)"
        let made = try run("vt-encode", "speech.wav", "-o", file, "--title", "Title", home: home)
        #expect(made.status == 0 && made.errors == "" && made.text == "", "\(made)")
        let result = try run(.shell("\(peer.line.replacing("F", with: file)) 2>&1"), home: home)
        let complaints = result.text.split(separator: "\n").filter { !$0.contains("Guessed Channel Layout") }
        #expect(complaints.isEmpty, "\(result)")
    }

    @Test(arguments: [("wav", 1), ("flac", 1), ("vorbis", 1), ("mp3", 1), ("opus", 3)]) func lengthsAgreeInFfmpeg(
        format: String, timesFaster: Int
    ) throws {
        // From a file and from a pipe; Opus comes out of ffmpeg at 48 kHz.
        for line in ["vt-encode -f \(format) speech.wav", "cat speech.wav | vt-encode -f \(format) | cat"] {
            let result = try run(
                .shell("set -o pipefail; \(line) >out && ffmpeg -nostdin -v error -i out -f s16le - | wc -c".bash),
                home: home)
            let expected = EncodeFormats.frames * 2 * timesFaster
            // On a pipe MP3 has no place to say how much of it is padding.
            let slack = format == "mp3" && line.hasPrefix("cat") ? 3 * 1152 * 2 : 0
            let count = Int(result.text.trimmed) ?? 0
            #expect((expected...expected + slack).contains(count), "\(line): \(result)")
        }
    }

    static let foreign: [String] = [
        "sox speech.wav out.flac", "sox speech.wav -C 0 out.ogg", "sox speech.wav out.aiff", "sox speech.wav out.au",
        "sox speech.wav -e mu-law out.wav", "sox speech.wav -e ima-adpcm out.wav", "sox speech.wav -B out.aiff",
        "ffmpeg -v error -i speech.wav -c:a libopus out.ogg", "ffmpeg -v error -i speech.wav -c:a flac -f ogg out.oga",
        "ffmpeg -v error -i speech.wav out.caf", "ffmpeg -v error -i speech.wav out.w64",
        "ffmpeg -v error -i speech.wav -c:a libmp3lame -b:a 48k out.mp3",
        "ffmpeg -v error -i speech.wav -c:a mp2 out.mp2",
        "ffmpeg -v error -i speech.wav out.m4a", "ffmpeg -v error -i speech.wav -c:a libopus out.webm",
        "ffmpeg -v error -i speech.wav -f adts out.aac", "ffmpeg -v error -i speech.wav out.wma",
        "ffmpeg -v error -i speech.wav out.wv", "ffmpeg -v error -i speech.wav out.tta",
        "ffmpeg -v error -i speech.wav -f lavfi -i color=size=32x32:duration=1 out.mp4",
        "ffmpeg -v error -i speech.wav -f lavfi -i color=size=32x32:duration=1 out.mkv",
        "ffmpeg -v error -i speech.wav -f lavfi -i color=size=32x32:duration=1 out.avi",
    ]

    @Test(arguments: foreign) func readsWhatOthersMake(_ line: String) throws {
        let made = try run(.shell("\(line) </dev/null"), home: home)
        try #require(made.status == 0, "\(made)")
        let name = try #require(entries(of: home.files).first { $0.hasPrefix("out.") })
        // The name says nothing.
        let moved = try run(.shell("mv \(name) thing"), home: home)
        try #require(moved.status == 0)
        let file = try run("vt-encode", "-f", "wav", "--rate", "16000", "thing", home: home, within: .seconds(60))
        #expect(file.status == 0 && file.errors == "", "\(file)")
        // Codecs and their containers may add a frame of silence at either end: of AAC and MP2 ffmpeg does not say how much.
        let frames = (file.output.count - 44) / 2
        #expect((EncodeFormats.frames - 40...EncodeFormats.frames + 5000).contains(frames), "\(frames)")
        let pipe = try run(
            .shell("cat thing | vt-encode -f wav --rate 16000"), home: home, within: .seconds(60))
        #expect(pipe.status == 0, "\(pipe)")
        // An index that is missing on a pipe may hide the last frame.
        #expect(abs(pipe.output.count - file.output.count) < 4096, "\(pipe.output.count) \(file.output.count)")
    }

    @Test func ffmpegThatIsMissing() throws {
        let made = try run(.shell("ffmpeg -v error -i speech.wav thing.m4a </dev/null"), home: home)
        try #require(made.status == 0, "\(made)")
        let result = try run(
            "vt-encode", "-f", "wav", "thing.m4a", environment: ["PATH": BuiltPrograms.directory], home: home)
        #expect(result.status == 65)
        #expect(
            result.errors.contains("only ffmpeg decodes") && result.errors.contains("hint: install it"), "\(result)")
    }

    @Test func shapesAreKeptWhereTheyCanBe() throws {
        func probe(_ file: String) throws -> String {
            try run(
                .shell(
                    "ffprobe -v error -show_entries stream=codec_name,sample_rate,channels,bits_per_raw_sample -of csv=p=0 \(file)"
                ),
                home: home
            ).text.trimmed
        }
        for (arguments, wanted) in [
            (["-o", "a.flac"], "flac,44100,2,24"), (["-o", "b.wav"], "pcm_s24le,44100,2,24"),
            (["-o", "c.wav", "--sample-format", "f32le", "--channels", "1", "--rate", "8000"], "pcm_f32le,8000,1,N/A"),
            (["-o", "d.mp3", "--channels", "1"], "mp3,44100,1,N/A"),
            (["-o", "e.flac", "--sample-format", "s16le"], "flac,44100,2,16"),
            (["-o", "f.ogg", "--rate", "22050"], "vorbis,22050,2,N/A"), (["-o", "g.opus"], "opus,48000,2,N/A"),
        ] {
            let made = try run(Command("vt-encode", ["wide.wav"] + arguments), home: home)
            #expect(made.status == 0 && made.errors == "", "\(made)")
            #expect(try probe(arguments[1]) == wanted)
        }
    }

    @Test func losslessIsLossless() throws {
        let result = try run(
            .shell(
                "vt-encode wide.wav -f flac | vt-encode -f wav | vt-encode -f wav -o back.wav; sox wide.wav -t raw - | md5sum; sox back.wav -t raw - | md5sum"
            ),
            home: home)
        let sums = result.text.split(separator: "\n")
        #expect(sums.count == 2 && sums[0] == sums[1], "\(result)")
    }

    @Test func tagsPassThroughEveryFormat() throws {
        let line =
            "vt-encode speech.wav -f flac --title 'Tëst' --date 2026 --comment no | vt-encode -f opus --comment yes | vt-encode -f vorbis"
            + " | vt-encode -f mp3 | vt-encode -f wav | vt-encode -f flac --date '' -o out.flac; ffprobe -v error -show_entries format_tags out.flac"
        let result = try run(.shell(line), home: home)
        #expect(result.text.contains("Tëst") && result.text.contains("yes"), "\(result)")
        #expect(!result.text.contains("2026") && !result.text.contains("=no"), "\(result)")
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// The line for `sh -c`, run by bash.
    var bash: String { "bash -c '\(replacing("'", with: "'\\''"))'" }
}
