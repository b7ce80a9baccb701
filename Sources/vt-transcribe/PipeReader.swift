internal import Glibc
internal import POSIX
internal import Program
internal import Transcription

/// The thread that takes audio from a pipe and keeps it, whatever else happens.
final class PipeReader: Sendable {
    private let descriptor: CInt
    /// Keeps the descriptor open for a thread that is left behind.
    private let file: InputFile?
    private let name: String
    private let kept: KeptAudio
    private let onOverflow: @Sendable (SystemError) -> Void
    private let error = Monitor<SystemError?>(nil)

    /// As much as a pipe holds by default.
    private static let blockSize = 1 << 16

    /// - Parameter onOverflow: is told why what follows is kept elsewhere.
    init(
        _ descriptor: CInt, of file: InputFile?, name: String, into kept: KeptAudio,
        onOverflow: @escaping @Sendable (SystemError) -> Void
    ) {
        self.onOverflow = onOverflow
        self.descriptor = descriptor
        self.file = file
        self.name = name
        self.kept = kept
    }

    /// What reading or keeping failed with; nil while nothing has.
    var failure: SystemError? { error.read(\.self) }

    /// Begins to read. The thread goes on to the end of the input, or until nothing more is wanted.
    func start() throws(SystemError) {
        try Thread("reader") { [self] in
            do throws(SystemError) {
                try read()
            } catch {
                self.error.note { $0 = error }
            }
            kept.finish()
        }.detach()
    }

    private func read() throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PipeReader.blockSize, alignment: 16)
        defer { buffer.deallocate() }
        while !kept.isSettled {
            let count: Int
            do throws(SystemError) {
                count = try readOnce(descriptor, into: buffer, name: name)
            } catch  where error.code == EAGAIN {
                // Somebody else made it non-blocking: the flag belongs to the open file, which we may share.
                _ = try waitUntilReady(descriptor, for: CInt(POLLIN))
                continue
            }
            if count == 0 { return }
            if let reason = try kept.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
                onOverflow(reason)
            }
        }
    }
}
