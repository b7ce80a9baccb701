import Glibc
import POSIX
import Program

/// A model that loads on a thread of its own.
final class Loading {
    private let thread: Thread
    private let outcome: Outcome
    /// Reports the end of the load by closing: the thread holds the other end.
    private let finished: Descriptor

    private final class Outcome: Sendable {
        let result = Monitor<Result<Decoder, Failure>?>(nil)
    }

    init(_ settings: Settings) throws(SystemError) {
        let outcome = Outcome()
        let pipe = try Descriptor.pipe()
        // A pipe can't be taken apart outside its module.
        finished = try pipe.reading.duplicate()
        let end = try pipe.writing.duplicate().release()
        self.outcome = outcome
        thread = try Thread("load model") {
            let result: Result<Decoder, Failure>
            do throws(Failure) {
                result = .success(try Decoder(settings))
            } catch {
                result = .failure(error)
            }
            outcome.result.note { $0 = result }
            close(end)
        }
    }

    /// Waits until the descriptor has something to read, or the model is there.
    ///
    /// - Returns: false once the model is there, or has failed to load.
    func isUnfinished(whileWaitingFor descriptor: CInt) throws(SystemError) -> Bool {
        var entries = [
            pollfd(fd: descriptor, events: CShort(POLLIN), revents: 0),
            pollfd(fd: finished.number, events: CShort(POLLIN), revents: 0),
        ]
        try retrying("poll") { unsafe poll(&entries, 2, -1) }
        return entries[1].revents == 0
    }

    /// The model, once it is there. Call it once.
    func finish() throws(Failure) -> Decoder {
        thread.join()
        let result = outcome.result.note { result in
            defer { result = nil }
            return result
        }
        guard let result else { throw Failure(.internalError, "the model's thread left nothing") }
        return try result.get()
    }
}
