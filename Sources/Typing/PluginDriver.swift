package import Plugins
internal import Glibc
internal import POSIX
internal import Text

/// A driver in a process of its own: the operation `type-v1` of a plugin (vt-plugin(7)).
///
/// It runs from `prepare` to `finish`, so that one that is slow to start is ready when the first words are; one that
/// ended is started again for the next utterance.
package final class PluginDriver: Driver {
    private let plugin: Plugin
    private let options: [(key: String, value: String)]
    private let settings: DriverSettings
    private var process: DriverProcess?
    /// Why it could not be started; comes again, and is told, when there is text.
    private var failure: TypingError?

    /// How long an answer may take: from the event on, and for each character, in seconds.
    private static let patience = (event: 10.0, character: 0.1)
    /// The longest text of one event, in bytes.
    static let textLimit = 1 << 15

    /// - Parameter options: `--option key=value`; those that the plugin does not declare are an error.
    package init(_ plugin: Plugin, options: [(key: String, value: String)] = [], _ settings: DriverSettings) {
        self.plugin = plugin
        self.options = options
        self.settings = settings
    }

    package func prepare() {
        if process?.hasEnded == true { process = nil }
        guard process == nil else { return }
        do throws(TypingError) {
            process = try start()
            failure = nil
        } catch {
            failure = error
        }
    }

    private func start() throws(TypingError) -> DriverProcess {
        do {
            let description = try plugin.describe()
            var variables = try description.variables(for: options, of: plugin.name)
            if let delay = settings.delay { variables["VT_DELAY"] = String(delay) }
            return try DriverProcess(
                plugin, Plugin.Call("type-v1", variables: variables, secrets: description.secrets), settings)
        } catch let error as PluginError {
            throw TypingError(.noDriver, error.message, hint: error.hint)
        } catch {
            throw TypingError(.noDriver, "\(plugin.name): \(error)")
        }
    }

    package func deliver(_ text: String) throws(TypingError) {
        prepare()
        guard let process else { throw failure ?? TypingError(.noDriver, "\(plugin.name) cannot be started") }
        let events = PluginDriver.events(for: text)
        process.send(events)
        let characters = events.map(\.text.unicodeScalars.count).max() ?? 0
        let perCharacter = PluginDriver.patience.character + 0.002 * Double(settings.delay ?? 0)
        switch process.wait(atMost: PluginDriver.patience.event + perCharacter * Double(characters)) {
        case .answered(let answers):
            guard let failed = answers.first(where: { $0.status != 0 }) else { return }
            let message = failed.said ?? process.lastErrorLine() ?? "it failed with status \(failed.status)"
            // 69 says that nothing was typed; but something was where an event before it went well.
            let isUntouched = failed.status == 69 && answers.first?.status == 69
            throw TypingError(isUntouched ? .refused : .driverFailed, "\(plugin.name): \(message)", hint: failed.hint)
        case .ended(let answers, let ending, let said, let hint):
            process.end()
            self.process = nil
            var error = error(ending, said: said, isUntouched: answers.isEmpty)
            error.hint = error.hint ?? hint
            throw error
        case .late(_, let stray):
            process.end(isHung: true)
            self.process = nil
            let wrote = stray.map { "; it wrote “\($0)”, which is no event" } ?? ""
            throw TypingError(.timedOut, "\(plugin.name) hangs: it did not answer that the text was typed\(wrote)")
        }
    }

    /// What the end before the last answer means (DESIGN §4, "Fail").
    private func error(
        _ ending: Result<ChildProcess.Outcome, PluginError>, said: String?, isUntouched: Bool
    ) -> TypingError {
        switch ending {
        case .failure(let error):
            return TypingError(error.code == .cancelled ? .cancelled : .driverFailed, error.message, hint: error.hint)
        case .success(let outcome):
            let said = (said ?? outcome.lastErrorLine)?.sanitized.prefix(1000).description
            switch outcome.termination {
            case .signalled(let signal):
                return TypingError(.driverFailed, "\(plugin.name): \(said ?? "it died of signal \(signal)")")
            case .exited(0):
                return TypingError(
                    .driverFailed, "\(plugin.name): it ended without saying that the text was typed")
            case .exited(let status):
                let message = "\(plugin.name): \(said ?? "it failed with status \(status)")"
                // Unavailable, refused, wrongly set up: it will be for the next utterance, too.
                guard [69, 77, 78].contains(status) else { return TypingError(.driverFailed, message) }
                return TypingError(isUntouched ? .noSession : .driverFailed, message)
            }
        }
    }

    package func finish() {
        guard let process else { return }
        self.process = nil
        if case .success(let outcome) = process.end(), !outcome.isSuccess {
            settings.note("\(plugin.name): \(outcome.lastErrorLine ?? "it failed after everything was typed")")
        }
    }

    /// Keystrokes as `text` and `key` events.
    static func events(for keystrokes: String) -> [EventLine] {
        var events: [EventLine] = []
        var text = ""
        func flush() {
            if !text.isEmpty { events.append(EventLine("text", text: text)) }
            text = ""
        }
        for character in keystrokes {
            // A key is a character of its own, except for CR LF, which `KeyPolicy` has made one.
            if let key = keyNames[character] {
                flush()
                events.append(EventLine("key", text: key))
            } else {
                if text.utf8.count + character.utf8.count > textLimit { flush() }
                text.append(character)
            }
        }
        flush()
        return events
    }

    private static let keyNames: [Character: String] = ["\r": "enter", "\t": "tab", "\u{1B}": "escape"]
}
