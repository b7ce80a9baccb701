internal import Glibc
package import Models
internal import Plugins

extension Installer {
    /// Installs libtranscribe, or checks the one that is there.
    ///
    /// - Parameter withVulkan: also what works on graphics processors, 44 MB.
    package func installLibrary(withVulkan: Bool = false) throws(InstallingError) {
        // vt-wheel makes the folder itself, whole or not at all.
        if let parent = folder.library.parentFolder { try folder.make(parent) }
        try WheelProgram.find().run(
            ["library", folder.library] + (withVulkan ? ["--vulkan"] : []), name: "libtranscribe", progress,
            cancellation)
    }

    /// Installs the weights of the speech detector.
    ///
    /// - Returns: their path.
    package func installDetector() throws(InstallingError) -> String {
        try folder.make(folder.path)
        let path = "\(folder.path)/\(DetectorWeights.fileName)"
        try WheelProgram.find().run(["silero", path], name: DetectorWeights.name, progress, cancellation)
        return path
    }
}

/// The weights of the speech detector Silero.
package enum DetectorWeights {
    /// What `vt-models` calls them.
    package static let name = "silero"
    /// As `VoiceActivity` looks for them.
    package static let fileName = "silero-vad-6.2.3-2.weights"

    /// Where they are: the first models folder that has them.
    package static func path(in store: ModelStore = .standard) -> String? {
        store.directories.map { "\($0)/\(fileName)" }.first { unsafe access($0, R_OK) == 0 }
    }
}
