internal import Audio
internal import Glibc
internal import POSIX
internal import Plugins

/// One run of ffmpeg: the samples of one sound track, and what it says of them.
///
/// It may open nothing but what it is given, by a demuxer that is told or is one of sound and film: a file can't make it fetch something.
@safe final class FFmpegRun {
    /// What it gives: 32-bit floating point, whatever is encoded. Nil where nothing came.
    let reader: AudioReader?
    let log: FFmpegLog
    private var process: SpawnedProcess?

    /// - Parameters:
    ///   - input: the part to decode is open in it.
    ///   - format: nil lets ffmpeg find out.
    ///   - stream: which one of the file; nil is the sound track that is marked as the default.
    ///   - shape: rate and channels to give; nil keeps the track's.
    init(
        _ program: String, _ input: FFmpegInput, _ format: ForeignFormat?, stream: Int?, shape: AudioFormat?
    ) throws(SystemError) {
        log = try FFmpegLog()
        let source = try input.open()
        let output = try Descriptor.pipe()
        let demuxer =
            format.map { ["-f", $0.demuxer] } ?? ["-format_whitelist", ForeignFormat.probed]
        let arguments =
            [program, "-nostdin", "-hide_banner", "-nostats", "-loglevel", "repeat+level+info"]
            + ["-protocol_whitelist", "file,pipe,subfile"] + demuxer + ["-copyts", "-i", source.name]
            + (stream.map { ["-map", "0:\($0)"] } ?? ["-vn", "-sn", "-dn"])
            // With its timestamps; a codec that leaves out most frames has not failed.
            + ["-af", "ashowinfo,aresample=rematrix_maxval=1", "-max_error_rate", "1", "-c:a", "pcm_f32le"]
            + (shape.map { ["-ar", String($0.sampleRate), "-ac", String($0.channels)] } ?? [])
            + ["-flush_packets", "1", "-f", "wav", "pipe:1"]
        process = try SpawnedProcess(
            program, arguments: arguments, environment: ProcessEnvironment.inheritedWithoutKeys().entries,
            directory: nil, input: source.descriptor.number, output: output.writing.number, errors: log.file.number)
        let (reading, writing) = output.release()
        close(writing)
        let samples = DescriptorSource(Descriptor(owning: reading), name: "ffmpeg's output")
        reader = try? AudioReader(samples, name: "ffmpeg's output")
        log.readOn()
        if reader == nil { _ = finish() }
    }

    deinit {
        guard let process = process.take() else { return }
        process.signalGroup(SIGKILL)
        _ = process.reap()
    }

    /// Waits for its end.
    ///
    /// - Returns: whether it says that it did all.
    func finish() -> Bool {
        guard let process = process.take() else { return true }
        let status = process.reap()
        log.readOn()
        return status == 0
    }

    /// ffmpeg, in a folder of `PATH` that is absolute; without a `PATH`, where a shell looks.
    static let installed: String? = {
        let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/ffmpeg" }
            .first { unsafe access($0, X_OK) == 0 }
    }()
}
