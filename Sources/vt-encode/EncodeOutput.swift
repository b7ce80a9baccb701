internal import Audio
internal import Glibc
internal import POSIX

/// The output: standard output, or a file that gets its name when it is complete.
final class EncodeOutput: ByteSink {
    let isRewritable: Bool
    /// The file under its temporary name, for when there is no time left; nil where there is none.
    let unfinished: UnfinishedFile?
    private let name: String
    private let descriptor: CInt
    /// Where in the file the stream begins.
    private let origin: Int
    private var file: OutputFile?
    private let keepsHalf: Bool
    private var isEmpty = true

    /// - Parameters:
    ///   - path: nil is standard output.
    ///   - keepsHalf: whether half of it is worth its name: the input can't be had again.
    init(_ path: String?, keepsHalf: Bool) throws(OutputError) {
        self.keepsHalf = keepsHalf
        name = path ?? "standard output"
        if let path {
            let opened = try OutputFile(path, whenAbandoned: .removed)
            descriptor = opened.descriptor
            unfinished = opened.temporaryPath.map { [final = opened.finalPath] in
                UnfinishedFile(temporary: $0, final: final, isKept: keepsHalf)
            }
            file = consume opened
        } else {
            descriptor = STDOUT_FILENO
            unfinished = nil
            file = nil
        }
        let position = EncodeOutput.rewritablePosition(descriptor)
        isRewritable = position != nil
        origin = position ?? 0
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try writeAll(descriptor, bytes, name: name)
        isEmpty = false
    }

    func rewrite(_ bytes: [UInt8], at offset: Int) throws {
        try writeAll(descriptor, bytes, at: origin + offset, name: name)
    }

    /// Gives a complete file its name.
    func commit() throws(OutputError) {
        try file?.commit(isReproducible: !keepsHalf)
    }

    /// After an error: what is there of a recording that can't be had again keeps its name; of anything else nothing is left.
    func abandon() {
        if keepsHalf, !isEmpty { try? file?.commit() }
        file = nil
    }

    /// Leaves nothing under its name.
    func discard() { file = nil }

    /// The position in a regular file whose bytes can be written again.
    private static func rewritablePosition(_ descriptor: CInt) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        // pwrite appends where O_APPEND is set, whatever the offset (pwrite(2), BUGS).
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, flags & O_APPEND == 0 else { return nil }
        let position = lseek(descriptor, 0, SEEK_CUR)
        return position >= 0 ? Int(position) : nil
    }
}

/// A file that still has its temporary name.
struct UnfinishedFile: Sendable {
    let temporary: String
    let final: String
    let isKept: Bool

    /// Gives it its name, or leaves nothing of it.
    func leave() {
        if isKept { rename(temporary, final) } else { unlink(temporary) }
    }
}
