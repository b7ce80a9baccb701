internal import Glibc
internal import Plugins
internal import POSIX

/// A helper program that stays, with a standard input that says nothing, until it is ended or this process is gone.
final class Holder: Sendable {
    private let startedAt = ContinuousClock.now
    private let input: Pipe
    private let cancellation: Cancellation
    private let result = Monitor<Result<Void, TypingError>?>(nil)
    private let thread = Monitor<Thread?>(nil)

    init(_ tool: HelperProgram) throws(SystemError) {
        input = try Descriptor.pipe()
        cancellation = try Cancellation()
        let started = try Thread("keyboard") { [self] in
            let outcome = tool.hold(input.reading.number, cancellation)
            result.note { $0 = outcome }
        }
        thread.note { $0 = started }
    }

    /// Whether it is gone.
    var hasEnded: Bool { result.note { $0 != nil } }

    /// Why it is gone, where it failed.
    var failure: TypingError? {
        result.note {
            if case .failure(let error) = $0 { error } else { nil }
        }
    }

    /// Waits until it has run for that long, or has ended.
    func waitUntilSettled(_ milliseconds: Int) {
        while !hasEnded, ContinuousClock.now - startedAt < .milliseconds(milliseconds) { usleep(5000) }
    }

    /// Ends it, and waits until it is gone.
    func end() {
        cancellation.cancel()
        thread.note { $0.take() }?.join()
    }
}
