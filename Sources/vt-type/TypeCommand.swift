import ArgumentParser
import Configuration
import Glibc
import POSIX
import Plugins
import Program
import Text
import Typing

struct TypeCommand: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-type",
        abstract: "Types text into the focused window as it arrives.",
        discussion: """
            Standard input is text, each line an utterance that is typed when its end arrives, or with --events the event lines of \
            vt-transcribe. Text presses no Enter, Tab or Escape unless --keys allows it. What cannot be delivered is kept in \
            $XDG_STATE_HOME/vt/undelivered.
            """,
        version: version)

    @Option(
        help: ArgumentHelp(
            "How to deliver: a name, a path, or several with commas, tried in turn (default: auto).", valueName: "name")
    )
    var driver: String?

    @Option(
        name: .customLong("option"),
        help: ArgumentHelp("An option of the driver's own; can be repeated.", valueName: "key=value"))
    var driverOptions: [String] = []

    @Flag(help: "List the drivers, where each was found, and which one is the default; run none.")
    var listDrivers = false

    @Option(
        help: ArgumentHelp(
            "Try a driver plugin against the rules of vt-plugin(7); it types a few words.", valueName: "name"))
    var checkDriver: String?

    @Flag(help: "The input is event lines, vt-events(5); what is final is typed.")
    var events = false

    @Option(
        help: ArgumentHelp("Keys that text may press: enter, tab and escape, separated by commas.", valueName: "list"))
    var keys: KeyPolicy?

    @Option(help: ArgumentHelp("Type this before each utterance.", valueName: "text"))
    var prefix: String?

    @Option(help: ArgumentHelp("Type this after each utterance.", valueName: "text"))
    var suffix: String?

    @Option(help: ArgumentHelp("Wait between keys, for windows that lose some (default: none).", valueName: "time"))
    var delay: TimeSpan?

    @OptionGroup var configurationOptions: ConfigurationOptions

    @OptionGroup var messages: MessageOptions

    func validate() throws {
        if configurationOptions.showConfig, listDrivers || checkDriver != nil {
            throw ValidationError(
                "--show-config and \(listDrivers ? "--list-drivers" : "--check-driver") do not go together")
        }
        if let delay, delay.seconds > 10 { throw ValidationError("--delay is at most 10s, not \(delay)") }
        if checkDriver != nil, listDrivers || driver != nil {
            throw ValidationError("--check-driver goes with --option only")
        }
        if driver?.split(separator: ",", omittingEmptySubsequences: false).contains(where: \.isEmpty) == true {
            throw ValidationError("--driver needs a name, or names with commas between them")
        }
        _ = try parsedOptions()
    }

    private func parsedOptions() throws -> [(key: String, value: String)] {
        try driverOptions.map { option in
            guard let equals = option.firstIndex(of: "="), equals > option.startIndex else {
                throw ValidationError("--option is key=value, not \(option)")
            }
            return (String(option[..<equals]), String(option[option.index(after: equals)...]))
        }
    }

    /// The drivers that `--driver` names.
    private func choices() throws(TypingError) -> [DriverChoice] {
        var choices: [DriverChoice] = []
        for name in (driver ?? "auto").split(separator: ",").map(String.init) {
            if name == "auto" {
                choices += try DriverChoice.automatic(for: .current)
            } else {
                choices.append(try DriverChoice.named(name))
            }
        }
        return choices
    }

    mutating func work() throws -> ExitStatus {
        messages.apply()
        let configuration = try configurationOptions.read(environment)
        if let level = configuration.value(.log)?.string { Log.use(level) }
        if checkDriver == nil {
            let asked = self
            try complete(by: configuration)
            if configurationOptions.showConfig {
                try writeAll(STDOUT_FILENO, listing(configuration, asked: asked), name: "standard output")
                return .done
            }
        }
        if listDrivers { return try printDrivers() }
        if let checkDriver { return try check(checkDriver, options: try parsedOptions()) }
        let store = UndeliveredStore()
        if let path = store.path(of: STDIN_FILENO) {
            throw Failure(
                .usage, "won't type \(path) while it may be written to",
                hint: "rename it first: mv \(path) again && vt-type --events < again")
        }
        let ending = try Ending.watch()
        var noDriver: TypingError?
        var chosen: (any Driver)?
        var lock: DisplayLock?
        do {
            let choices = try choices()
            chosen = try DriverChoice.driver(
                of: choices, options: try parsedOptions(),
                DriverSettings(
                    delay: delay.map { Int(($0.seconds * 1000).rounded()) }, cancellation: ending.cancellation,
                    note: { note in Log.info(note) }, warn: { warning in Log.warning(warning) }))
            if choices.contains(where: { $0.name != "print" }) { lock = openLock() }
            Log.debug("driver \(choices.map(\.name).joined(separator: ", "))")
        } catch let error as TypingError where error.code == .noDriver {
            // At once, so that nobody speaks for nothing; but what does come is kept.
            noDriver = error
            Log.error(error.message, hint: error.hint)
        }
        chosen?.prepare()
        let typist = Typist(
            driver: chosen, store: store, keys: keys ?? [], prefix: prefix ?? "", suffix: suffix ?? "",
            lock: lock, cancellation: ending.cancellation, pieceLength: pieceLength,
            report: { Log.error("cannot type: \($0.message)", hint: $0.hint) },
            lastResort: { Log.error("not typed: \($0)") })
        var input = UtteranceReader(STDIN_FILENO, cancellation: ending.cancellation)
        do {
            reading: while true {
                switch try input.next() {
                case .line(let line): type(line, with: typist)
                case .end, .cancelled: break reading
                }
            }
        } catch {
            typist.finish()
            throw error
        }
        if let signal = ending.signal {
            for line in input.remaining() { keep(line, with: typist) }
            typist.finish()
            if let message = undelivered(typist) { Log.error(message) }
            Signals.endProcess(by: signal)
        }
        typist.finish()
        if let message = undelivered(typist) {
            throw Failure(.unavailable, message, hint: retryHint(typist))
        }
        return noDriver == nil ? .done : .unavailable
    }

    static func explain(_ error: any Error) -> Failure? {
        if let error = error as? ConfigurationError { return Failure(.configuration, error.message, hint: error.hint) }
        guard let error = error as? TypingError else { return nil }
        return Failure(error.code == .unknownDriver ? .usage : .unavailable, error.message, hint: error.hint)
    }

    private func type(_ line: UtteranceReader.Line, with typist: Typist) {
        guard events else { return typist.type(line) }
        if let text = utterance(line) { typist.type(text) }
    }

    private func keep(_ line: UtteranceReader.Line, with typist: Typist) {
        guard events else { return typist.keep(line.text) }
        if let text = utterance(line) { typist.keep(text) }
    }

    /// What an event line says that is to be typed. Drafts are for those who can take them back.
    private func utterance(_ line: UtteranceReader.Line) -> String? {
        guard let event = EventLine(parsing: line.text) else {
            if !line.text.isEmpty {
                Log.warning("no event line: \(line.text.prefix(60))", hint: "without --events every line is typed")
            }
            return nil
        }
        switch event.verb {
        case "final": return event.text
        case "error": Log.warning("the recogniser says: \(event.text)")
        case "status": Log.info(event.text)
        default: break
        }
        return nil
    }

    /// Keeps other programs from typing into the same display meanwhile.
    private func openLock() -> DisplayLock? {
        do {
            return try DisplayLock()
        } catch {
            Log.info("another vt-type that types at the same time is not kept apart: \(error)")
            return nil
        }
    }

    /// Characters that are typed at a time: of those with a pause behind each, as many as take ten seconds.
    private var pieceLength: Int {
        guard let delay, delay.seconds > 0 else { return 400 }
        return max(1, Int(min(400, 10 / delay.seconds)))
    }

    private func undelivered(_ typist: Typist) -> String? {
        guard typist.undelivered > 0 else { return nil }
        let what =
            typist.undelivered == 1 ? "1 utterance was not typed" : "\(typist.undelivered) utterances were not typed"
        guard typist.unkept < typist.undelivered, !typist.places.isEmpty else { return what }
        return what + ", and kept in \(typist.places.joined(separator: " and "))"
    }

    private func retryHint(_ typist: Typist) -> String? {
        typist.places.first.map { "to type what was kept: mv \($0) again && vt-type --events < again" }
    }
}

extension KeyPolicy: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(list: argument)
    }
}
