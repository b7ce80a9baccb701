internal import Audio
internal import Glibc
internal import POSIX

/// What ffmpeg reads: a regular file, part by part where files were joined, or a stream that passes through our hands.
@safe final class FFmpegInput {
    /// A file in which ffmpeg can seek; nil for a stream.
    private let file: OpenFile?
    private let joined: JoinedFiles?
    private let feeder: StreamFeeder?
    /// How many parts have been opened.
    private(set) var opened = 0

    /// What ffmpeg's messages call it.
    static let names = ["/proc/self/fd/0", "pipe:0"]

    /// - Parameters:
    ///   - input: nobody else reads it from now on.
    ///   - structure: by which joined files are told apart.
    ///   - isStreamed: whether what is no regular file is passed on while it comes; otherwise it is copied first.
    init(_ input: ReadAhead, _ structure: ContainerStructure?, isStreamed: Bool) throws(SystemError) {
        var start = 0
        if let number = input.fileDescriptor {
            file = OpenFile(try Descriptor.duplicate(of: number))
            start = input.position
        } else if isStreamed {
            file = nil
        } else {
            let copy = try Descriptor.temporaryFile()
            try StreamFeeder.pass(input, to: copy.number, atMost: .max)
            file = OpenFile(copy)
        }
        joined = file.map { JoinedFiles(in: $0.descriptor.number, from: start, structure) }
        feeder = file == nil ? StreamFeeder(input, structure) : nil
    }

    /// An open file that is closed with its last owner.
    private final class OpenFile {
        let descriptor: Descriptor

        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    /// Whether a part can be opened more than once.
    var isRegularFile: Bool { joined != nil }

    /// Whether the last file ends in the middle of something. To be asked at its end.
    var isCutOff: Bool { joined?.isCutOff ?? feeder?.isCutOff ?? false }

    /// Whether there is a part behind the present one; of a stream it is known at the present one's end.
    func hasNext() -> Bool {
        if let joined { return opened < joined.parts.count }
        return feeder?.hasNext() ?? false
    }

    /// Goes on to the next part.
    func advance() { opened += 1 }

    /// What ffmpeg gets.
    struct Opened: ~Copyable {
        /// Its standard input.
        let descriptor: Descriptor
        /// What it is told to open.
        let name: String
    }

    /// Opens the present part.
    func open() throws(SystemError) -> Opened {
        if let joined, let file {
            let part = joined.parts[opened - 1]
            let whole = FFmpegInput.names[0]
            let name =
                joined.parts == [0..<joined.size]
                ? whole : "subfile,,start,\(part.lowerBound),end,\(part.upperBound),,:\(whole)"
            return Opened(descriptor: try file.descriptor.duplicate(), name: name)
        }
        let (reading, writing) = try Descriptor.pipe().release()
        feeder?.start(to: writing)
        return Opened(descriptor: Descriptor(owning: reading), name: FFmpegInput.names[1])
    }
}

/// Passes a stream on to ffmpeg, one of its joined files at a time, on a thread of its own: ffmpeg reads and writes as it likes.
final class StreamFeeder: Sendable {
    private struct State {
        var isFeeding = false
        var hasNext = false
        var isCutOff = false
    }

    // Used by one thread at a time.
    nonisolated(unsafe) private let input: ReadAhead
    private let structure: ContainerStructure?
    private let state = Monitor(State())

    init(_ input: ReadAhead, _ structure: ContainerStructure?) {
        unsafe self.input = input
        self.structure = structure
    }

    var isCutOff: Bool { state.read(\.isCutOff) }

    /// Whether another file follows the one that was fed: waits for its end.
    func hasNext() -> Bool {
        structure != nil && state.wait { $0.isFeeding ? nil : $0.hasNext }
    }

    /// - Parameter pipe: is closed at the end of the file.
    func start(to pipe: CInt) {
        state.change { $0 = State(isFeeding: true) }
        let thread = try? Thread("ffmpeg input") { [self] in
            // It may have seen enough before the end: then writing is an error for this thread, not the end of the program.
            var signals = sigset_t()
            unsafe sigemptyset(&signals)
            unsafe sigaddset(&signals, SIGPIPE)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            try? feed(pipe)
            close(pipe)
            state.change { $0.isFeeding = false }
        }
        if let thread {
            thread.detach()
        } else {
            close(pipe)
            state.change { $0.isFeeding = false }
        }
    }

    private func feed(_ pipe: CInt) throws {
        guard let structure = structure else {
            try unsafe StreamFeeder.pass(input, to: pipe, atMost: .max)
            return
        }
        var isFirst = true
        while let step = structure.step(try unsafe input.peek(ContainerStructure.headLength)) {
            if step.begins, !isFirst {
                state.change { $0.hasNext = true }
                return
            }
            isFirst = false
            guard let length = step.length, length > 0 else { break }
            let passed = try unsafe StreamFeeder.pass(input, to: pipe, atMost: length)
            if passed < length {
                state.change { $0.isCutOff = true }
                return
            }
        }
        try unsafe StreamFeeder.pass(input, to: pipe, atMost: .max)
    }

    /// Passes bytes on.
    ///
    /// - Returns: how many; fewer than `limit` at the end of the input.
    @discardableResult
    static func pass(_ input: ReadAhead, to descriptor: CInt, atMost limit: Int) throws(SystemError) -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { unsafe buffer.deallocate() }
        var done = 0
        while done < limit {
            let count: Int
            do throws(AudioError) {
                count = try unsafe input.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(1 << 16, limit - done)]))
            } catch {
                throw error.underlying as? SystemError ?? SystemError(code: EIO, call: "read", subject: input.name)
            }
            if count == 0 { break }
            try unsafe writeAll(descriptor, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            done += count
        }
        return done
    }
}
