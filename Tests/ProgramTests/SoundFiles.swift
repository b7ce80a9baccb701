import Harness
import Testing

/// Recordings as cameras, phones, broadcasters and `cat` make them, read by vt-encode: what is heard, and when.
@Suite(.enabled(if: Tool.isInstalled("sox", "ffmpeg"), "needs sox and ffmpeg")) struct SoundFiles {
    let home: Home

    /// Seven seconds with two beeps of 0.2 s, at 1 s and at 6 s.
    init() throws {
        home = try Home()
        try make(
            "sox -D -n -r 48000 -c 1 -b 16 beep.wav synth 0.2 sine 1000 vol 0.5; sox -n -r 48000 -c 1 -b 16 none.wav trim 0 1; "
                + "sox none.wav beep.wav none.wav none.wav none.wav none.wav none.wav src.wav trim 0 6; "
                + "sox src.wav beep.wav none.wav two.wav trim 0 7; mv two.wav src.wav")
    }

    private func make(_ line: String) throws {
        let made = try run(.shell("exec </dev/null; set -e; \(line)".bash), home: home, within: .seconds(60))
        try #require(made.status == 0, "\(made)")
    }

    private static let film = "ffmpeg -v error -y -f lavfi -i testsrc=size=32x32:rate=10:duration=9"

    /// What a program makes of a file: when beeps begin, in seconds, how long all is, and the rest.
    private struct Heard {
        var beeps: [Double] = []
        var seconds = 0.0
        var status: CInt = 0
        var errors = ""
    }

    private func hear(_ file: String, fromPipe: Bool, _ options: String = "") throws -> Heard {
        let line = "vt-encode -f wav --sample-format s16le --channels 1 --rate 16000 \(options)"
        let result = try run(
            .shell(fromPipe ? "cat \(file) | \(line)" : "\(line) \(file)"), home: home, within: .seconds(60))
        let samples = result.output.dropFirst(44)
        var heard = Heard(
            seconds: Double(samples.count / 2) / 16000, status: result.status ?? -1, errors: result.errors)
        var lastLoud = -16000
        let bytes = Array(samples)
        for index in 0..<bytes.count / 2 {
            let sample = Int16(bitPattern: UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8)
            guard abs(Int(sample)) > 4000 else { continue }
            if index - lastLoud > 3200 { heard.beeps.append(Double(index) / 16000) }
            lastLoud = index
        }
        return heard
    }

    private func expect(_ file: String, beeps: [Double], within slack: Double = 0.02, _ options: String = "") throws {
        for fromPipe in [false, true] {
            let heard = try hear(file, fromPipe: fromPipe, options)
            #expect(heard.status == 0 && heard.errors == "", "\(file) \(fromPipe) \(heard)")
            #expect(heard.beeps.count == beeps.count, "\(file) \(fromPipe) \(heard)")
            for (beep, wanted) in zip(heard.beeps, beeps) {
                #expect(abs(beep - wanted) <= slack, "\(file) \(fromPipe) \(heard)")
            }
        }
    }

    struct Container: Sendable, CustomTestStringConvertible {
        var name: String
        var codecs: String
        /// What its muxer puts in front without a word, in seconds: a frame of the encoder's, and the preroll.
        var slack = 0.001
        /// Whether it keeps the times of frames, and not only how many there are.
        var hasClock = true
        var testDescription: String { "\(name) \(codecs)" }
    }

    static let containers = [
        Container(name: "mp4", codecs: "-c:v mpeg4 -c:a aac"), Container(name: "mov", codecs: "-c:v mpeg4 -c:a aac"),
        Container(name: "3gp", codecs: "-c:v mpeg4 -c:a aac -ar 16000"),
        Container(name: "mkv", codecs: "-c:v mpeg4 -c:a aac", slack: 0.022),
        Container(name: "webm", codecs: "-c:v libvpx -c:a libopus", slack: 0.007),
        Container(name: "ts", codecs: "-c:v mpeg2video -c:a aac", slack: 0.022),
        Container(name: "mpg", codecs: "-c:v mpeg2video -c:a mp2", slack: 0.012),
        Container(name: "flv", codecs: "-c:v flv1 -ar 44100 -c:a libmp3lame", slack: 0.026),
        Container(name: "wmv", codecs: "-c:v wmv2 -c:a wmav2", slack: 0.044),
        Container(name: "ogv", codecs: "-c:v libtheora -c:a libvorbis"),
        Container(name: "nut", codecs: "-c:v mpeg4 -c:a mp2", slack: 0.012),
        Container(name: "avi", codecs: "-c:v mpeg4 -c:a libmp3lame", slack: 0.024, hasClock: false),
    ]

    /// Sound that begins with the picture, later and earlier, and sound with a hole.
    @Test(arguments: containers) func wordsAreWhereAPlayerHasThem(_ container: Container) throws {
        let (name, codecs) = (container.name, container.codecs)
        try make("\(SoundFiles.film) -i src.wav -map 0:v -map 1:a \(codecs) plain.\(name)")
        try expect("plain.\(name)", beeps: [1, 6], within: container.slack + 0.003)
        try make(
            "ffmpeg -v error -y -itsoffset 1.5 -f lavfi -i testsrc=size=32x32:rate=10:duration=9 -i src.wav "
                + "-map 0:v -map 1:a \(codecs) early.\(name)")
        try expect("early.\(name)", beeps: [1, 6], within: container.slack + 0.003)
        guard container.hasClock else { return }
        try make("\(SoundFiles.film) -itsoffset 2.5 -i src.wav -map 0:v -map 1:a \(codecs) late.\(name)")
        try expect("late.\(name)", beeps: [3.5, 8.5], within: 0.01)
        try make(
            "ffmpeg -v error -y -i plain.\(name) -map 0 -c copy "
                + #"-bsf:a "noise=drop='between(pts*tb\,2\,4)'" hole.\#(name)"#)
        try expect("hole.\(name)", beeps: [1, 6], within: container.slack + 0.003)
    }

    /// Clocks that stand at half a day, that begin anew in the middle, and that jump where recordings were joined.
    @Test func recordingsOfTelevision() throws {
        try make(
            "ffmpeg -v error -y -i src.wav -c:a aac plain.ts; "
                + "ffmpeg -v error -y -i plain.ts -c copy -output_ts_offset 43200 noon.ts; "
                + "ffmpeg -v error -y -i plain.ts -c copy -output_ts_offset 95438 again.ts; cat plain.ts plain.ts > twice.ts; "
                + "cat plain.ts noon.ts > jump.ts")
        try expect("noon.ts", beeps: [1, 6], within: 0.025)
        try expect("again.ts", beeps: [1, 6], within: 0.025)
        try expect("twice.ts", beeps: [1.02, 6.02, 8.06, 13.06], within: 0.025)
        let jump = try hear("jump.ts", fromPipe: false)
        #expect(jump.status == 0 && jump.beeps.count == 4 && abs(jump.seconds - 14) < 0.2, "\(jump)")
        #expect(jump.errors.contains("its clock jumps by 43"), "\(jump)")
    }

    /// A film's first track, of a codec that ffmpeg does not know, hides no good one.
    @Test func aTrackThatNobodyDecodesIsPassedOver() throws {
        try make("ffmpeg -v error -y -i none.wav -i src.wav -map 0 -map 1 -c:a aac two.mp4")
        var bytes = try contents(of: "\(home.files)/two.mp4")
        let whole = bytes
        let codec = try #require((0..<whole.count - 4).first { whole[$0...].starts(with: "mp4a".utf8) })
        bytes.replaceSubrange(codec..<codec + 4, with: "apac".utf8)
        let setup = try #require((codec..<whole.count - 4).first { whole[$0...].starts(with: "esds".utf8) })
        bytes.replaceSubrange(setup..<setup + 4, with: "free".utf8)
        try write(bytes, to: "\(home.files)/two.mov")
        try expect("two.mov", beeps: [1, 6])
        let chosen = try hear("two.mov", fromPipe: false, "--track 1")
        #expect(chosen.status == 65 && chosen.errors.contains("no decoder for its sound (apac)"), "\(chosen)")
    }

    @Test func framesWithoutSpeechTakeTheirTime() throws {
        guard try run(.shell("sox --help | grep -q amr-nb"), home: home).status == 0 else { return }
        try make("sox src.wav -r 8000 -t amr-nb talk.amr")
        try expect("talk.amr", beeps: [1, 6], within: 0.03)
    }

    /// Each made of two seconds of 16 kHz mono and three of 22.05 kHz stereo, by `cat`.
    @Test(arguments: [
        "mp3 -c:a libmp3lame", "mp2 -c:a mp2", "mp4 -c:a aac", "mp4 -c:a aac -movflags frag_keyframe+empty_moov",
        "mov -c:a pcm_s16be",
        "mkv -c:a aac", "mka -c:a flac", "webm -c:a libopus", "flv -c:a aac", "wma -c:a wmav2", "avi -c:a libmp3lame",
        "ts -c:a aac",
        "mpg -c:a mp2", "aac -c:a aac", "ac3 -c:a ac3", "wv -c:a wavpack", "caf -c:a alac", "flac -c:a flac",
        "oga -c:a flac",
        "ogg -c:a libvorbis", "opus -c:a libopus", "wav -c:a pcm_s16le", "wav -c:a pcm_mulaw", "aiff -c:a pcm_s16be",
        "au -c:a pcm_s16be",
        "w64 -c:a pcm_s16le", "voc -c:a pcm_s16le",
    ]) func joinedFilesAreHeardToTheEnd(_ line: String) throws {
        let name = line.prefix { $0 != " " }
        let codec = line.dropFirst(name.count)
        try make(
            "sox -n -r 16000 -c 1 -b 16 a.wav synth 2 sine 440 vol 0.5; sox -n -r 22050 -c 2 -b 16 b.wav synth 3 sine 660 vol 0.5; "
                + "for f in a b; do ffmpeg -v error -y -i $f.wav \(codec) $f.\(name).part -f \(name) 2>/dev/null || "
                + "ffmpeg -v error -y -i $f.wav \(codec) $f.x.\(name); test -s $f.x.\(name) || mv $f.\(name).part $f.x.\(name); done; "
                + "cat a.x.\(name) b.x.\(name) > ab; cat b.x.\(name) a.x.\(name) b.x.\(name) > bab")
        for (file, seconds) in [("ab", 5.0), ("bab", 8.0)] {
            for fromPipe in file == "ab" ? [false, true] : [false] {
                let heard = try hear(file, fromPipe: fromPipe)
                #expect(heard.status == 0 && heard.errors == "", "\(file) \(fromPipe) \(heard)")
                #expect(
                    (seconds - 0.06...seconds + 0.35).contains(heard.seconds), "\(file) \(fromPipe) \(heard.seconds)")
            }
        }
    }

    /// With the tags that hosts put in front of each part.
    @Test func podcastsWithAdvertisements() throws {
        try make(
            "sox -n -r 48000 -c 2 -b 16 ad.wav synth 2 sine 440 vol 0.5; sox -n -r 44100 -c 1 -b 16 ep.wav synth 3 sine 660 vol 0.5; "
                + "sox -n -r 22050 -c 1 -b 16 old.wav synth 4 sine 660 vol 0.5; "
                + "for f in ad ep old; do ffmpeg -v error -y -i $f.wav -metadata title=$f -id3v2_version 3 -write_id3v1 1 $f.mp3; done; "
                + "cat ad.mp3 ep.mp3 ad.mp3 > three.mp3; cat ep.mp3 old.mp3 ad.mp3 > older.mp3")
        for (file, seconds) in [("three.mp3", 7.0), ("older.mp3", 9.0)] {
            for fromPipe in [false, true] {
                let heard = try hear(file, fromPipe: fromPipe)
                #expect(heard.status == 0 && heard.errors == "", "\(heard)")
                #expect(abs(heard.seconds - seconds) < 0.1, "\(file) \(heard.seconds)")
            }
        }
    }

    /// What is cut off against the container's own length is said, with both lengths.
    @Test(arguments: [
        "flv -ar 22050 -c:a libmp3lame", "mkv -c:a aac", "webm -c:a libopus", "mp4 -c:a aac -movflags faststart",
        "wma -c:a wmav2",
        "avi -c:a libmp3lame",
    ]) func whatIsMissingIsSaid(_ line: String) throws {
        let name = line.prefix { $0 != " " }
        try make(
            "ffmpeg -v error -y -i src.wav \(line.dropFirst(name.count)) whole.\(name); "
                + "head -c $(($(stat -c %s whole.\(name)) * 6 / 10)) whole.\(name) > cut.\(name)")
        for fromPipe in [false, true] {
            let heard = try hear("cut.\(name)", fromPipe: fromPipe)
            #expect(heard.status == 65, "\(heard)")
            #expect(heard.errors.contains("truncated: "), "\(heard)")
            #expect(heard.seconds > 2 && heard.seconds < 6.5, "\(heard.seconds)")
            #expect(try hear("whole.\(name)", fromPipe: fromPipe).status == 0)
        }
    }

    /// A picture that goes on is no sound that is missing.
    @Test func filmsMayBeLongerThanTheirSound() throws {
        for (name, codecs) in [
            ("mp4", "-c:v mpeg4 -c:a aac"), ("mkv", "-c:v mpeg4 -c:a aac"), ("flv", "-c:v flv1 -ar 44100 -c:a aac"),
        ] {
            try make("\(SoundFiles.film) -i beep.wav -map 0:v -map 1:a \(codecs) film.\(name)")
            let heard = try hear("film.\(name)", fromPipe: false)
            #expect(heard.status == 0 && heard.errors == "", "\(heard)")
        }
    }

    @Test func tracksAreChosen() throws {
        try make(
            "ffmpeg -v error -y -i none.wav -i src.wav -i beep.wav -map 0 -map 1 -map 2 -c:a aac -metadata:s:a:0 language=eng "
                + "-metadata:s:a:1 language=spa -metadata:s:a:1 title=Comentario -metadata:s:a:2 language=ger -disposition:a:0 default "
                + "-disposition:a:1 0 -disposition:a:2 0 tracks.mkv")
        let first = try hear("tracks.mkv", fromPipe: false)
        #expect(first.status == 0 && first.beeps.count == 2, "\(first)")
        #expect(
            first.errors.contains("track 1 (eng, aac, default) is silent; track 2 (spa, aac, “Comentario”) is used"),
            "\(first)")
        let piped = try hear("tracks.mkv", fromPipe: true)
        #expect(
            piped.status == 0 && piped.beeps.isEmpty && piped.errors.contains("is silent; it also has 2 (spa"),
            "\(piped)")
        for (option, beeps) in [
            ("--track 1", 0), ("--track 2", 2), ("--track es", 2), ("--track de", 1), ("--track deu", 1),
        ] {
            for fromPipe in [false, true] {
                let heard = try hear("tracks.mkv", fromPipe: fromPipe, option)
                #expect(heard.status == 0 && heard.beeps.count == beeps && heard.errors == "", "\(option) \(heard)")
            }
        }
        for option in ["--track 4", "--track fr"] {
            let heard = try hear("tracks.mkv", fromPipe: false, option)
            #expect(heard.status == 65 && heard.errors.contains("2 (spa, aac, “Comentario”)"), "\(heard)")
        }
        #expect(try hear("src.wav", fromPipe: false, "--track 2").errors.contains("has no track 2"))
        #expect(try hear("src.wav", fromPipe: false, "--track 0").status == 64)
    }

    /// Nothing in them says what they are, but their names.
    @Test(arguments: [
        "ul", "al", "gsm", "vox", "sln", "sln16", "g722",
    ]) func namesOfTelephony(_ name: String) throws {
        let line =
            switch name {
            case "sln": "sox src.wav -r 8000 -e signed -b 16 -t raw talk.sln"
            case "sln16": "sox src.wav -r 16000 -e signed -b 16 -t raw talk.sln16"
            case "g722": "ffmpeg -v error -y -i src.wav -ar 16000 -ac 1 talk.g722"
            default: "sox src.wav -r 8000 talk.\(name)"
            }
        try make(line)
        let heard = try hear("talk.\(name)", fromPipe: false)
        #expect(heard.status == 0 && heard.errors == "", "\(heard)")
        #expect(heard.beeps.count == 2 && abs(heard.seconds - 7) < 0.05, "\(heard)")
    }

    @Test(arguments: [("ulaw", "ul"), ("alaw", "al"), ("gsm", "gsm"), ("vox", "vox"), ("s8", "s8"), ("s16be", "s2")])
    func rawTelephony(format: String, type: String) throws {
        let coding = type == "s2" ? "-e signed -b 16 -B -t raw" : "-t \(type)"
        try make("sox src.wav -r 8000 \(coding) talk")
        let line = "vt-encode -f flac --raw --rate 8000 --sample-format \(format)"
        for command in ["\(line) talk", "cat talk | \(line)"] {
            let result = try run(.shell("\(command) > out.flac"), home: home)
            #expect(result.status == 0 && result.errors == "", "\(result)")
            let heard = try hear("out.flac", fromPipe: false)
            #expect(heard.beeps.count == 2 && abs(heard.seconds - 7) < 0.05, "\(heard)")
        }
    }

    /// Of which libsndfile knows the box, and not what is in it.
    @Test(arguments: [
        "alac.caf -c:a alac", "opus.caf -c:a libopus -ar 48000",
    ])
    func whatOneDecoderRefusesTheNextIsAsked(_ line: String) throws {
        let name = line.prefix { $0 != " " }
        guard (try? make("ffmpeg -v error -y -i src.wav -ac 1 \(line.dropFirst(name.count)) \(name)")) != nil else {
            return
        }
        let heard = try hear(String(name), fromPipe: false)
        #expect(heard.status == 0 && heard.beeps.count == 2, "\(heard)")
    }

    @Test func whatNobodyKnowsIsSaid() throws {
        try make("head -c 20000 /dev/urandom | tr '\\000-\\037' '\\200' > noise; printf 'some text\\n' > text")
        let noise = try hear("noise", fromPipe: false)
        #expect(noise.status == 65 && noise.errors.contains("neither vt nor ffmpeg knows"), "\(noise)")
        let text = try hear("text", fromPipe: false)
        #expect(text.status == 65 && text.errors.contains("it looks like text"), "\(text)")
    }

    /// A header that was written once, at the first flush; one that counts itself.
    @Test(arguments: ["wav", "aiff", "au", "caf", "w64"]) func lengthsThatAreTooShortAreNotBelieved(_ name: String)
        throws
    {
        try make(
            "ffmpeg -v error -y -i src.wav -c:a pcm_s16\(["wav", "w64"].contains(name) ? "le" : "be") whole.\(name)")
        var bytes = try contents(of: "\(home.files)/whole.\(name)")
        let whole = bytes
        func find(_ text: String) -> Int { (0..<500).first { whole[$0...].starts(with: text.utf8) } ?? 0 }
        let size: [UInt8] = [0, 0, 0x80, 0]
        switch name {
        case "wav": bytes.replaceSubrange(find("data") + 4..<find("data") + 8, with: size.reversed())
        case "aiff": bytes.replaceSubrange(find("SSND") + 4..<find("SSND") + 8, with: [0, 0, 0x80, 8])
        case "au": bytes.replaceSubrange(8..<12, with: size)
        case "caf": bytes.replaceSubrange(find("data") + 4..<find("data") + 12, with: [0, 0, 0, 0, 0, 0, 0x80, 4])
        default: bytes.replaceSubrange(find("data") + 16..<find("data") + 24, with: [0x18, 0x80, 0, 0, 0, 0, 0, 0])
        }
        #expect(bytes != whole)
        try write(bytes, to: "\(home.files)/short.\(name)")
        for fromPipe in [false, true] {
            let heard = try hear("short.\(name)", fromPipe: fromPipe)
            #expect(heard.status == 0 && abs(heard.seconds - 7) < 0.01, "\(heard)")
            #expect(heard.errors.contains("all of it is used"), "\(heard)")
            let good = try hear("whole.\(name)", fromPipe: fromPipe)
            #expect(good.status == 0 && good.errors == "" && good.beeps.count == 2, "\(good)")
        }
    }
}
