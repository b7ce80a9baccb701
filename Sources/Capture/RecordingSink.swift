internal import Audio

/// What takes a recording: a pipe, a file.
package protocol RecordingSink: ~Copyable {
    /// Begins what the recording will be: from now on there is one, however short.
    mutating func begin() throws

    /// Takes the next bytes; it may wait.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws

    /// Takes silence that stands for what was lost.
    mutating func fill(_ bytes: UnsafeRawBufferPointer) throws

    /// Whether it wants nothing more: the recording is over then.
    var isComplete: Bool { get }
}

extension RecordingSink where Self: ~Copyable {
    package mutating func fill(_ bytes: UnsafeRawBufferPointer) throws {
        try unsafe write(bytes)
    }

    package var isComplete: Bool { false }
}

extension Recorder {
    /// Carries the recording to where it shall go, until it is over and all of it is there.
    ///
    /// A sink that is complete ends it, and what was captured since is left where it is.
    ///
    /// - Returns: the error that ended the recording; nil where its end was wanted.
    /// - Throws: what the sink throws.
    package func deliver(to sink: inout some RecordingSink & ~Copyable) throws -> CaptureError? {
        var idle = 0
        var lastPulse = pulse
        while true {
            switch queue.next(milliseconds: 1000) {
            case .opened:
                try sink.begin()
            case .audio(let bytes):
                unsafe try sink.write(bytes)
                idle = 0
            case .silence(let frames):
                try fill(frames, in: &sink)
                idle = 0
            case .ended(let error):
                return error
            case .nothing:
                idle = pulse == lastPulse ? idle + 1 : 0
                lastPulse = pulse
                // A library call that never returns: the sound server was stopped, or the driver hangs.
                if Double(idle) >= max(Self.longestHang, stallTimeout) {
                    return CaptureError(.stalled, device: "", detail: "the sound system does not answer")
                }
            }
            if sink.isComplete {
                stop()
                return nil
            }
        }
    }

    /// Seconds without a sign of the capturing thread, which gives one every 0.1 s.
    private static let longestHang = 5.0

    private func fill(_ frames: Int, in sink: inout some RecordingSink & ~Copyable) throws {
        let block = [UInt8](repeating: format.sampleFormat == .u8 ? 0x80 : 0, count: format.bytesPerFrame * 4096)
        var rest = frames * format.bytesPerFrame
        while rest > 0, !sink.isComplete {
            let count = min(rest, block.count)
            try unsafe block.withUnsafeBytes { try unsafe sink.fill(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            rest -= count
        }
    }
}
