internal import POSIX

/// The transcripts of several inputs on one stream: each whole, and in the order of the inputs, whichever is ready first.
final class OrderedOutput: Sendable {
    private let output: TranscriptOutput
    private let state = Monitor(State())

    private struct State {
        /// Whose turn it is.
        var turn = 0
        /// Ready before its turn; nil is nothing to write.
        var waiting: [Int: String] = [:]
        var size = 0
        var isWriting = false
    }

    /// Bytes that wait for their turn at most; then who is early waits itself.
    private static let mostWaiting = 16 << 20

    init(_ output: TranscriptOutput) {
        self.output = output
    }

    /// Writes an input's text when those before it are out.
    ///
    /// - Parameter number: of the input, from 0; each comes exactly once.
    func submit(_ text: String, of number: Int) throws {
        state.wait { $0.turn == number || $0.size < OrderedOutput.mostWaiting ? () : nil }
        state.change { state in
            state.waiting[number] = text
            state.size += text.utf8.count
        }
        while let text = next() {
            defer { state.change { $0.isWriting = false } }
            try output.write(text)
        }
    }

    /// Takes what may be written now, for the one thread that writes.
    private func next() -> String? {
        state.change { state in
            guard !state.isWriting, let text = state.waiting.removeValue(forKey: state.turn) else { return nil }
            state.turn += 1
            state.size -= text.utf8.count
            state.isWriting = true
            return text
        }
    }
}
