internal import Audio
internal import Glibc
internal import POSIX
internal import Program

/// The input: a file or a pipe, whose end can be brought forward by a signal.
final class EncodeInput: ByteSource {
    let name: String
    let isRegularFile: Bool
    private let source: DescriptorSource
    private let number: CInt
    /// Becomes readable when nothing more shall be read.
    private let ending: Pipe

    var fileDescriptor: CInt? { source.fileDescriptor }

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws {
        ending = try Descriptor.pipe()
        if path == "-" {
            name = "standard input"
            number = STDIN_FILENO
            source = DescriptorSource(borrowing: STDIN_FILENO, name: name)
        } else {
            name = path
            do throws(SystemError) {
                let descriptor = try Descriptor.open(path, O_RDONLY | O_NOCTTY)
                number = descriptor.number
                var status = stat()
                if fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    throw SystemError(code: EISDIR, call: "open", subject: path)
                }
                if isatty(number) == 1 { throw SystemError(code: ENOTTY, call: "open", subject: path) }
                source = DescriptorSource(descriptor, name: path)
            } catch {
                switch error.code {
                case EISDIR: throw Failure(.noInput, "\(path) is a folder, not a file", hint: "name a file in it")
                case ENOTTY: throw Failure(.usage, "\(path) is a terminal, not audio")
                case ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENXIO:
                    throw Failure(.noInput, "\(path): \(error.reason)")
                default: throw error
                }
            }
        }
        isRegularFile = source.isRegularFile
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if !isRegularFile, try waitForInput() { return 0 }
        return try source.read(into: buffer)
    }

    /// Waits until there is something to read.
    ///
    /// - Returns: whether nothing shall be read any more.
    private func waitForInput() throws(SystemError) -> Bool {
        var entries = [
            pollfd(fd: number, events: CShort(POLLIN), revents: 0),
            pollfd(fd: ending.reading.number, events: CShort(POLLIN), revents: 0),
        ]
        try retrying("poll", on: name) { poll(&entries, 2, -1) }
        return entries[1].revents != 0
    }

    /// The descriptor to write to from another thread so that the input ends.
    var endingDescriptor: CInt { ending.writing.number }
}
