import ArgumentParser
import Glibc
import POSIX
import Plugins
import Program
import Text
import Typing

/// The clipboard as a way to type: an ordinary `vt-plugin 1` driver (vt-plugin(7)), which pastes.
struct ClipboardDriver: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-type-clipboard",
        abstract: "Deliver text by the clipboard: a driver for vt-type.",
        discussion: """
            type-v1 reads event lines (vt-events(5)) from stdin: it puts each text on the clipboard, presses the key that pastes, and \
            puts back what the clipboard held. hold keeps what that was, given on stdin, until another program takes the clipboard.
            """,
        version: version)

    @Argument(help: "describe, type-v1 or hold.")
    var operation: Operation

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case describe
        case type = "type-v1"
        case hold
    }

    static let description = """
        vt-plugin 1
        summary pastes from the clipboard, and puts back what it held
        option keys what pastes: \(PasteSettings.shortcuts.joined(separator: ", "))

        """

    mutating func work() throws -> ExitStatus {
        Signals.surviveFailedWrites()
        switch operation {
        case .describe: try writeAll(STDOUT_FILENO, Self.description, name: "standard output")
        case .hold: try Holding.run()
        case .type: try Conversation().run()
        }
        return .done
    }

    static func explain(_ error: any Error) -> Failure? {
        guard let error = error as? TypingError else { return nil }
        return Failure(.unavailable, error.message, hint: error.hint)
    }
}
