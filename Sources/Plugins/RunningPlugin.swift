internal import Glibc
internal import POSIX

/// A plugin that runs while its caller reads what it writes, when it suits the caller: for audio, which waits for nobody.
///
/// One thread calls everything. Output and errors are drained together; the plugin itself reads `/dev/null`. What holds for
/// every child (`ChildProcess`) holds for it.
package final class RunningPlugin {
    /// What one read brought.
    package enum Chunk: Equatable, Sendable {
        case bytes(Int)
        /// Nothing within the time.
        case nothing
        /// Nothing follows.
        case end
    }

    package let name: String
    private let pipes: ChildPipes
    private var process: SpawnedProcess?
    private let directory: PrivateDirectory
    private let leash: PluginLeash?
    private let onMessage: (String) -> Void
    private var messages = LineSplitter(limit: RunningPlugin.messageLimit)
    /// The last lines of its standard error that aren't blank, at most two: a hint follows what it is about.
    package private(set) var lastMessages: [String] = []
    /// When its process was seen to have ended, or last wrote after that.
    private var quietSince: ContinuousClock.Instant?
    private var isStopping = false

    private static let messageLimit = 1 << 16
    /// What processes that it left behind may still write: as long as nothing comes for so long, it is over.
    private static let lingering = Duration.milliseconds(100)

    /// Starts a plugin.
    ///
    /// - Parameters:
    ///   - plugin: what is run.
    ///   - call: the operation, and what it is told.
    ///   - leash: is given its process group while it runs.
    ///   - onMessage: gets its standard error line by line, as it comes.
    /// - Throws: `.cannotStart`, `.system`.
    package init(
        _ plugin: Plugin, _ call: Plugin.Call, leash: PluginLeash? = nil, onMessage: @escaping (String) -> Void
    ) throws(PluginError) {
        name = plugin.name
        self.leash = leash
        self.onMessage = onMessage
        do {
            directory = try PrivateDirectory()
        } catch {
            throw plugin.noDirectory(error)
        }
        let child = plugin.process(for: call, in: directory.path, inherited: .inherited())
        do {
            pipes = try ChildPipes(.none)
        } catch {
            throw PluginError(.system, "\(plugin.name): \(error)")
        }
        do {
            process = try SpawnedProcess(
                child.executable, arguments: [child.executable] + child.arguments,
                environment: child.environment.entries, directory: nil, input: pipes.childInput,
                output: pipes.childOutput, errors: pipes.childErrors)
        } catch {
            throw PluginError(.cannotStart, "cannot run \(child.executable): \(error.reason)")
        }
        pipes.closeChildEnds()
        if let group = process?.number { leash?.hold(group, directory.path) }
    }

    deinit {
        _ = finish(within: .zero)
    }

    /// Waits for output, and reads what there is.
    ///
    /// - Parameters:
    ///   - buffer: receives the bytes.
    ///   - descriptor: ends the wait when it becomes readable; it isn't read. Negative: there is none.
    ///   - milliseconds: the longest wait.
    package func read(
        into buffer: UnsafeMutableRawBufferPointer, wakingOn descriptor: CInt, milliseconds: Int
    ) throws(PluginError) -> Chunk {
        guard let output = pipes.output?.number else { return .end }
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        while true {
            noticeEnd()
            var wait = max(.zero, deadline - .now)
            if let quietSince { wait = min(wait, max(.zero, quietSince + Self.lingering - .now)) }
            var entries = [
                pollfd(fd: output, events: CShort(POLLIN), revents: 0),
                pollfd(fd: pipes.errors?.number ?? -1, events: CShort(POLLIN), revents: 0),
                pollfd(fd: descriptor, events: CShort(POLLIN), revents: 0),
                pollfd(fd: quietSince == nil ? process?.descriptor ?? -1 : -1, events: CShort(POLLIN), revents: 0),
            ]
            let (seconds, attoseconds) = wait.components
            _ = poll(
                &entries, nfds_t(entries.count), CInt(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000))
            if entries[1].revents != 0 { drainMessages(once: true) }
            if entries[0].revents != 0 {
                let count = try readOutput(output, buffer)
                if count == 0 {
                    pipes.output = nil
                    return .end
                }
                if let count {
                    if quietSince != nil { quietSince = .now }
                    return .bytes(count)
                }
            } else if let quietSince, .now - quietSince >= Self.lingering {
                // Something that it left behind holds the pipe, and is silent.
                pipes.output = nil
                return .end
            }
            if entries[2].revents != 0 || ContinuousClock.now >= deadline { return .nothing }
        }
    }

    /// Whether its process has exited.
    private func noticeEnd() {
        if quietSince == nil, process?.hasExited == true { quietSince = .now }
    }

    private func readOutput(_ output: CInt, _ buffer: UnsafeMutableRawBufferPointer) throws(PluginError) -> Int? {
        do {
            return try readOnce(output, into: buffer)
        } catch {
            if error.code == EAGAIN { return nil }
            throw PluginError(.system, "\(name): \(error)")
        }
    }

    /// Reads what it has written on its standard error.
    ///
    /// - Parameter once: a plugin that floods it is not to hold up its own output.
    private func drainMessages(once: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { buffer in
            while let number = pipes.errors?.number, let count = try? readOnce(number, into: buffer) {
                if count == 0 {
                    pipes.errors = nil
                    try? messages.finish(onLine: take)
                    return
                }
                do {
                    try messages.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]), onLine: take)
                } catch {
                    // A line without end says nothing.
                    messages = LineSplitter(limit: Self.messageLimit)
                }
                if once { return }
            }
        }
    }

    private func take(_ line: String) {
        guard !line.allSatisfy(\.isWhitespace) else { return }
        lastMessages = lastMessages.suffix(1) + [line]
        onMessage(line)
    }

    /// Asks it to end: SIGTERM to its process group. What it still writes is to be read.
    package func stop() {
        guard !isStopping else { return }
        isStopping = true
        process?.signalGroup(SIGTERM)
    }

    /// Waits for its end, stops it where it takes longer, kills what is left of its group, and removes its directory.
    ///
    /// What it writes meanwhile is drained and dropped.
    ///
    /// - Parameter patience: how long it may take to exit after SIGTERM.
    /// - Returns: how it ended, and whether it had to be killed; nil where that was asked before.
    package func finish(within patience: Duration) -> (termination: ChildProcess.Termination, wasKilled: Bool)? {
        guard process != nil else { return nil }
        // One that has closed its output is on its way out, and has a status to give.
        if pipes.output == nil, !isStopping { waitForEnd(within: patience) }
        noticeEnd()
        if quietSince == nil { stop() }
        waitForEnd(within: patience)
        let wasKilled = quietSince == nil
        // Also of a group whose leader has gone: nobody answers for the rest of it.
        process?.signalGroup(SIGKILL)
        drainMessages(once: false)
        leash?.release()
        guard let status = process.take()?.reap() else { return nil }
        pipes.output = nil
        pipes.errors = nil
        let signal = status & 0x7F
        return (signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal), wasKilled)
    }

    /// Waits until its process has exited, and drains it meanwhile.
    private func waitForEnd(within patience: Duration) {
        let deadline = ContinuousClock.now + patience
        noticeEnd()
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { scrap in
            while quietSince == nil, ContinuousClock.now < deadline {
                if pipes.output != nil {
                    _ = try? read(into: scrap, wakingOn: -1, milliseconds: 20)
                } else {
                    drainMessages(once: true)
                    usleep(2000)
                }
                noticeEnd()
            }
        }
    }
}
