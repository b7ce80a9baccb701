internal import Program

/// A model, and the same weights for shorter audio, each loaded when it is needed.
final class ModelSet {
    let file: ModelFile
    private let library: Library
    private let device: ComputeDevice
    private let threads: Int
    /// By the seconds of its window; 0 is the model as it is.
    private var loaded: [Int: Model] = [:]
    /// What stops a draft, whichever model makes it.
    let interruption = Interruption()

    /// Seconds of Whisper's own window.
    private static let wholeWindow = 30

    init(_ file: ModelFile, _ library: Library, _ device: ComputeDevice, threads: Int) {
        (self.file, self.library, self.device, self.threads) = (file, library, device, threads)
    }

    /// The model as it is: the best, for any audio.
    func whole() throws(Failure) -> Model { try model(seconds: 0, file.path) }

    /// The fastest for so much audio. Of 1870 words of short clips Whisper tiny.en gets 77 wrong in its own window, and 90 in one of 10 s.
    ///
    /// - Parameter samples: at 16000 Hz.
    func fastest(for samples: Int) throws(Failure) -> Model {
        guard let window = file.window(for: samples) else { return try whole() }
        return try model(seconds: window.seconds, window.path)
    }

    /// How much longer the whole model takes than the fastest for so much audio, at most: the window is what costs time.
    func slowdown(for samples: Int) -> Double {
        guard let window = file.window(for: samples) else { return 1 }
        return Double(ModelSet.wholeWindow) / Double(window.seconds)
    }

    private func model(seconds: Int, _ path: String) throws(Failure) -> Model {
        if let model = loaded[seconds] { return model }
        let model = try Model(path, name: file.name, library, device, threads: threads, interruption)
        loaded[seconds] = model
        return model
    }
}
