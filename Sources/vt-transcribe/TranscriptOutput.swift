internal import Batch
internal import Glibc
internal import POSIX
internal import Program

/// Where the transcript goes: standard output, or the file of `-o`.
// Sendable: written by one thread at a time, and completed when there is no other any more.
final class TranscriptOutput: @unchecked Sendable {
    /// A write failed: nobody reads any more, or there is no room.
    struct WriteFailure: Error {
        let underlying: SystemError
    }

    private var file: OutputFile?
    private let overwrites: Bool
    private let descriptor: CInt
    private let name: String
    /// The unfinished file's name; nil where there is none.
    let temporaryPath: String?

    /// - Parameters:
    ///   - path: the file; nil or `-` is standard output.
    ///   - overwrites: whether a file is replaced that vt has not made, or that somebody has changed.
    init(path: String?, overwrites: Bool = false) throws(OutputError) {
        self.overwrites = overwrites
        if let path, path != "-" {
            let opened = try OutputFile(path) { overwrites || OwnFile.mayBeReplaced($0) }
            descriptor = opened.descriptor
            temporaryPath = opened.temporaryPath
            name = path
            file = consume opened
        } else {
            descriptor = STDOUT_FILENO
            temporaryPath = nil
            name = "standard output"
            file = nil
        }
    }

    /// Writes a piece at once; nothing is buffered.
    func write(_ text: String) throws(WriteFailure) {
        if text.isEmpty { return }
        do throws(SystemError) {
            try writeAll(descriptor, text, name: name)
        } catch {
            throw WriteFailure(underlying: error)
        }
    }

    /// Gives the file its name: the transcript is complete.
    func commit() throws(OutputError) {
        guard temporaryPath != nil, let final = file?.finalPath else {
            try file?.commit()
            return
        }
        let hash = OwnFile.mark(descriptor)
        let written = try file?.commit { overwrites || OwnFile.mayBeReplaced($0, by: hash) }
        if let written, written != final { Log.spared(final, written: written) }
    }
}

extension Log {
    /// Says that a file stays as it is, since it is somebody's work.
    static func spared(_ path: String, written: String) {
        warning(
            "\(path) is not as vt-transcribe has left it, and stays as it is; the new transcript is \(written)",
            hint: "--overwrite replaces it")
    }
}
