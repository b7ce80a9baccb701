internal import Glibc
internal import POSIX
internal import Synchronization
internal import Text

/// Messages on stderr: `vt-NAME: what happened`, one write for each.
///
/// `VT_LOG=error|warning|info|debug` chooses what is said (warning where it is unset); `--quiet` leaves errors only.
/// A message that isn't said costs one comparison: its text is never made.
package enum Log {
    package enum Level: Int, Sendable, Comparable, CaseIterable {
        case error
        case warning
        case info
        case debug

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        /// As `VT_LOG` spells it.
        package var name: String {
            switch self {
            case .error: "error"
            case .warning: "warning"
            case .info: "info"
            case .debug: "debug"
            }
        }
    }

    private static let threshold = Atomic<Int>(initialLevel.rawValue)

    private static var initialLevel: Level {
        guard let wanted = environment("VT_LOG") else { return .warning }
        return Level.allCases.first { $0.name == wanted } ?? .warning
    }

    /// What is said at present.
    package static var level: Level {
        get { Level(rawValue: threshold.load(ordering: .relaxed)) ?? .warning }
        set { threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// For the configuration's `log`, spelt as in `VT_LOG`. That comes first, and `--quiet`, where it was said already, stays.
    package static func use(_ name: String) {
        let isSaid = environment("VT_LOG") != nil || isQuiet.load(ordering: .relaxed)
        if !isSaid, let wanted = Level.allCases.first(where: { $0.name == name }) { level = wanted }
    }

    private static let isQuiet = Atomic(false)

    /// For `--quiet`: from now on only errors.
    package static func beQuiet() {
        isQuiet.store(true, ordering: .relaxed)
        if level > .error { level = .error }
    }

    /// Why the program fails. Said at every level.
    package static func error(_ message: @autoclosure () -> String, hint: String? = nil) {
        say(message(), hint: hint)
    }

    /// What the user should know although the work goes on.
    package static func warning(_ message: @autoclosure () -> String, hint: String? = nil) {
        if level >= .warning { say(message(), hint: hint) }
    }

    /// What was asked for and belongs on standard error, such as a summary: said at every level but `error`.
    package static func notice(_ message: @autoclosure () -> String) {
        if level > .error { say(message(), hint: nil) }
    }

    /// What was done that the user may want to follow.
    package static func info(_ message: @autoclosure () -> String) {
        if level >= .info { say(message(), hint: nil) }
    }

    /// Full detail.
    package static func debug(_ message: @autoclosure () -> String) {
        if level >= .debug { say(message(), hint: nil) }
    }

    /// Whether `VT_LOG` has a value that means nothing.
    package static var misspeltLevel: String? {
        guard let wanted = environment("VT_LOG"), !wanted.isEmpty else { return nil }
        return Level.allCases.contains { $0.name == wanted } ? nil : wanted
    }

    /// What makes room on the terminal before a message, and holds everything else back meanwhile; nil where nothing is drawn.
    package static func setRoomMaker(_ maker: (@Sendable (_ say: () -> Void) -> Void)?) {
        roomMaker.note { $0 = maker }
    }

    private static let roomMaker = Monitor<(@Sendable (() -> Void) -> Void)?>(nil)

    private static func say(_ message: String, hint: String?) {
        var text = "\(programName): \(message.sanitized)\n"
        if let hint { text += "hint: \(hint.sanitized)\n" }
        // With stderr closed or full there is nobody left to tell.
        let say = { [text] in _ = try? writeAll(STDERR_FILENO, text) }
        if let makeRoom = roomMaker.read(\.self) { makeRoom(say) } else { say() }
    }
}

/// The value of an environment variable; nil where it is unset.
package func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

/// The name that the program was started under, without its folder: `vt-record`.
package let programName: String = {
    guard let path = CommandLine.arguments.first else { return "vt" }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.isEmpty ? "vt" : name
}()
