import Glibc
import POSIX
import Plugins
import Program
import Text
import Typing

/// type-v1: reads events, pastes, and answers.
final class Conversation {
    private let driver: any Driver
    private let cancellation: Cancellation

    init() throws {
        cancellation = try Cancellation()
        let keys = environment("VT_OPTION_KEYS") ?? PasteSettings.shortcuts[0]
        guard PasteSettings.shortcuts.contains(keys) else {
            let known = PasteSettings.shortcuts.joined(separator: ", ")
            try Self.write(EventLine("error", text: "keys is one of \(known), not \(keys)"))
            throw Failure(.configuration, "keys is one of \(known), not \(keys)")
        }
        let settings = PasteSettings(
            keys: keys.split(separator: "+").map(String.init), cancellation: cancellation,
            warn: { text in try? Self.write(EventLine("warning", text: text)) }, hold: Holding.start)
        switch Session.current {
        case .x11: driver = X11PasteDriver(settings)
        case .wayland: driver = WaylandPasteDriver(settings)
        case .none:
            let message = "there is no clipboard: neither WAYLAND_DISPLAY nor DISPLAY is set"
            try Self.write(EventLine("error", text: message))
            throw Failure(.unavailable, message)
        }
        // Ended in the middle, it puts the clipboard back before it goes.
        try Signals.watch([SIGTERM, SIGINT, SIGHUP]) { [cancellation] _ in cancellation.cancel() }
    }

    func run() throws {
        driver.prepare()
        var input = UtteranceReader(STDIN_FILENO, cancellation: cancellation)
        while case .line(let line) = try input.next() {
            guard let event = EventLine(parsing: line.text) else { continue }
            switch event.verb {
            case "text": try answer(event.text)
            case "key":
                switch event.text {
                case "enter": try answer("\r")
                case "tab": try answer("\t")
                case "escape": try answer("\u{1B}")
                default:
                    try Self.write(EventLine("error", text: "no key is called \(event.text)"))
                    try Self.write(EventLine("done", [.init("status", "69")]))
                }
            default: break
            }
        }
        driver.finish()
    }

    private func answer(_ keystrokes: String) throws {
        do throws(TypingError) {
            try driver.deliver(keystrokes)
        } catch {
            let hint = error.hint.map { [EventLine.Attribute("hint", $0)] } ?? []
            try Self.write(EventLine("error", hint, text: error.message))
            // There is no use in asking again.
            if error.code == .noSession { throw error }
            try Self.write(EventLine("done", [.init("status", error.isUntouched ? "69" : "75")]))
            return
        }
        try Self.write(EventLine("done"))
    }

    private static func write(_ event: EventLine) throws {
        try writeAll(STDOUT_FILENO, event.line, name: "standard output")
    }
}
