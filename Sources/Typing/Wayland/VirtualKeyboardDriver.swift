internal import POSIX
internal import Plugins

/// Types into the focused window of a Wayland session with a keyboard of our own.
///
/// It refuses text that keys can't type in every application, so that the next driver can have it: emoji, above all.
final class VirtualKeyboardDriver: Driver {
    private let settings: DriverSettings
    private var keyboard: WaylandKeyboard?

    init(_ settings: DriverSettings) {
        self.settings = settings
    }

    func prepare() {
        // A failure comes again, and is told, when there is text.
        _ = try? connect()
    }

    private func connect() throws(TypingError) -> WaylandKeyboard {
        if let keyboard { return keyboard }
        let made = try WaylandKeyboard()
        keyboard = made
        return made
    }

    func deliver(_ text: String) throws(TypingError) {
        try WaylandLayout.check(text)
        let keyboard = try connect()
        keyboard.settle()
        let isWhole: Bool
        do throws(SystemError) {
            isWhole = try keyboard.type(
                Array(text.unicodeScalars), delay: settings.delay ?? 0,
                isStopped: { settings.cancellation.isCancelled })
        } catch {
            // The next utterance connects anew.
            self.keyboard = nil
            throw TypingError(.driverFailed, "lost the Wayland compositor: \(error.reason)")
        }
        if !isWhole { throw TypingError(.cancelled, "stopped in the middle of an utterance") }
    }

    func finish() {
        keyboard = nil
    }
}
