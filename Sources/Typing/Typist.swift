internal import POSIX

/// Carries utterances to a driver one after the other, and keeps what does not arrive.
package final class Typist {
    private let driver: (any Driver)?
    private let store: UndeliveredStore?
    private let keys: KeyPolicy
    private let prefix: String
    private let suffix: String
    private let report: (TypingError) -> Void
    private let lastResort: (String) -> Void

    /// Why nothing can be delivered any more.
    private var lastingFailure: TypingError?
    private var lastMessage: String?
    /// Whether what was said last ends so that a space must come before the next.
    private var needsSpace = false

    /// Utterances that were not delivered.
    package private(set) var undelivered = 0
    /// Those of them that the store does not have.
    package private(set) var unkept = 0

    /// - Parameters:
    ///   - driver: nil where there is none: everything is kept.
    ///   - store: nil where there is no place for it.
    ///   - keys: what the text may press beside characters.
    ///   - prefix: comes before each utterance, behind the space.
    ///   - suffix: comes after each.
    ///   - report: is told why something is not delivered, once for each reason in a row.
    ///   - lastResort: gets text that cannot be kept either.
    package init(
        driver: (any Driver)?, store: UndeliveredStore?, keys: KeyPolicy = [], prefix: String = "", suffix: String = "",
        report: @escaping (TypingError) -> Void, lastResort: @escaping (String) -> Void
    ) {
        self.driver = driver
        self.store = store
        self.keys = keys
        self.prefix = prefix
        self.suffix = suffix
        self.report = report
        self.lastResort = lastResort
    }

    /// Delivers a line of text: an utterance, or with `--keys enter` exactly what it says.
    package func type(_ line: UtteranceReader.Line) {
        var text = line.text
        if line.isTerminated, text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
        let enter = line.isTerminated && keys.contains(.enter) ? "\r" : ""
        say(text, followedBy: enter, isContinuation: line.isContinuation)
    }

    /// Delivers an utterance.
    package func type(_ utterance: String) {
        say(utterance, followedBy: "", isContinuation: false)
    }

    /// Keeps a line without a try to deliver it.
    package func keep(_ text: String) {
        guard !isBlank(text) else { return }
        undelivered += 1
        do throws(SystemError) {
            guard let store else { return giveUp(text) }
            _ = try store.add(text)
        } catch {
            giveUp(text)
        }
    }

    /// Makes sure that what was kept outlasts the machine.
    package func finish() {
        driver?.finish()
        if undelivered > unkept { try? store?.sync() }
    }

    private func say(_ words: String, followedBy end: String, isContinuation: Bool) {
        let isEmpty = isBlank(words)
        if isEmpty, end.isEmpty, !isContinuation { return }
        guard let driver, lastingFailure == nil else { return keep(words) }
        var keystrokes = keys.keystrokes(for: isEmpty && !isContinuation ? words : prefix + words + suffix) + end
        if needsSpace, !isContinuation, let first = keystrokes.unicodeScalars.first, !first.properties.isWhitespace {
            keystrokes = " " + keystrokes
        }
        guard !keystrokes.isEmpty else { return }

        // On the disk before the first key, so that it is there if this process is not.
        var entry: UndeliveredStore.Entry?
        if !isEmpty { entry = try? store?.add(words) }
        do throws(TypingError) {
            try driver.deliver(keystrokes)
            if let entry { try? store?.remove(entry) }
            if let last = keystrokes.unicodeScalars.last { needsSpace = !last.properties.isWhitespace }
            lastMessage = nil
        } catch {
            if error.isLasting { lastingFailure = error }
            if error.message != lastMessage, error.code != .cancelled { report(error) }
            lastMessage = error.message
            guard !isEmpty else { return }
            undelivered += 1
            if entry == nil { giveUp(words) }
        }
    }

    private func giveUp(_ text: String) {
        unkept += 1
        lastResort(text)
    }

    private func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.properties.generalCategory == .control }
    }
}
