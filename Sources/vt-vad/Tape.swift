/// The frames of the input that may still be wanted, as they are stored.
struct Tape {
    let bytesPerFrame: Int
    /// The first frame that is held, counted from the beginning of the input.
    private(set) var start = 0
    private var bytes: [UInt8] = []
    /// Bytes at the front that nobody wants any more.
    private var unwanted = 0

    init(bytesPerFrame: Int) {
        self.bytesPerFrame = bytesPerFrame
    }

    /// Behind the last frame.
    var end: Int { start + (bytes.count - unwanted) / bytesPerFrame }

    mutating func append(_ frames: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: frames)
    }

    /// Forgets what is before a frame.
    mutating func forget(before frame: Int) {
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
    func read(_ frames: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        let wanted = frames.clamped(to: start..<end)
        if wanted.isEmpty { return }
        let first = unwanted + (wanted.lowerBound - start) * bytesPerFrame
        let range = first..<first + wanted.count * bytesPerFrame
        try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
