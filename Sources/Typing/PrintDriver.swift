internal import Glibc
internal import POSIX
internal import Plugins

/// Writes the keystrokes to standard output: Enter as a line feed.
final class PrintDriver: Driver {
    private let cancellation: Cancellation

    init(_ settings: DriverSettings) {
        cancellation = settings.cancellation
    }

    func prepare() {}

    func deliver(_ text: String) throws(TypingError) {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar == "\r" ? "\n" : scalar) }
        var rest = Array(String(scalars).utf8)[...]
        do throws(SystemError) {
            while !rest.isEmpty {
                try waitForRoom()
                if cancellation.isCancelled { throw SystemError(code: ECANCELED, call: "write") }
                // What poll(2) promises room for in a pipe.
                let piece = rest.prefix(Int(PIPE_BUF))
                var failure: SystemError?
                piece.withUnsafeBytes { bytes in
                    do throws(SystemError) {
                        try writeAll(STDOUT_FILENO, bytes, name: "standard output")
                    } catch { failure = error }
                }
                if let failure { throw failure }
                rest = rest.dropFirst(piece.count)
            }
        } catch {
            if error.code == ECANCELED { throw TypingError(.cancelled, "stopped while writing") }
            throw TypingError(.output, error.description)
        }
    }

    /// A reader that stopped reading must not keep us from ending.
    private func waitForRoom() throws(SystemError) {
        var entries = [
            pollfd(fd: STDOUT_FILENO, events: CShort(POLLOUT), revents: 0),
            pollfd(fd: cancellation.descriptor, events: CShort(POLLIN), revents: 0),
        ]
        try retrying("poll") { poll(&entries, 2, -1) }
    }

    func finish() {}
}
