/// The frames of a stream that may still be wanted, as they are stored.
package struct Tape {
    package let bytesPerFrame: Int
    /// The first frame that is held, counted from the beginning of the stream.
    package private(set) var start = 0
    private var bytes: [UInt8] = []
    /// Bytes at the front that nobody wants any more.
    private var unwanted = 0

    package init(bytesPerFrame: Int) {
        self.bytesPerFrame = bytesPerFrame
    }

    /// Behind the last frame.
    package var end: Int { start + (bytes.count - unwanted) / bytesPerFrame }

    /// Adds whole frames.
    package mutating func append(_ frames: UnsafeRawBufferPointer) {
        unsafe bytes.append(contentsOf: frames)
    }

    /// Forgets what is before a frame.
    package mutating func forget(before frame: Int) {
        guard frame > start else { return }
        let count = min(frame, end) - start
        start += count
        unwanted += count * bytesPerFrame
        // Moving what is left costs less than it saves once half is unwanted.
        if unwanted * 2 > bytes.count {
            bytes.removeSubrange(..<unwanted)
            unwanted = 0
        }
    }

    /// Gives the frames of a range, as far as they are held.
    package func read(_ frames: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        let wanted = frames.clamped(to: start..<end)
        if wanted.isEmpty { return }
        let first = unwanted + (wanted.lowerBound - start) * bytesPerFrame
        let range = first..<first + wanted.count * bytesPerFrame
        try unsafe bytes.withUnsafeBytes { try unsafe body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
