package import Plugins
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
    private let lock: DisplayLock?
    private let cancellation: Cancellation?
    private let pieceLength: Int

    /// Why nothing can be delivered any more.
    private var lastingFailure: TypingError?
    private var lastMessage: String?
    /// Whether what was said last ends so that a space must come before the next.
    private var needsSpace = false

    /// Utterances that were not delivered.
    package private(set) var undelivered = 0
    /// Those of them that the store does not have.
    package private(set) var unkept = 0
    /// The files that have the others.
    package private(set) var places: [String] = []

    /// - Parameters:
    ///   - driver: nil where there is none: everything is kept.
    ///   - store: nil where there is no place for it.
    ///   - keys: what the text may press beside characters.
    ///   - prefix: comes before each utterance, behind the space.
    ///   - suffix: comes after each.
    ///   - lock: keeps others from typing during an utterance; nil where the driver presses no keys.
    ///   - cancellation: ends the wait for it.
    ///   - pieceLength: characters that are delivered at a time. What was typed of a long utterance is not kept, whatever ends us.
    ///   - report: is told why something is not delivered, once for each reason in a row.
    ///   - lastResort: gets text that cannot be kept either.
    package init(
        driver: (any Driver)?, store: UndeliveredStore?, keys: KeyPolicy = [], prefix: String = "", suffix: String = "",
        lock: DisplayLock? = nil, cancellation: Cancellation? = nil, pieceLength: Int = 400,
        report: @escaping (TypingError) -> Void, lastResort: @escaping (String) -> Void
    ) {
        self.driver = driver
        self.store = store
        self.keys = keys
        self.prefix = prefix
        self.suffix = suffix
        self.report = report
        self.lastResort = lastResort
        self.lock = lock
        self.cancellation = cancellation
        self.pieceLength = pieceLength
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
            noteKept(try store.add(text))
        } catch {
            giveUp(text)
        }
    }

    /// Makes sure that what was kept outlasts the machine.
    package func finish() {
        // What it does to the keys at the end must not come between another's.
        let isHeld = (try? take()) != nil
        driver?.finish()
        if isHeld { lock?.release() }
        if undelivered > unkept { try? store?.sync() }
    }

    private func say(_ words: String, followedBy end: String, isContinuation: Bool) {
        let isEmpty = isBlank(words)
        if isEmpty, end.isEmpty, !isContinuation { return }
        guard let driver, lastingFailure == nil else { return keep(words) }
        let pieces = isEmpty ? [words] : words.pieces(of: pieceLength)
        let keystrokes = keystrokes(for: pieces, isBare: isEmpty && !isContinuation, end, isContinuation)
        guard !keystrokes.allSatisfy(\.isEmpty) else { return }

        // On the disk before the first key, so that it is there if this process is not.
        var entry: UndeliveredStore.Entry?
        if !isEmpty { entry = try? store?.add(words) }
        var done = 0
        do throws(TypingError) {
            try take()
            defer { lock?.release() }
            for (index, keystrokes) in keystrokes.enumerated() {
                done = index
                if index > 0, let known = entry {
                    entry = (try? store?.replace(known, with: pieces[index...].joined())) ?? known
                }
                try deliver(keystrokes, driver)
            }
            if let entry { try? store?.remove(entry) }
            lastMessage = nil
        } catch {
            if error.isLasting { lastingFailure = error }
            if error.message != lastMessage, error.code != .cancelled { report(error) }
            lastMessage = error.message
            guard !isEmpty else { return }
            undelivered += 1
            if let entry { noteKept(entry) } else { giveUp(pieces[done...].joined()) }
        }
    }

    /// What each piece of an utterance presses.
    ///
    /// - Parameter isBare: leaves the prefix and the suffix away.
    private func keystrokes(
        for pieces: [String], isBare: Bool, _ end: String, _ isContinuation: Bool
    ) -> [String] {
        var result = pieces.enumerated().map { index, piece in
            let first = index == 0 && !isBare ? prefix : ""
            let last = index == pieces.count - 1 && !isBare ? suffix : ""
            return keys.keystrokes(for: first + piece + last)
        }
        result[result.count - 1] += end
        if needsSpace, !isContinuation, let first = result[0].unicodeScalars.first, !first.properties.isWhitespace {
            result[0] = " " + result[0]
        }
        return result
    }

    private func deliver(_ keystrokes: String, _ driver: any Driver) throws(TypingError) {
        guard !keystrokes.isEmpty else { return }
        try driver.deliver(keystrokes)
        lock?.noteProgress()
        if let last = keystrokes.unicodeScalars.last { needsSpace = !last.properties.isWhitespace }
    }

    private func take() throws(TypingError) {
        guard let lock, let cancellation else { return }
        try lock.take(cancellation)
    }

    private func noteKept(_ entry: UndeliveredStore.Entry) {
        if !places.contains(entry.path) { places.append(entry.path) }
    }

    private func giveUp(_ text: String) {
        unkept += 1
        lastResort(text)
    }

    private func isBlank(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.properties.generalCategory == .control }
    }
}
