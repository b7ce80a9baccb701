/// Why text could not be delivered.
package struct TypingError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// No driver of that name.
        case unknownDriver
        /// No driver fits the session, or its program isn't installed.
        case noDriver
        /// The display or the compositor can't be reached, or lacks what the driver needs.
        case noSession
        /// The driver has typed nothing of this text, and may be able to type other text.
        case refused
        /// Nothing has the keyboard focus.
        case noFocus
        /// A modifier stays down that would turn text into shortcuts.
        case heldModifier
        /// Another program types into this display, and hangs.
        case busy
        /// The driver's program failed or went away.
        case driverFailed
        /// The driver's program took too long.
        case timedOut
        /// Somebody asked for it to stop.
        case cancelled
        /// The words could not be written to standard output.
        case output
        /// The store of undelivered text can't be written.
        case store
    }

    package var code: Code
    /// Lower case, naming the thing.
    package var message: String
    /// What to do about it, where there is something.
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { message }

    /// Whether the next utterance can fare no better, so that it is kept without another try.
    package var isLasting: Bool {
        switch code {
        case .unknownDriver, .noDriver, .noSession, .timedOut, .cancelled, .output: true
        case .refused, .noFocus, .heldModifier, .busy, .driverFailed, .store: false
        }
    }

    /// Whether it is certain that nothing was typed, and another driver may fare better.
    package var isUntouched: Bool {
        switch code {
        case .noDriver, .noSession, .refused: true
        default: false
        }
    }
}
