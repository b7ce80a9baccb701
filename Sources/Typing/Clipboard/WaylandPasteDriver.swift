internal import Glibc
internal import POSIX
internal import Plugins

/// Puts text on the clipboard of a Wayland session, presses the key that pastes it, and puts back what the clipboard held.
///
/// Where no program may press keys or own the clipboard (GNOME, KDE), the text stays on the clipboard, and the user is told.
package final class WaylandPasteDriver: Driver {
    private let settings: PasteSettings
    private var selections: WaylandSelections?
    private var keyboard: WaylandKeyboard?
    /// What was said since the start, where the user has to paste it himself.
    private var copied = ""

    /// In milliseconds: how long a window may take to ask for the text, and how long it may ask again after it has got it.
    private static let patience = (paste: 5000, repetition: 80)

    package init(_ settings: PasteSettings) {
        self.settings = settings
    }

    package func prepare() {
        _ = try? connect()
        keyboard = keyboard ?? (try? WaylandKeyboard())
    }

    private func connect() throws(TypingError) -> WaylandSelections {
        if let selections { return selections }
        do throws(SystemError) {
            let made = try WaylandSelections()
            selections = made
            return made
        } catch {
            throw TypingError(
                .noSession, "cannot reach the Wayland compositor", hint: "WAYLAND_DISPLAY and XDG_RUNTIME_DIR name it")
        }
    }

    package func deliver(_ text: String) throws(TypingError) {
        let selections = try connect()
        do {
            keyboard = keyboard ?? (try? WaylandKeyboard())
            guard selections.isAvailable, let keyboard else { return try copy(text, selections) }
            keyboard.settle()
            for run in KeystrokeRun.runs(of: text) {
                switch run {
                case .key(let name): try keyboard.press(name, with: [])
                case .text(let text): try paste(text, selections, keyboard)
                }
            }
        } catch let error as TypingError {
            throw error
        } catch {
            self.selections = nil
            keyboard = nil
            throw TypingError(.driverFailed, "lost the Wayland compositor: \(error)")
        }
    }

    private func paste(_ text: String, _ selections: WaylandSelections, _ keyboard: WaylandKeyboard) throws {
        var before: [WaylandSelection: [WaylandSelections.Item]] = [:]
        for selection in WaylandSelection.allCases { before[selection] = try selections.read(selection) }
        for selection in WaylandSelection.allCases { try selections.own(selection, Self.items(for: text)) }
        // What manages clipboards looks at once; then it has been served before the key.
        let settled = ContinuousClock.now + .milliseconds(30)
        while ContinuousClock.now < settled { _ = try selections.serve(until: settled) }
        let pressed: Result<Void, any Error> = Result {
            try keyboard.press(settings.keys.last ?? "insert", with: settings.keys.dropLast())
        }
        var end = ContinuousClock.now + .milliseconds(Self.patience.paste)
        var isPasted = false
        while ContinuousClock.now < end {
            if case .failure = pressed { break }
            if settings.cancellation.isCancelled, !isPasted { break }
            if let type = try selections.serve(until: min(end, .now + .milliseconds(50))), type != Self.hint {
                isPasted = true
                end = .now + .milliseconds(Self.patience.repetition)
            }
        }
        try restore(before, selections)
        try pressed.get()
        if !isPasted {
            throw TypingError(
                .driverFailed,
                "the window did not ask for the text: \(settings.keys.joined(separator: "+")) pastes nothing there",
                hint: "--option keys=ctrl+v, or ctrl+shift+v in most terminals")
        }
    }

    /// Hands what the selections held to a process that keeps it as long as somebody may want it.
    private func restore(
        _ before: [WaylandSelection: [WaylandSelections.Item]], _ selections: WaylandSelections
    ) throws {
        var kept: [WaylandSelection: [WaylandSelections.Item]] = [:]
        for selection in WaylandSelection.allCases where selections.owns(selection) {
            if let items = before[selection], !items.isEmpty {
                kept[selection] = items
            } else {
                try selections.clear(selection)
            }
        }
        if !kept.isEmpty { try hand(kept, selections) }
    }

    private func hand(_ kept: [WaylandSelection: [WaylandSelections.Item]], _ selections: WaylandSelections) throws {
        do {
            try settings.hold(WaylandHolding.encode(kept))
        } catch {
            settings.warn("what the clipboard held cannot be put back: \(error)")
            return
        }
        let end = ContinuousClock.now + .seconds(2)
        while kept.keys.contains(where: { selections.owns($0) }), ContinuousClock.now < end {
            _ = try selections.serve(until: min(end, .now + .milliseconds(50)))
        }
    }

    // MARK: Where nobody may press keys

    /// Leaves the text on the clipboard, behind what was said before.
    private func copy(_ keystrokes: String, _ selections: WaylandSelections) throws {
        var text = ""
        for run in KeystrokeRun.runs(of: keystrokes) {
            switch run {
            case .text(let words): text += words
            case .key("enter"): text += "\n"
            case .key("tab"): text += "\t"
            case .key(let name): throw TypingError(.refused, "this compositor lets no program press \(name)")
            }
        }
        let all = copied + text
        if selections.isAvailable {
            // Taken here first, so that the text of the utterance before cannot come in between.
            try selections.own(.clipboard, Self.items(for: all))
            try hand([.clipboard: Self.items(for: all)], selections)
        } else {
            try copyByProgram(all)
        }
        if copied.isEmpty {
            settings.warn(
                "this compositor lets no program press keys: the words are on the clipboard, Ctrl+V pastes them")
        }
        copied = all
        notify()
    }

    /// With wl-copy(1), which opens a window where the compositor asks for one (GNOME).
    private func copyByProgram(_ text: String) throws(TypingError) {
        guard let program = findProgram("wl-copy") else {
            throw TypingError(
                .noSession,
                "this compositor lets no program press keys, and wl-copy, which would copy the words, is not installed",
                hint: "install the package wl-clipboard, for example with: sudo apt install wl-clipboard")
        }
        let tool = HelperProgram(program, cancellation: settings.cancellation)
        // Versions from 2.3 on can say that histories shall skip it.
        let help = (try? tool.run(["--help"]))?.output ?? []
        let isSensitive = String(decoding: help, as: UTF8.self).contains("--sensitive")
        do throws(TypingError) {
            try tool.run((isSensitive ? ["--sensitive"] : []) + ["--type", "text/plain"], input: text)
        } catch {
            throw TypingError(
                .noSession,
                "this compositor lets no program press keys, and the words cannot be copied: \(error.message)",
                hint: error.hint)
        }
    }

    /// Says so where the user looks, without the words. Nothing depends on it.
    private func notify() {
        guard let program = findProgram("notify-send") else { return }
        _ = try? HelperProgram(program, cancellation: settings.cancellation).run(
            ["--app-name=vt", "--expire-time=4000", "Dictation is on the clipboard", "Ctrl+V pastes it."],
            milliseconds: 1000)
    }

    private static let hint = "x-kde-passwordManagerHint"

    /// Text, and the sign by which clipboard histories and managers know that it is none of their business.
    private static func items(for text: String) -> [WaylandSelections.Item] {
        ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "TEXT", "STRING"].map {
            WaylandSelections.Item(type: $0, data: Array(text.utf8))
        } + [WaylandSelections.Item(type: hint, data: Array("secret".utf8))]
    }

    package func finish() {
        selections = nil
        keyboard = nil
    }
}
