import Audio
import Glibc
import Harness
import POSIX
import Testing

/// Other programs' audio in our reader, and ours in theirs.
@Suite struct ForeignTools {
    struct Source: CustomTestStringConvertible, Sendable {
        var line: String
        var format: AudioFormat
        var frames: Int?
        var testDescription: String { line }
        var program: String { String(line.prefix { $0 != " " }) }

        init(_ line: String, _ rate: Int, _ channels: Int, _ sampleFormat: SampleFormat, frames: Int? = nil) {
            self.line = line
            format = AudioFormat(sampleRate: rate, channels: channels, sampleFormat: sampleFormat)
            self.frames = frames ?? rate / 2
        }
    }

    static let ffmpeg = "ffmpeg -nostdin -v error -f lavfi -i sine=frequency=440:duration=0.5:sample_rate="
    static let sources: [Source] = [
        Source("sox -D -n -r 16000 -c 1 -b 16 -t wav OUT synth 0.5 sine 440", 16000, 1, .s16le),
        Source("sox -D -n -r 44100 -c 2 -b 8 -t wav OUT synth 0.5 sine 440", 44100, 2, .u8),
        Source("sox -D -n -r 48000 -c 6 -b 24 -t wav OUT synth 0.5 sine 440", 48000, 6, .s24le),
        Source("sox -D -n -r 96000 -c 1 -b 32 -t wav OUT synth 0.5 sine 440", 96000, 1, .s32le),
        Source("sox -D -n -r 16000 -c 1 -e floating-point -b 32 -t wav OUT synth 0.5 sine 440", 16000, 1, .f32le),
        Source("sox -D -n -r 16000 -c 1 -e floating-point -b 64 -t wav OUT synth 0.5 sine 440", 16000, 1, .f64le),
        Source("\(ffmpeg)16000 -c:a pcm_s16le -y -f wav OUT", 16000, 1, .s16le),
        Source("\(ffmpeg)44100 -ac 6 -c:a pcm_s24le -y -f wav OUT", 44100, 6, .s24le),
        Source("\(ffmpeg)8000 -c:a pcm_u8 -y -f wav OUT", 8000, 1, .u8),
        Source("\(ffmpeg)48000 -ac 2 -c:a pcm_f32le -y -f wav OUT", 48000, 2, .f32le),
        Source("\(ffmpeg)48000 -ac 2 -c:a pcm_f64le -rf64 always -y -f wav OUT", 48000, 2, .f64le),
        Source("arecord -q -D null -f S16_LE -r 16000 -c 1 -s 8000 -t wav OUT", 16000, 1, .s16le),
        Source("arecord -q -D null -f S24_3LE -r 44100 -c 2 -s 22050 -t wav OUT", 44100, 2, .s24le),
        Source("arecord -q -D null -f FLOAT_LE -r 48000 -c 1 -s 24000 -t wav OUT", 48000, 1, .f32le),
        Source("arecord -q -D null -f U8 -r 8000 -c 1 -s 4000 -t wav OUT", 8000, 1, .u8),
    ]

    @Test(
        .enabled(if: Tool.isInstalled("sox", "ffmpeg", "arecord"), "needs sox, ffmpeg and arecord"), arguments: sources)
    func theirFilesAndTheirPipes(_ source: Source) throws {
        let home = try Home()
        let path = "\(home.files)/a.wav"
        let made = try run(.shell(source.line.replacing("OUT", with: path)), home: home)
        try #require(made.status == 0, "\(made.errors)")
        let file = try read(DescriptorSource(path: path), strict: true)
        #expect(file.format == source.format)
        #expect(file.data.count / source.format.bytesPerFrame == source.frames)
        #expect(file.declaredFrames == source.frames)
        #expect(file.warnings.isEmpty)

        // arecord writes to standard output where no file is named.
        let stdout = source.program == "arecord" ? "" : "-"
        let piped = try run(.shell("\(source.line.replacing("OUT", with: stdout)) | cat"), home: home)
        let stream = try read(piped.output, piece: 1000, strict: true)
        #expect(stream.format == source.format)
        // RF64 on a pipe aside, the length is unknown or true; the audio is whole either way.
        #expect(stream.data.count / source.format.bytesPerFrame == source.frames)
        #expect(stream.warnings.isEmpty)
        if source.program != "arecord" { #expect(stream.data == file.data) }
    }

    @Test(.enabled(if: Tool.isInstalled("arecord"), "needs arecord"))
    func arecordWithoutAnEnd() throws {
        let cut = try run(.shell("arecord -q -D null -f S16_LE -r 16000 -t wav | head -c 64044"))
        let reading = try read(cut.output, strict: true)
        #expect(reading.data.count == 64000)
        #expect(reading.declaredFrames == nil)
    }

    /// Every way another program can be asked how many samples it finds in a file; `F` stands for the file.
    static let listeners = [
        "sox --ignore-length F -t raw - | wc -c", "sox F -t raw - | wc -c",
        "ffmpeg -nostdin -v error -i F -f s16le - | wc -c", "aplay -q -D null F && echo 32000",
    ]

    @Test(
        .enabled(if: Tool.isInstalled("sox", "ffmpeg", "aplay"), "needs sox, ffmpeg and aplay"),
        arguments: [true, false], listeners)
    func theyReadOurFilesInterruptedOrNot(finished: Bool, listener: String) throws {
        let home = try Home()
        let path = "\(home.files)/ours.wav"
        let samples = (0..<16000).map { Int16(10000 * sin(Double($0) * 0.1)) }
        do {
            let file = try Descriptor.open(path, O_RDWR | O_CREAT)
            var writer = try WAVWriter(file.number, format: .speech, name: path)
            try bytes(samples).withUnsafeBytes { try writer.write($0) }
            if finished { try writer.finish() }
        }
        let result = try run(.shell(listener.replacing("F", with: path)), home: home)
        #expect(result.text == "32000\n")
        #expect(result.status == 0)
    }

    @Test(.enabled(if: Tool.isInstalled("sox", "ffprobe"), "needs sox and ffprobe"), arguments: WAVWriting.formats)
    func theyReadOurFormats(format: AudioFormat) throws {
        let data = [UInt8](repeating: 0, count: format.bytesPerFrame * 2000)
        let stream = WAVHeader.streaming(format) + data
        let probed = try run(
            "ffprobe", "-v", "error", "-show_entries", "stream=sample_rate,channels,codec_name", "-of", "csv=p=0", "-",
            input: .bytes(stream))
        let codec = format.sampleFormat == .u8 ? "pcm_u8" : "pcm_\(format.sampleFormat.rawValue)"
        #expect(probed.text == "\(codec),\(format.sampleRate),\(format.channels)\n")
        let counted = try run(.shell("sox -t wav - -t raw -b 16 -e signed - | wc -c"), input: .bytes(stream))
        #expect(counted.text == "\(2000 * 2 * format.channels)\n")
    }
}
