internal import Audio
internal import Glibc
internal import POSIX
internal import Plugins

/// A folder of our own with recordings for `transcribe-files-v1`, removed with all that is in it.
final class BatchFolder {
    private let directory: PrivateDirectory

    /// Of letters, digits and `/._+-`, so that it needs no quoting anywhere.
    var path: String { directory.path }

    init() throws(SystemError) {
        directory = try PrivateDirectory(for: .audio)
    }

    /// The file of the so many-th recording.
    static func name(_ number: Int) -> String { "\(number).wav" }

    /// Writes all of a recording.
    ///
    /// - Returns: its length in seconds.
    func write(_ audio: any SpeechSource, to name: String, _ cancellation: Cancellation?) throws -> Double {
        let file = try Descriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        var writer = try WAVWriter(file.number, format: .speech, name: name)
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 1 << 15)
        defer { block.deallocate() }
        var samples = 0
        while true {
            if cancellation?.isCancelled == true { throw EngineError(.cancelled, "stopped") }
            guard let count = try audio.read(into: block, within: .milliseconds(100)) else { continue }
            if count == 0 { break }
            samples += count
            try writer.write(UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: block[..<count])))
        }
        try writer.finish()
        try file.close()
        return Double(samples) / Double(AudioFormat.speech.sampleRate)
    }

    func remove(_ name: String) {
        unlink("\(path)/\(name)")
    }

    /// Writes a complete recording.
    func write(_ samples: [Int16], to name: String) throws {
        let file = try Descriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        var writer = try WAVWriter(file.number, format: .speech, name: name)
        try samples.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        try file.close()
    }
}
