internal import Audio
internal import Capture
internal import Glibc
internal import POSIX
internal import Synchronization

/// Where the recording goes: standard output or a file, with a WAV header or without.
struct Destination: ~Copyable, RecordingSink {
    private let format: AudioFormat
    private let raw: Bool
    private let name: String
    private let descriptor: CInt
    private var file: OutputFile?
    private var wav: WAVWriter?
    private var isEmpty = true
    /// The file under its temporary name, for when there is no time left to finish it.
    let unfinished: UnfinishedFile?

    /// Opens the file, if one is named; nothing is written yet.
    init(path: String?, format: AudioFormat, raw: Bool) throws(OutputError) {
        self.format = format
        self.raw = raw
        name = path ?? "standard output"
        if let path {
            let opened = try OutputFile(path, whenAbandoned: .kept)
            descriptor = opened.descriptor
            unfinished = opened.temporaryPath.map { [path = opened.finalPath] in
                UnfinishedFile(temporary: $0, final: path)
            }
            file = consume opened
        } else {
            descriptor = STDOUT_FILENO
            unfinished = nil
            file = nil
        }
    }

    /// Writes the header at once: who reads it can prepare for what comes.
    mutating func begin() throws {
        if !raw, wav == nil { wav = try WAVWriter(descriptor, format: format, name: name) }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        if raw {
            try writeAll(descriptor, bytes, name: name)
        } else {
            try wav?.write(bytes)
        }
        isEmpty = false
    }

    /// Completes the recording; without any sound, a file that would have been new is not left behind.
    ///
    /// - Parameter headerAtLeast: whether an empty recording is one, too: it was ended before it began.
    mutating func finish(headerAtLeast: Bool) throws {
        if isEmpty, !headerAtLeast {
            unfinished?.remove()
            return
        }
        try begin()
        try wav?.finish()
        try file?.commit()
    }

    /// After an error: saves what is there under its name.
    mutating func salvage() {
        if isEmpty {
            unfinished?.remove()
            return
        }
        try? wav?.finish()
        try? file?.commit()
    }
}

/// A file that still has its temporary name.
struct UnfinishedFile: Sendable {
    let temporary: String
    let final: String

    /// Gives it its name, as it is.
    func keep() {
        rename(temporary, final)
    }

    /// Leaves nothing of it.
    func remove() {
        unlink(temporary)
    }
}

/// Whether a signal came before.
final class SeenSignal: Sendable {
    private let count = Atomic<Int>(0)

    func isFirst() -> Bool {
        count.add(1, ordering: .relaxed).oldValue == 0
    }
}
