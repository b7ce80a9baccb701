internal import Glibc
internal import POSIX
internal import Plugins

/// Puts text on the clipboard, presses the key that pastes it, and puts back what the clipboard held once the window has it.
///
/// The default key is Shift+Insert, because it does not depend on the layout. Some windows paste the clipboard at it and others
/// (terminals) what was marked with the mouse; so both selections hold the text meanwhile.
package final class X11PasteDriver: Driver {
    private let settings: PasteSettings
    private var display: Display?

    private struct Display {
        var connection: X11Connection
        var keyboard: X11Keyboard
        var keys: X11Keys
        var selections: X11Selections
        var names: [UInt32]
    }

    /// How long a push-to-talk key may stay down, and a window may take to ask for the text, in milliseconds; and how
    /// long it may ask again after it has got it, as those do that look at several formats.
    private static let patience = (release: 300, paste: 5000, repetition: 80)

    package init(_ settings: PasteSettings) {
        self.settings = settings
    }

    package func prepare() {
        _ = try? connect()
    }

    private func connect() throws(TypingError) -> Display {
        if let display { return display }
        let name = getenv("DISPLAY").map { String(cString: $0) } ?? ""
        guard let address = X11Address(name) else {
            throw TypingError(.noSession, "DISPLAY=\(name) is no X11 display")
        }
        do throws(SystemError) {
            let connection = try X11Connection(address)
            let keys = X11Keys(connection)
            let hasKeys = try keys.isAvailable()
            let selections = try X11Selections(connection)
            let names = [try selections.atom("CLIPBOARD"), 1]
            if hasKeys {
                let made = Display(
                    connection: connection, keyboard: X11Keyboard(connection), keys: keys, selections: selections,
                    names: names)
                display = made
                return made
            }
        } catch {
            let refused = error.code == EACCES
            throw TypingError(
                .noSession, "cannot open display \(name): \(refused ? "it refuses us" : error.reason)",
                hint: refused ? "XAUTHORITY names the file with the key to the display" : nil)
        }
        throw TypingError(.noSession, "display \(name) lets no program press keys (it has no XTEST extension)")
    }

    package func deliver(_ text: String) throws(TypingError) {
        let display = try connect()
        do {
            guard try display.keyboard.hasFocus() else {
                throw TypingError(
                    .noFocus, "no window has the keyboard focus", hint: "click into the window that the text is for")
            }
            try releaseModifiers(display)
            for run in KeystrokeRun.runs(of: text) {
                switch run {
                case .key(let name): try press([name], display)
                case .text(let text): try paste(text, display)
                }
            }
        } catch let error as TypingError {
            throw error
        } catch {
            self.display = nil
            throw TypingError(.driverFailed, "lost the X server: \(error)")
        }
    }

    private func press(_ names: [String], _ display: Display) throws {
        guard try display.keys.press(names, layout: try display.keyboard.layout()) else {
            throw TypingError(.refused, "the keyboard layout has no \(names.joined(separator: "+"))")
        }
    }

    private func paste(_ text: String, _ display: Display) throws {
        let selections = display.selections
        var before: [UInt32: SelectionContents] = [:]
        for name in display.names { before[name] = try selections.read(name) }
        let contents = try offer(text, selections)
        for name in display.names {
            guard try selections.own(name, contents) else {
                throw TypingError(.refused, "another program holds the clipboard")
            }
        }
        // What manages clipboards looks at once; then it has been served before the key, and is not taken for the window.
        let settled = ContinuousClock.now + .milliseconds(10)
        while ContinuousClock.now < settled { _ = try selections.serve(until: settled) }

        let target = try display.keyboard.focusedClient()
        let pressed: Result<Void, any Error> = Result { try press(settings.keys, display) }
        var isPasted = false
        if case .success = pressed { isPasted = try serve(contents, to: target, display) }
        try restore(before, display)
        try pressed.get()
        if !isPasted {
            throw TypingError(
                .driverFailed,
                "the window did not ask for the text: \(settings.keys.joined(separator: "+")) pastes nothing there",
                hint: "--option keys=ctrl+v, or ctrl+shift+v in most terminals")
        }
    }

    /// Serves the text until the window has it.
    ///
    /// - Parameter target: the client whose window has the focus.
    /// - Returns: whether it took it.
    private func serve(_ contents: SelectionContents, to target: UInt32, _ display: Display) throws -> Bool {
        let selections = display.selections
        let texts = Set(contents.items.map(\.target))
        var end = ContinuousClock.now + .milliseconds(X11PasteDriver.patience.paste)
        var isPasted = false
        while ContinuousClock.now < end || selections.isServing {
            if settings.cancellation.isCancelled, !isPasted { break }
            let step = min(end, .now + .milliseconds(50))
            if let served = try selections.serve(until: max(step, .now + .milliseconds(1))),
                texts.contains(served.target), display.connection.client(of: served.requestor) == target
            {
                isPasted = true
                end = .now + .milliseconds(X11PasteDriver.patience.repetition)
            }
            if selections.isServing { end = .now + .milliseconds(X11PasteDriver.patience.repetition) }
        }
        return isPasted
    }

    /// Text, and the sign by which clipboard histories and managers know that it is none of their business.
    private func offer(_ text: String, _ selections: X11Selections) throws -> SelectionContents {
        let raw = Array(text.utf8)
        let utf8 = try selections.atom("UTF8_STRING")
        var items: [SelectionContents.Item] = []
        for name in ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT"] {
            let target = try selections.atom(name)
            items.append(
                .init(target: target, type: name.contains("/") ? target : utf8, format: 8, data: raw))
        }
        // STRING (atom 31) is Latin-1.
        if text.unicodeScalars.allSatisfy({ $0.value < 0x100 }) {
            items.append(.init(target: 31, type: 31, format: 8, data: text.unicodeScalars.map { UInt8($0.value) }))
        }
        let hint = try selections.atom("x-kde-passwordManagerHint")
        items.append(.init(target: hint, type: hint, format: 8, data: Array("secret".utf8)))
        return SelectionContents(items: items)
    }

    /// Hands what the selections held to a process that keeps it as long as somebody may want it.
    private func restore(_ before: [UInt32: SelectionContents], _ display: Display) throws {
        let mine = display.names.filter { display.selections.owns($0) }
        var kept: [UInt32: SelectionContents] = [:]
        for name in mine {
            if let contents = before[name], !contents.items.isEmpty {
                kept[name] = contents
            } else {
                try display.selections.release(name)
            }
        }
        guard !kept.isEmpty else { return }
        do {
            try settings.hold(X11Holding.encode(kept))
        } catch {
            settings.warn("what the clipboard held cannot be put back: \(error)")
            return
        }
        let end = ContinuousClock.now + .seconds(2)
        while kept.keys.contains(where: { display.selections.owns($0) }), ContinuousClock.now < end {
            _ = try display.selections.serve(until: end)
        }
    }

    /// Waits a moment for the push-to-talk key to be let go of, and lets go of what is still down.
    private func releaseModifiers(_ display: Display) throws {
        for waited in stride(from: 0, through: X11PasteDriver.patience.release, by: 10) {
            let held = try display.keyboard.heldModifiers()
            if held.isEmpty { return }
            if settings.cancellation.isCancelled { throw TypingError(.cancelled, "stopped") }
            if waited >= X11PasteDriver.patience.release { try display.keys.release(held) }
            usleep(10_000)
        }
        guard try display.keyboard.heldModifiers().isEmpty else {
            throw TypingError(
                .heldModifier, "a modifier key is held down", hint: "let go of Ctrl, Alt, Shift and Super")
        }
    }

    package func finish() {
        display = nil
    }
}
