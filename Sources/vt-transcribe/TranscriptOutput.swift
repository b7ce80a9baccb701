internal import Glibc
internal import POSIX

/// Where the transcript goes: standard output, or the file of `-o`.
// Sendable: written by one thread at a time, and completed when there is no other any more.
final class TranscriptOutput: @unchecked Sendable {
    /// A write failed: nobody reads any more, or there is no room.
    struct WriteFailure: Error {
        let underlying: SystemError
    }

    private var file: OutputFile?
    private let descriptor: CInt
    private let name: String
    /// The unfinished file's name; nil where there is none.
    let temporaryPath: String?

    /// - Parameter path: the file; nil or `-` is standard output.
    init(path: String?) throws(OutputError) {
        if let path, path != "-" {
            let opened = try OutputFile(path)
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
        try file?.commit()
    }
}
