internal import Glibc
internal import POSIX

/// Watches one child from its start to its end, on the calling thread: drains it, keeps the limits, stops it.
final class Supervision {
    /// Between SIGTERM and SIGKILL (DESIGN §4).
    private static let termination = Duration.seconds(2)
    /// What a child that has exited may leave in pipes that others still hold open: as long as nothing comes.
    private static let lingering = Duration.milliseconds(100)
    private static let errorTail = 1 << 16

    private let name: String
    private let pipes: ChildPipes
    private let limits: ChildProcess.TimeLimits
    private let cancellation: Cancellation?
    private let onCaughtUp: ((Int) -> Void)?

    /// Why the child was stopped; nil where it ended by itself.
    private(set) var failure: (any Error)?
    /// The end of its standard error, at most 64 KiB.
    var errors: [UInt8] { Array(tail.suffix(Supervision.errorTail)) }
    private var tail: [UInt8] = []
    /// Whether it took all that there was for it.
    private(set) var hasReadItsInput = true

    /// - Parameter onCaughtUp: called when the child has read all that it was given, and all that it wrote before that has been
    ///   handed on; with how often the source had given something by then.
    init(
        name: String, pipes: ChildPipes, limits: ChildProcess.TimeLimits, cancellation: Cancellation?,
        onCaughtUp: ((Int) -> Void)? = nil
    ) {
        self.onCaughtUp = onCaughtUp
        self.name = name
        self.pipes = pipes
        self.limits = limits
        self.cancellation = cancellation
    }

    /// Returns when the child has exited; it has not been reaped then, so that its number is still its own.
    func run(
        _ child: borrowing SpawnedProcess, onErrors: ((UnsafeRawBufferPointer) -> Void)?,
        onOutput: (UnsafeRawBufferPointer) throws -> Void
    ) {
        var feeder: InputFeeder?
        var thread: Thread?
        do {
            if let feed = pipes.feed, let input = pipes.input.take() {
                let made = try InputFeeder(input, tellsReading: onCaughtUp != nil, feed: feed)
                thread = try made.start()
                feeder = made
            }
        } catch {
            failure = error
        }
        watch(child, feeder, onErrors, onOutput)
        if let feeder {
            feeder.stop()
            thread?.join()
            if failure == nil { failure = feeder.current.failure }
            hasReadItsInput = feeder.childHasReadAll
        }
        pipes.output = nil
        pipes.errors = nil
    }

    private func watch(
        _ child: borrowing SpawnedProcess, _ feeder: InputFeeder?,
        _ onErrors: ((UnsafeRawBufferPointer) -> Void)?, _ onOutput: (UnsafeRawBufferPointer) throws -> Void
    ) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        let start = ContinuousClock.now
        // The time that our own side was held up with the output (a full pipe further on) is not the child's. What we compute
        // counts: else a child that writes without end would give itself time without end.
        var ownTime = Duration.zero
        var inputEnd: ContinuousClock.Instant?
        var killAt: ContinuousClock.Instant?
        var isKilled = false
        var exitSeen: ContinuousClock.Instant?

