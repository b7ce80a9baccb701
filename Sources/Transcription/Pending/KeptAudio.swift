internal import Audio
internal import Glibc
package import POSIX

/// Audio as it is received: one thread appends it to a file and never waits for anybody, others read behind it.
///
/// Where the file cannot take more (a full disk), what follows goes to another one.
package final class KeptAudio: Sendable {
    private struct Part {
        let file: CInt
        /// The offset of its first byte in the whole.
        let start: Int
    }

    private struct State {
        var parts: [Part]
        var size: Int
        var isFinished: Bool
        /// Whether nobody has to synchronise any more.
        var isSettled = false
        /// Bytes that survive a crash of the machine.
        var synchronised = 0
    }

    private let state: Monitor<State>
    private let spill: @Sendable (_ start: Int) throws(SystemError) -> Descriptor

    /// - Parameters:
    ///   - file: empty, open for reading and writing.
    ///   - spill: makes another one when that cannot take more, for what follows behind so many bytes.
    package init(
        _ file: consuming Descriptor,
        spill: @escaping @Sendable (_ start: Int) throws(SystemError) -> Descriptor = { _ throws(SystemError) in
            try Descriptor.temporaryFile()
        }
    ) {
        state = Monitor(State(parts: [Part(file: file.release(), start: 0)], size: 0, isFinished: false))
        self.spill = spill
    }

    /// Audio that is complete already.
    ///
    /// - Parameter end: what follows it, in a file of its own.
    package init(complete file: consuming Descriptor, end: consuming Descriptor? = nil) throws(SystemError) {
        let size = try KeptAudio.size(of: file.number)
        var parts = [Part(file: file.release(), start: 0)]
        var whole = size
        if let end {
            whole += try KeptAudio.size(of: end.number)
            parts.append(Part(file: end.release(), start: size))
        }
        state = Monitor(State(parts: parts, size: whole, isFinished: true))
        spill = { _ throws(SystemError) in try Descriptor.temporaryFile() }
    }

    private static func size(of file: CInt) throws(SystemError) -> Int {
        var status = stat()
        try retrying("fstat") { fstat(file, &status) }
        return Int(status.st_size)
    }

    deinit {
        for part in state.read(\.parts) { close(part.file) }
    }

    /// Bytes received so far.
    package var size: Int { state.read(\.size) }

    /// Whether nothing more of it is wanted.
    package var isSettled: Bool { state.read(\.isSettled) }

    /// Appends bytes; for one thread only.
    ///
    /// - Returns: why the file could not take them, the first time that they had to go elsewhere.
    /// - Throws: `SystemError` where nothing takes them.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> SystemError? {
        var (part, size) = state.read { ($0.parts[$0.parts.count - 1], $0.size) }
        var rest = bytes
        var overflow: SystemError?
        while !rest.isEmpty {
            do throws(SystemError) {
                let count = try retrying("write") {
                    pwrite(part.file, rest.baseAddress, rest.count, off_t(size - part.start))
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                size += count
                state.change { $0.size = size }
            } catch {
                guard overflow == nil, part.start == 0 else { throw error }
                overflow = error
                let next = Part(file: try spill(size).release(), start: size)
                part = next
                state.change { $0.parts.append(next) }
            }
        }
        return overflow
    }

    /// Says that no more bytes come; readers then find the end.
    package func finish() {
        state.change { $0.isFinished = true }
    }

    /// Waits until no more bytes come.
    package func waitUntilFinished() {
        state.wait { $0.isFinished ? () : nil }
    }

    /// Reads the audio from its beginning, waiting for what has not been received yet. For one thread.
    package func makeSource() -> Source {
        Source(of: self)
    }

    /// Nothing came for as long as the reader wanted to wait.
    package struct NothingYet: Error {}

    package final class Source: ByteSource {
        /// It was received from a pipe, whose header may not know the length.
        package let isRegularFile = false
        private let audio: KeptAudio
        private var position = 0
        /// How long to wait for bytes; nil waits for as long as it takes.
        private var patience: Double?
        private var isPatientAfterFirstByte = false

        init(of audio: KeptAudio) {
            self.audio = audio
        }

        /// Makes reading throw `NothingYet` after some time without a byte.
        ///
        /// - Parameters:
        ///   - patience: how long it waits.
        ///   - untilFirstByte: whether it waits without end once a byte was read, since the caller is then in the middle of
        ///     something that it cannot begin again.
        package func limitWaiting(to patience: Duration, untilFirstByte: Bool) {
            let (seconds, attoseconds) = patience.components
            self.patience = Double(seconds) + Double(attoseconds) * 1e-18
            isPatientAfterFirstByte = untilFirstByte
        }

        /// Makes reading wait without end again.
        package func waitAsLongAsItTakes() {
            patience = nil
        }

        /// Whether bytes may still come.
        var isGrowing: Bool { !audio.state.read(\.isFinished) }

        /// Goes back to the first byte.
        package func rewind() {
            position = 0
        }

        package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            let position = self.position
            func find(_ state: State) -> (part: Part, available: Int)?? {
                guard state.size > position else { return state.isFinished ? .some(nil) : nil }
                var index = state.parts.count - 1
                while state.parts[index].start > position { index -= 1 }
                let end = index + 1 < state.parts.count ? state.parts[index + 1].start : state.size
                return (state.parts[index], end - position)
            }
            let found: (part: Part, available: Int)?
            if let patience {
                guard let inTime = audio.state.wait(atMost: patience, until: find) else { throw NothingYet() }
                found = inTime
            } else {
                found = audio.state.wait(until: find)
            }
            guard let (part, available) = found else { return 0 }
            let wanted = min(buffer.count, available)
            let count = try retrying("read") {
                pread(part.file, buffer.baseAddress, wanted, off_t(position - part.start))
            }
            self.position += count
            if isPatientAfterFirstByte { patience = nil }
            return count
        }
    }
}

