internal import Glibc
package import POSIX
internal import Text

/// The parts of a long recording that have been recognised, so that an interrupted transcription goes on where it was.
///
/// A file of event lines (vt-events(5)): the words and finals of a part, then `part start=SAMPLE end=SAMPLE`, all in one write. What
/// a kill has cut off at the end is no part. The first line says for which recording, engine and options they are.
package final class FinishedParts: Sendable {
    /// A part: its text, with times of what was sent of the recording.
    struct Part: Sendable {
        let samples: Range<Int>
        let finals: [RecognitionEvent]
    }

    private let path: Path
    private let stamp: String
    private let state = Monitor(State())

    private struct State: ~Copyable {
        var parts: [Int: Part]?
        var file: Descriptor?
    }

    /// - Parameters:
    ///   - path: made when the first part is finished.
    ///   - stamp: what the text depends on; what is there for another stamp is removed.
    package init(at path: Path, stamp: String) {
        self.path = path
        self.stamp = stamp
    }

    /// The first line.
    private var heading: String { EventLine("parts", [.init("version", "1"), .init("stamp", stamp)]).line }

    /// The part that begins at a sample; nil where it has not been recognised.
    func part(from start: Int) -> Part? {
        state.note { state in
            let parts = state.parts ?? read()
            state.parts = parts
            return parts[start]
        }
    }

    /// Keeps a part. Where that fails nothing but time is lost, and only if everything else fails, too.
    func keep(_ events: [RecognitionEvent], of samples: Range<Int>) {
        var text = ""
        for case .final(let utterance) in events {
            for word in utterance.words { text += EventLine(.word(word))?.line ?? "" }
            text += EventLine(.final(utterance))?.line ?? ""
        }
        text +=
            EventLine("part", [.init("start", String(samples.lowerBound)), .init("end", String(samples.upperBound))])
            .line
        state.note { state in
            if state.file == nil {
                let isOurs = !(state.parts ?? read()).isEmpty
                let flags = O_WRONLY | O_CREAT | O_APPEND | (isOurs ? 0 : O_TRUNC)
                guard let made = try? Descriptor.open(path, flags) else { return }
                state.file = consume made
                if !isOurs { text = heading + text }
            }
            guard let number = state.file?.number else { return }
            try? writeAll(number, text)
        }
    }

    private func read() -> [Int: Part] {
        guard let file = try? Descriptor.open(path, O_RDONLY) else { return [:] }
        var bytes: [UInt8] = []
        let isRead = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { block in
            while let count = try? readOnce(file.number, into: block) {
                if count == 0 { return true }
                bytes.append(contentsOf: block[..<count])
            }
            return false
        }
        guard isRead, bytes.starts(with: heading.utf8) else { return [:] }
        var parts: [Int: Part] = [:]
        var reader = EventReader()
        var finals: [RecognitionEvent] = []
        // What is behind the last line feed is half a line.
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            let line = String(decoding: line, as: UTF8.self)
            if let event = EventLine(parsing: line), event.verb == "part" {
                if let start = event["start"].flatMap({ Int($0) }), let end = event["end"].flatMap({ Int($0) }),
                    start <= end
                {
                    parts[start] = Part(samples: start..<end, finals: finals)
                }
                (reader, finals) = (EventReader(), [])
            } else if case .final(let utterance)? = reader.read(line) {
                finals.append(.final(utterance))
            }
        }
        return parts
    }
}