        while true {
            let now = ContinuousClock.now
            if exitSeen == nil, child.hasExited { exitSeen = now }
            if failure == nil, exitSeen == nil {
                failure = overrun(now - ownTime, start: start, inputEnd: inputEnd, feeder)
            }
            if failure != nil {
                if killAt == nil { child.signalGroup(SIGTERM) }
                let deadline = killAt ?? now + Supervision.termination
                killAt = deadline
                let isQuiet = pipes.output == nil && pipes.errors == nil
                if !isKilled, now >= deadline || (exitSeen != nil && isQuiet) {
                    // What is left of the group: nobody answers for it any more.
                    child.signalGroup(SIGKILL)
                    isKilled = true
                    exitSeen = exitSeen.map { _ in now }
                }
            }
            if let exitSeen, failure == nil || isKilled {
                if pipes.output == nil, pipes.errors == nil { return }
                if now - exitSeen >= Supervision.lingering { return }
            }

            var entries: [pollfd] = []
            func watch(_ descriptor: CInt?) -> Int? {
                guard let descriptor else { return nil }
                entries.append(pollfd(fd: descriptor, events: CShort(POLLIN), revents: 0))
                return entries.count - 1
            }
            let output = watch(pipes.output?.number)
            let errors = watch(pipes.errors?.number)
            let inputEnded = inputEnd == nil ? watch(feeder?.endDescriptor) : nil
            let hasRead = watch(feeder?.readDescriptor)
            if exitSeen == nil { _ = watch(child.descriptor) }
            let cancelled = failure == nil && exitSeen == nil ? watch(cancellation?.descriptor) : nil
            var wait = Duration.seconds(1)
            // Without a descriptor for the process (a kernel before 5.4) its end is looked for.
            if child.descriptor == nil || exitSeen != nil { wait = .milliseconds(10) }
            if let killAt, !isKilled { wait = min(wait, killAt - now) }
            if failure == nil, let next = nextLimit(now - ownTime, start: start, inputEnd: inputEnd) {
                wait = min(wait, next)
            }
            // Rounded up, so that a limit is over when poll returns.
            let milliseconds = max(
                0, wait.components.seconds * 1000 + (wait.components.attoseconds / 1_000_000_000_000_000) + 1)
            guard poll(&entries, nfds_t(entries.count), CInt(min(milliseconds, 60_000))) >= 0 else { continue }

            if let hasRead, entries[hasRead].revents != 0 { catchUp(feeder, buffer, onOutput) }
            if let output, entries[output].revents != 0 {
                let before = (wall: ContinuousClock.now, computing: threadTime())
                if readOutput(buffer, onOutput), exitSeen != nil { exitSeen = .now }
                ownTime += max(.zero, (.now - before.wall) - (threadTime() - before.computing))
            }
            if let errors, entries[errors].revents != 0, readErrors(buffer, onErrors), exitSeen != nil {
                exitSeen = .now
            }
            if let inputEnded, entries[inputEnded].revents != 0 {
                inputEnd = .now - ownTime
                if failure == nil { failure = feeder?.current.failure }
            }
            if let cancelled, entries[cancelled].revents != 0 {
                failure = PluginError(.cancelled, "\(name) was stopped")
            }
        }
    }

    private func catchUp(
        _ feeder: InputFeeder?, _ buffer: UnsafeMutableRawBufferPointer,
        _ onOutput: (UnsafeRawBufferPointer) throws -> Void
    ) {
        guard let count = feeder?.takeReading() else { return }
        // As much as the pipe holds, many times over: a child that never stops writing is not waited for.
        for _ in 0..<64 where !readOutput(buffer, onOutput) { break }
        onCaughtUp?(count)
    }

    /// - Returns: whether there was something.
    private func readOutput(
        _ buffer: UnsafeMutableRawBufferPointer, _ onOutput: (UnsafeRawBufferPointer) throws -> Void
    ) -> Bool {
        guard let number = pipes.output?.number else { return false }
        do {
            let count = try readOnce(number, into: buffer)
            if count == 0 { pipes.output = nil }
            guard count > 0 else { return false }
            // Once it is being stopped, what it still writes is drained and dropped.
            if failure == nil { try onOutput(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
            return true
        } catch let error as SystemError where error.code == EAGAIN {
            return false
        } catch {
            failure = error
            return false
        }
    }

    private func readErrors(
        _ buffer: UnsafeMutableRawBufferPointer, _ onErrors: ((UnsafeRawBufferPointer) -> Void)?
    ) -> Bool {
        guard let number = pipes.errors?.number else { return false }
        guard let count = try? readOnce(number, into: buffer) else { return false }
        if count == 0 { pipes.errors = nil }
        let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if count > 0 { onErrors?(chunk) }
        tail.append(contentsOf: chunk)
        if tail.count > 4 * Supervision.errorTail { tail.removeFirst(tail.count - Supervision.errorTail) }
        return count > 0
    }

    private func overrun(
        _ now: ContinuousClock.Instant, start: ContinuousClock.Instant, inputEnd: ContinuousClock.Instant?,
        _ feeder: InputFeeder?
    ) -> PluginError? {
        if let total = limits.total, now - start >= total {
            return PluginError(.timedOut, "\(name) took longer than \(total.inSeconds) s")
        }
        guard let limit = limits.afterInput() else { return nil }
        if let inputEnd {
            guard now - inputEnd >= limit else { return nil }
            return PluginError(
                .timedOut, "\(name) has not finished \(limit.inSeconds) s after the end of its input")
        }
        if let blocked = feeder?.current.blockedSince, now - blocked >= limit {
            return PluginError(.timedOut, "\(name) has read nothing for \(limit.inSeconds) s")
        }
        return nil
    }

    private func nextLimit(
        _ now: ContinuousClock.Instant, start: ContinuousClock.Instant, inputEnd: ContinuousClock.Instant?
    ) -> Duration? {
        var next = limits.total.map { $0 - (now - start) }
        if let inputEnd, let limit = limits.afterInput() {
            next = min(next ?? .seconds(3600), limit - (now - inputEnd))
        }
        return next
    }
}

/// How long the calling thread has computed.
private func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

extension Duration {
    /// Whole seconds with one decimal where it says something, for messages.
    fileprivate var inSeconds: String {
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
