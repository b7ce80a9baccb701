internal import Glibc
internal import Models
internal import Plugins
internal import Text

/// `vt-wheel`, the program that knows the index of Python packages.
struct WheelProgram {
    let path: String

    /// - Throws: `.unavailable` if it is not installed.
    static func find() throws(InstallingError) -> WheelProgram {
        guard let path = ProgramFiles.path("libexec/vt/vt-wheel", source: "Sources/engines/vt-wheel") else {
            throw InstallingError(
                .unavailable, "vt-wheel is missing in libexec/vt beside the program's folder",
                hint: "scripts/install puts it there")
        }
        return WheelProgram(path: path)
    }

    /// Runs it to its end.
    ///
    /// - Parameters:
    ///   - arguments: a command and a path.
    ///   - name: what is installed, for the progress.
    func run(
        _ arguments: [String], name: String, _ progress: TransferProgress, _ cancellation: Cancellation?
    ) throws(InstallingError) {
        let child = ChildProcess(path, arguments + ["--events"], environment: .inheritedWithoutKeys())
        progress.begin("fetching", of: name)
        do {
            let outcome = try unsafe child.stream(cancellation: cancellation, feed: { _ in 0 }) { line in
                guard let event = EventLine(parsing: line) else { return }
                progress.show(event, of: name)
            }
            progress.end()
            guard !outcome.isSuccess else { return }
            throw ProgramFailure(outcome, of: "vt-wheel").error
        } catch let error as InstallingError {
            throw error
        } catch let error as PluginError {
            throw InstallingError(
                error.code == .cancelled ? .cancelled : .unavailable, error.message, hint: error.hint)
        } catch {
            throw InstallingError(.unavailable, "vt-wheel: \(error)")
        }
    }
}

extension TransferProgress {
    /// Shows what an event line says: `progress done=BYTES total=BYTES` with a text, or `status`.
    func show(_ event: EventLine, of name: String) {
        let text = event.text.sanitized
        switch event.verb {
        case "progress":
            guard let done = event["done"].flatMap({ Int($0) }), done >= 0 else { return }
            let total = event["total"].flatMap { Int($0) }
            let step = text.isEmpty ? "fetching" : text
            if current.step != step || done < current.done {
                begin(step, of: event["name"]?.sanitized ?? name, from: done, total: total)
            }
            advance(to: done, of: total)
        case "status" where !text.isEmpty: begin(text, of: name)
        default: break
        }
    }
}

/// What a program of somebody else's says of its failure.
struct ProgramFailure {
    let error: InstallingError

    /// - Parameters:
    ///   - event: its last `error` line, if it writes any.
    ///   - name: its own.
    init(_ outcome: ChildProcess.Outcome, event: EventLine? = nil, of name: String) {
        let lines = String(decoding: outcome.errors, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { String($0).sanitized }.filter { !$0.allSatisfy(\.isWhitespace) }
        let hint = event?["hint"] ?? lines.last { $0.hasPrefix("hint: ") }.map { String($0.dropFirst("hint: ".count)) }
        var message = event?.text.sanitized ?? lines.last { !$0.hasPrefix("hint: ") } ?? ""
        if message.hasPrefix("\(name): ") { message.removeFirst(name.utf8.count + 2) }
        let status: CInt
        switch outcome.termination {
        case .exited(let code) where ProgramFailure.known.contains(code): status = code
        case .exited(let code):
            status = 76
            if message.isEmpty { message = "it ended with status \(code)" }
        case .signalled(let signal):
            status = 76
            if message.isEmpty { message = "signal \(signal) ended it" }
        }
        if message.isEmpty { message = "it failed without a word (status \(status))" }
        error = InstallingError(.failed(status: status), "\(name): \(message)", hint: hint?.sanitized)
    }

    /// The statuses of vt(7) with which something fails.
    private static let known: Set<CInt> = [64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78]
}
