internal import Glibc
internal import POSIX
internal import Plugins

/// Types into the window of an X11 session that has the focus, with `xdotool type --file -`.
///
/// xdotool presses the keys. What it cannot do is done before, over a connection of our own: see whether any window listens, let go of
/// held modifiers, turn Caps Lock off, and put the characters that the layout lacks on spare keys, so that xdotool finds
/// all of them and needs no pauses.
final class XdotoolDriver: Driver {
    private let tool: HelperProgram
    private let settings: DriverSettings
    private var display: (keyboard: X11Keyboard, spare: SpareKeys)?

    /// How long a push-to-talk key may stay down before it is let go of for the user, and before we give up, in milliseconds.
    private static let patience = (release: 300, end: 3000)

    init(program: String, settings: DriverSettings) {
        tool = HelperProgram(program, cancellation: settings.cancellation)
        self.settings = settings
    }

    func prepare() {
        // A failure comes again, and is told, when there is text.
        _ = try? connect()
    }

    private func connect() throws(TypingError) -> (keyboard: X11Keyboard, spare: SpareKeys) {
        if let display { return display }
        let name = getenv("DISPLAY").map { String(cString: $0) } ?? ""
        guard !name.isEmpty else {
            throw TypingError(
                .noSession, "xdotool types into X11 windows, and DISPLAY is not set",
                hint: "--driver print writes to standard output")
        }
        guard let address = X11Address(name) else {
            throw TypingError(.noSession, "DISPLAY=\(name) is no X11 display")
        }
        do throws(SystemError) {
            let keyboard = X11Keyboard(try X11Connection(address))
            let made = (keyboard, SpareKeys(keyboard, SpareKeyJournal(display: name)))
            display = made
            return made
        } catch {
            let refused = error.code == EACCES
            throw TypingError(
                .noSession, "cannot open display \(name): \(refused ? "it refuses us" : error.reason)",
                hint: refused ? "XAUTHORITY names the file with the key to the display" : nil)
        }
    }

    func deliver(_ text: String) throws(TypingError) {
        let keyboard = try connect().keyboard
        guard try asking({ () throws(SystemError) in try keyboard.hasFocus() }) else {
            throw TypingError(
                .noFocus, "no window has the keyboard focus", hint: "click into the window that the text is for")
        }
        try releaseModifiers(keyboard)
        let capsLock = try asking { () throws(SystemError) in try keyboard.capsLockKey() }
        if let capsLock { try tool.run(["key", "--delay", "0", String(capsLock)]) }
        // As it was: the lamp on the keyboard is the user's.
        defer { if let capsLock { _ = try? tool.run(["key", "--delay", "0", String(capsLock)], isCleanUp: true) } }
        let before = try asking { () throws(SystemError) in try keyboard.heldKeys() }
        do throws(TypingError) {
            try type(Array(text.unicodeScalars)[...])
        } catch {
            // Stopped between the press of a key and its release, xdotool leaves it down.
            if let after = try? keyboard.heldKeys() { try? keyUp(after.subtracting(before), isCleanUp: true) }
            throw error
        }
    }

    private func type(_ text: ArraySlice<Unicode.Scalar>) throws(TypingError) {
        var rest = text
        while !rest.isEmpty, let driver = display {
            var spare = driver.spare
            let count = try asking { () throws(SystemError) in
                try spare.prepare(rest)
            }
            display?.spare = spare
            guard count > 0 else {
                throw TypingError(
                    .driverFailed, "the keyboard layout has no key left to put other characters on")
            }
            var run = String.UnicodeScalarView()
            run.append(contentsOf: rest.prefix(count))
            let delay = settings.delay ?? 0
            let outcome = try tool.run(
                ["type", "--delay", String(delay), "--file", "-"], input: String(run),
                milliseconds: 5000 + count * (20 + 4 * delay))
            display?.spare.use()
            // It goes on where it does not know a character, and exits 0.
            if let line = outcome.lastErrorLine, line.contains("skipping") || line.contains("Invalid multi-byte") {
                throw TypingError(.driverFailed, "xdotool could not type all of it")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Sees to it that no modifier turns text into shortcuts: a push-to-talk key is usually let go of within a moment;
    /// what is still down then is released, and not pressed again, for nobody would release it a second time.
    private func releaseModifiers(_ keyboard: X11Keyboard) throws(TypingError) {
        var waited = 0
        while true {
            let held = try asking { () throws(SystemError) in try keyboard.heldModifiers() }
            if held.isEmpty { return }
            guard waited < XdotoolDriver.patience.end else {
                throw TypingError(
                    .heldModifier, "a modifier key is held down", hint: "let go of Ctrl, Alt, Shift and Super")
            }
            if waited == XdotoolDriver.patience.release { try keyUp(held) }
            if settings.cancellation.isCancelled { throw TypingError(.cancelled, "stopped") }
            usleep(10_000)
            waited += 10
        }
    }

    private func keyUp(_ keys: Set<UInt8>, isCleanUp: Bool = false) throws(TypingError) {
        guard !keys.isEmpty else { return }
        try tool.run(["keyup", "--delay", "0"] + keys.sorted().map { String($0) }, isCleanUp: isCleanUp)
    }

    func finish() {
        try? display?.spare.restore()
        display = nil
    }

    /// Runs requests to the X server.
    private func asking<Result>(_ requests: () throws(SystemError) -> Result) throws(TypingError) -> Result {
        do throws(SystemError) {
            return try requests()
        } catch {
            // The next utterance connects anew.
            display = nil
            throw TypingError(.driverFailed, "lost the X server: \(error.reason)")
        }
    }
}