extension KeptAudio {
    /// Makes the audio survive a crash of the machine, every second until it is settled. It has a thread of its own, since a
    /// slow disk must not hold up the one that appends.
    ///
    /// - Parameter first: called once, with the first bytes: makes the file's name last too.
    package func synchroniseEverySecond(first: () -> Void) {
        var isFirst = true
        while true {
            let isSettled = state.wait(atMost: 1) { $0.isSettled ? true : nil } ?? false
            if isSettled { return }
            if synchronise(), isFirst {
                isFirst = false
                first()
            }
        }
    }

    /// Says that nothing more is wanted: ends `synchroniseEverySecond`, and whoever appends.
    package func settle() {
        state.change { $0.isSettled = true }
    }

    /// Makes what was received so far survive a crash of the machine.
    ///
    /// - Returns: whether there was anything new.
    @discardableResult
    package func synchronise() -> Bool {
        let (parts, size, synchronised) = state.read { ($0.parts, $0.size, $0.synchronised) }
        guard size > synchronised else { return false }
        // A disk that refuses shows it at the next write, too; there is nobody to tell here who could do better.
        for part in parts { _ = fdatasync(part.file) }
        state.change { $0.synchronised = max($0.synchronised, size) }
        return true
    }

    /// Brings what went elsewhere back to the file, if there is room for all of it now.
    ///
    /// - Returns: bytes that are still not in the file.
    package func consolidate() -> Int {
        let (parts, size) = state.read { ($0.parts, $0.size) }
        guard parts.count == 2 else { return 0 }
        let start = parts[1].start
        do throws(SystemError) {
            try KeptAudio.copy(parts[1].file, from: 0, count: size - start, to: parts[0].file, at: start)
            return 0
        } catch {
            // What has its end elsewhere ends where that begins.
            ftruncate(parts[0].file, off_t(start))
            return size - start
        }
    }

    /// Writes all of it to another file, which then survives a crash of the machine.
    package func copy(to file: CInt) throws(SystemError) {
        let (parts, size) = state.read { ($0.parts, $0.size) }
        for (number, part) in parts.enumerated() {
            let end = number + 1 < parts.count ? parts[number + 1].start : size
            try KeptAudio.copy(part.file, from: 0, count: end - part.start, to: file, at: part.start)
        }
        try retrying("fdatasync") { fdatasync(file) }
    }

    private static func copy(
        _ source: CInt, from: Int, count: Int, to target: CInt, at place: Int
    ) throws(SystemError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var done = 0
        while done < count {
            let got = try retrying("read") {
                buffer.withUnsafeMutableBytes {
                    pread(source, $0.baseAddress, min($0.count, count - done), off_t(from + done))
                }
            }
            if got == 0 { throw SystemError(code: EIO, call: "read") }
            try writeAll(target, Array(buffer[..<got]), at: place + done)
            done += got
        }
    }
}
