internal import Audio

/// What takes a recording: a pipe, a file.
package protocol RecordingSink: ~Copyable {
    /// Begins what the recording will be: from now on there is one, however short.
    mutating func begin() throws

    /// Takes the next bytes; it may wait.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension Recorder {
    /// Carries the recording to where it shall go, until it is over and all of it is there.
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
                try writeSilence(frames, to: &sink)
                idle = 0
            case .ended(let error):
                return error
            case .nothing:
                idle = pulse == lastPulse ? idle + 1 : 0
                lastPulse = pulse
                // A library call that never returns: the sound server was stopped, or the driver hangs.
                if idle >= Self.longestHang {
                    return CaptureError(.stalled, device: "", detail: "the sound system does not answer")
                }
            }
        }
    }

    /// Seconds without a sign of the capturing thread, which gives one every 0.1 s.
    private static let longestHang = 5

    private func writeSilence(_ frames: Int, to sink: inout some RecordingSink & ~Copyable) throws {
        let block = [UInt8](repeating: format.sampleFormat == .u8 ? 0x80 : 0, count: format.bytesPerFrame * 4096)
        var rest = frames * format.bytesPerFrame
        while rest > 0 {
            let count = min(rest, block.count)
            try unsafe block.withUnsafeBytes { try unsafe sink.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            rest -= count
        }
    }
}
