internal import HTTP
internal import POSIX
internal import Text

/// Takes the answers of one download, redirects included, and lets into the file only what can be right.
final class DownloadSink: BodySink {
    private let part: PartialFile
    private let name: String
    private let folder: String
    private let progress: TransferProgress
    private let state: Monitor<State>

    private struct State {
        /// What all of it shall have; from the catalogue, or as the publisher announces it.
        var size: Int?
        var sha256: String?
        /// Whether the publisher's word is enough, since the catalogue says nothing.
        var takesAnnouncedHash: Bool
        /// Whether the server begins where the file ends.
        var isResumed = false
    }

    /// - Parameters:
    ///   - name: what messages call the source.
    ///   - size: bytes in all, if they are known.
    ///   - sha256: likewise.
    init(
        _ part: PartialFile, name: String, folder: String, size: Int?, sha256: String?, progress: TransferProgress
    ) {
        self.part = part
        self.name = name
        self.folder = folder
        self.progress = progress
        state = Monitor(State(size: size, sha256: sha256, takesAnnouncedHash: sha256 == nil))
    }

    /// Bytes in all; nil if nobody has said.
    var size: Int? { state.read { $0.size } }
    /// The hash that it shall have; nil if nobody has said.
    var sha256: String? { state.read { $0.sha256 } }
    /// Whether the last answer went on with what was there.
    var isResumed: Bool { state.read { $0.isResumed } }

    func begin(_ head: ResponseHead) throws -> Bool {
        switch head.status {
        case 300..<400:
            // The hub says it on the way to where the bytes are.
            try learn(size: head["x-linked-size"], etag: head["x-linked-etag"])
            return false
        case 200:
            try learn(size: head["x-linked-size"] ?? head["content-length"], etag: head["x-linked-etag"])
            try refusePage(head)
            try part.restart()
            state.note { $0.isResumed = false }
        case 206:
            let range = ContentRange(head["content-range"])
            guard let range, range.start == part.count else {
                throw InstallingError(.tryLater, "\(name): the server has sent another part than it was asked for")
            }
            try learn(size: range.total.map(String.init), etag: head["x-linked-etag"])
            try refusePage(head)
            state.note { $0.isResumed = true }
        default:
            return false
        }
        var notes = part.notes
        notes.etag = DownloadSink.strongTag(head["etag"]) ?? ""
        try part.note(notes)
        if let size { try ModelsFolder.requireRoom(for: size - part.count, in: folder) }
        progress.begin("fetching", of: part.name, from: part.count, total: size)
        return true
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if let size, part.count + bytes.count > size {
            throw InstallingError(
                .wrongContent, "\(name): more than the \(size) bytes come that were announced",
                hint: "it is thrown away; another file may be there now")
        }
        let isNew = part.count < WeightsFormat.needed
        try unsafe part.append(bytes)
        if isNew, part.count >= WeightsFormat.needed, WeightsFormat(part.beginning) == nil {
            throw WeightsFormat.refusal(part.beginning, of: name)
        }
        progress.advance(to: part.count)
    }

    /// Takes over what the publisher says, and finds out where it contradicts the catalogue.
    private func learn(size text: String?, etag: String?) throws(InstallingError) {
        if let size = text.flatMap({ Int($0) }) {
            if let expected = self.size, expected != size {
                throw InstallingError(
                    .wrongContent, "\(name): the server announces \(size) bytes, and the catalogue says \(expected)",
                    hint: "another file is there now: a newer catalogue may know it")
            }
            state.note { $0.size = size }
        }
        guard let hash = etag.map({ $0.filter { $0 != "\"" }.lowercased() }), isHash(hash) else { return }
        guard let expected = sha256 else { return state.note { $0.sha256 = hash } }
        if expected != hash {
            throw InstallingError(
                .wrongContent, "\(name): the server announces another SHA-256 than \(expected)",
                hint: "another file is there now: a newer catalogue may know it")
        }
    }

    private func refusePage(_ head: ResponseHead) throws(InstallingError) {
        guard let type = head.contentType, type == "text/html" || type == "application/xhtml+xml" else { return }
        throw WeightsFormat.refusal(Array("<".utf8), of: name)
    }

    /// An entity tag that stands for certain bytes: not a weak one.
    private static func strongTag(_ text: String?) -> String? {
        guard let text, text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count > 2 else { return nil }
        return text
    }
}

/// `Content-Range: bytes 100-199/200` (RFC 9110, 14.4).
struct ContentRange {
    let start: Int
    /// Nil if the server does not know.
    let total: Int?

    init?(_ text: String?) {
        guard let text, text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/")
        guard parts.count == 2, let first = parts[0].split(separator: "-").first, let start = Int(first) else {
            return nil
        }
        self.start = start
        total = Int(parts[1])
    }
}
