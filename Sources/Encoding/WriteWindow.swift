internal import Audio

/// A sink for a C library that seeks back to put lengths and checksums into its headers.
///
/// Where the sink can't be rewritten, such a write is accepted and dropped: what the library wrote first means "not known", and
/// is right.
final class WriteWindow {
    /// What the sink failed with; the library was told that nothing could be written.
    private(set) var failure: (any Error)?
    var position = 0
    /// Bytes written in all.
    private(set) var end = 0

    private let sink: any ByteSink
    /// The last bytes, which the sink has not got yet: the library writes a page in several pieces.
    private var pending: [UInt8] = []
    /// Bytes in front of the library's.
    private var prefaceLength = 0
    /// Whether the first MP3 frame has to be looked at yet.
    private var isBeforeFirstFrame: Bool

    /// - Parameters:
    ///   - sink: gets the bytes.
    ///   - holdsMP3: whether the first frame is LAME's place for what it knows at the end.
    init(_ sink: any ByteSink, holdsMP3: Bool = false) {
        self.sink = sink
        isBeforeFirstFrame = holdsMP3 && !sink.isRewritable
    }

    /// Writes bytes in front of what the library writes, which knows nothing of them.
    func preface(_ bytes: [UInt8]) {
        do {
            try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
        } catch {
            failure = error
        }
        prefaceLength = bytes.count
    }

    /// - Returns: bytes taken.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        if failure != nil { return 0 }
        let old = min(max(0, end - position), bytes.count)
        if old > 0 { unsafe rewrite(Array(bytes.prefix(old))) }
        unsafe pending.append(contentsOf: bytes.dropFirst(old))
        position += bytes.count
        end = max(end, position)
        return failure == nil ? bytes.count : 0
    }

    private func rewrite(_ bytes: [UInt8]) {
        guard sink.isRewritable else { return }
        flush()
        if failure != nil { return }
        do {
            try sink.rewrite(bytes, at: prefaceLength + position)
        } catch {
            failure = error
        }
    }

    /// Hands on all that is left.
    func finish() {
        flush()
        isBeforeFirstFrame = false
        flush()
    }

    /// Leaves out the empty frame that LAME would fill in at the end: where it can't, decoders would play it, as silence.
    ///
    /// - Returns: false where the whole of it has not come yet.
    private func dropPlaceholder() -> Bool {
        if let frame = MPEGFrameHeader(pending[...]) {
            if pending.count < frame.length { return false }
            // What LAME writes there takes 156 bytes; where a frame has no room for them, it is one of audio.
            let hasRoom = frame.length >= 4 + frame.sideInformation + 156
            if hasRoom, pending[4..<frame.length].allSatisfy({ $0 == 0 }) { pending.removeFirst(frame.length) }
        }
        isBeforeFirstFrame = false
        return true
    }

    /// Hands on what has been written.
    func flush() {
        if pending.isEmpty || failure != nil { return }
        if isBeforeFirstFrame, !dropPlaceholder() { return }
        do {
            try unsafe pending.withUnsafeBytes { try unsafe sink.write($0) }
        } catch {
            failure = error
        }
        pending.removeAll(keepingCapacity: true)
    }
}
