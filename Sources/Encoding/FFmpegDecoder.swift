internal import Audio
internal import Glibc
internal import POSIX
internal import Plugins

/// What ffmpeg makes of a file: its first sound track, as a WAV stream.
///
/// Its demuxer is told, and it may open nothing but what it is given: a file can't make it fetch something.
@safe final class FFmpegDecoder: AudioDecoder {
    private let kind: ForeignFormat
    private let name: String
    private let errors: Descriptor
    private var process: SpawnedProcess?
    private let reader: AudioReader
    private(set) var damage: String?

    var format: AudioFormat { reader.format }
    var layout: ChannelLayout? { reader.layout }
    var declaredFrames: Int? { nil }
    var tags: AudioTags { reader.tags }

    /// - Throws: `AudioError` where there is no ffmpeg, or it finds no audio.
    init(_ input: ReadAhead, kind: ForeignFormat) throws(AudioError) {
        self.kind = kind
        name = input.name
        guard let program = FFmpegDecoder.installed else {
            throw AudioError(
                .unsupported, name, "is \(kind.name), which only ffmpeg decodes, and ffmpeg is not installed",
                hint: "install it: apt-get install ffmpeg")
        }
        let output: CInt
        do throws(SystemError) {
            errors = try Descriptor.temporaryFile()
            let pipe = try Descriptor.pipe()
            process = try FFmpegDecoder.start(program, input, kind, output: pipe.writing.number, errors: errors.number)
            output = try pipe.reading.duplicate().release()
        } catch {
            throw AudioError(.readFailed, name, "cannot be decoded: \(error)", underlying: error)
        }
        do throws(AudioError) {
            reader = try AudioReader(
                DescriptorSource(Descriptor(owning: output), name: "ffmpeg's output"), name: "ffmpeg's output")
        } catch {
            // Without a header it has said why.
            if let process = process.take() { _ = process.reap() }
            let said = FFmpegDecoder.lines(of: errors.number)
            if said.contains(where: { $0.contains("matches no streams") }) {
                throw AudioError(.malformed, name, "is \(kind.name), but there is no sound in it")
            }
            let reason = said.last ?? error.reason
            throw AudioError(.malformed, name, "looks like \(kind.name), but can't be decoded: \(reason)")
        }
    }

    deinit {
        guard let process = process.take() else { return }
        process.signalGroup(SIGKILL)
        _ = process.reap()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        let frames = try unsafe reader.read(into: buffer)
        if frames == 0, let process = process.take() {
            let status = process.reap()
            if let line = FFmpegDecoder.lines(of: errors.number).last {
                damage = "damaged: \(line)"
            } else if status != 0 {
                damage = "ffmpeg failed in the middle of it"
            }
        }
        return frames
    }

    private static func start(
        _ program: String, _ input: ReadAhead, _ kind: ForeignFormat, output: CInt, errors: CInt
    ) throws(SystemError) -> SpawnedProcess {
        // A regular file is opened again by ffmpeg, which then seeks in it; so is a copy of what it can't read from a pipe.
        let standardInput: Descriptor
        var feeding: CInt?
        if let number = input.fileDescriptor {
            standardInput = Descriptor(owning: try retrying("dup") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
        } else if kind.needsSeeking {
            standardInput = try copy(of: input)
        } else {
            let (reading, writing) = try Descriptor.pipe().release()
            standardInput = Descriptor(owning: reading)
            feeding = writing
        }
        // With its first sound track, no picture; errors only on stderr.
        let arguments = [
            program, "-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe", "-f",
            kind.demuxer, "-i", feeding == nil ? regularInput : pipedInput, "-map", "0:a:0", "-c:a", "pcm_s16le",
            "-f", "wav", "pipe:1",
        ]
        let process = try SpawnedProcess(
            program, arguments: arguments, environment: ProcessEnvironment.inheritedWithoutKeys().entries,
            directory: nil,
            input: standardInput.number, output: output, errors: errors)
        if let feeding { feed(input, to: feeding) }
        return process
    }

    /// The rest of an input in a file without a name.
    private static func copy(of input: ReadAhead) throws(SystemError) -> Descriptor {
        let file = try Descriptor.temporaryFile()
        try pass(input, to: file.number)
        return file
    }

    /// Passes the input on, on a thread of its own, since ffmpeg reads and writes as it likes.
    private static func feed(_ input: ReadAhead, to pipe: CInt) {
        // From here on nobody else reads the input.
        nonisolated(unsafe) let input = input
        let thread = try? Thread("ffmpeg input") {
            // It may have seen enough before the end: then writing is an error for this thread, not the end of the program.
            var signals = sigset_t()
            unsafe sigemptyset(&signals)
            unsafe sigaddset(&signals, SIGPIPE)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            try? unsafe pass(input, to: pipe)
            close(pipe)
        }
        if let thread { thread.detach() } else { close(pipe) }
    }

    private static func pass(_ input: ReadAhead, to descriptor: CInt) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { unsafe buffer.deallocate() }
        while true {
            let count: Int
            do throws(AudioError) {
                count = try unsafe input.read(into: buffer)
            } catch {
                throw error.underlying as? SystemError ?? SystemError(code: EIO, call: "read", subject: input.name)
            }
            if count == 0 { return }
            try unsafe writeAll(descriptor, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// ffmpeg, in a folder of `PATH` that is absolute.
    private static var installed: String? {
        guard let path = unsafe getenv("PATH") else { return nil }
        return unsafe String(cString: path).split(separator: ":").filter { $0.hasPrefix("/") }
            .map { "\($0)/ffmpeg" }.first { unsafe access($0, X_OK) == 0 }
    }

    /// The last things it said, without the names that it has for its parts and its input.
    private static func lines(of file: CInt) -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let size = max(0, lseek(file, 0, SEEK_END))
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(file, $0.baseAddress, $0.count, max(0, size - $0.count))
        }
        guard count > 0 else { return [] }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map { line in
            for name in [regularInput, pipedInput] where line.hasPrefix("\(name): ") {
                return String(line.dropFirst(name.count + 2))
            }
            guard line.hasPrefix("["), let end = line.firstIndex(of: "]") else { return String(line) }
            return String(line[line.index(after: end)...].drop { $0 == " " })
        }
    }

    /// What ffmpeg is told to read.
    private static let (regularInput, pipedInput) = ("/proc/self/fd/0", "pipe:0")
}
