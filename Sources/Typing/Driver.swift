package import Plugins

/// A way to deliver text; chosen from `DriverRow.all`.
package protocol Driver: AnyObject {
    /// Gets ready while nothing has been said yet, so that the first words do not wait. Says nothing of failure: `deliver` does.
    func prepare()

    /// Delivers text, and returns when it has been handed over completely.
    ///
    /// - Parameter text: keystrokes as `KeyPolicy.keystrokes(for:)` makes them.
    /// - Throws: where not all of it was delivered; nobody knows how much was.
    func deliver(_ text: String) throws(TypingError)

    /// Leaves things as they were found. Nothing is delivered afterwards.
    func finish()
}

/// What every driver gets.
package struct DriverSettings: Sendable {
    /// Between two key presses, in milliseconds; nil is the driver's own best.
    package var delay: Int?
    /// Stops a delivery.
    package var cancellation: Cancellation
    /// Says what is worth knowing but no failure.
    package var note: @Sendable (String) -> Void
    /// Says what the user ought to know although the text was delivered.
    package var warn: @Sendable (String) -> Void

    package init(
        delay: Int? = nil, cancellation: Cancellation, note: @escaping @Sendable (String) -> Void = { _ in },
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.delay = delay
        self.cancellation = cancellation
        self.note = note
        self.warn = warn
    }
}

/// One driver as `--driver` names it. To add one, add a row.
package struct DriverRow: Sendable {
    package var name: String
    package var summary: String
    /// The sessions in which it is chosen by itself; none: only by name.
    package var sessions: [Session]
    /// The program that it needs on PATH, and the package that has it (Debian's name).
    package var requires: (program: String, package: String)?
    /// Makes the driver; the path is the required program's, or empty.
    package var make: @Sendable (String, DriverSettings) -> any Driver

    /// In the order in which they are tried.
    package static let all: [DriverRow] = [
        DriverRow(
            name: "xdotool", summary: "the focused window of an X11 session", sessions: [.x11],
            requires: ("xdotool", "xdotool"), make: { XdotoolDriver(program: $0, settings: $1) }),
        DriverRow(
            name: "virtual-keyboard", summary: "the focused window of a Wayland session, by a keyboard of our own",
            sessions: [.wayland], requires: nil, make: { VirtualKeyboardDriver($1) }),
        DriverRow(
            name: "wtype", summary: "the same, by the program wtype", sessions: [], requires: ("wtype", "wtype"),
            make: { WtypeDriver(program: $0, settings: $1) }),
        DriverRow(
            name: "print", summary: "standard output, for pipes", sessions: [], requires: nil,
            make: { PrintDriver($1) }),
    ]

    /// Where the driver's program is; nil where it isn't installed.
    package var program: String? {
        guard let requires else { return "" }
        return findProgram(requires.program)
    }

    /// Makes the driver.
    ///
    /// - Throws: `.noDriver` where its program isn't installed.
    package func driver(_ settings: DriverSettings) throws(TypingError) -> any Driver {
        guard let program else {
            let package = requires?.package ?? name
            throw TypingError(
                .noDriver, "\(requires?.program ?? name) is not installed",
                hint: "install the package \(package), for example with: sudo apt install \(package)")
        }
        return make(program, settings)
    }
}
