internal import Glibc

/// The detectors there are, as options name them.
package enum DetectorKind: String, Sendable, CaseIterable {
    /// The network.
    case silero
    /// Without a model.
    case energy
}

/// A detector that was chosen, and why it is not the better one.
package struct InstalledDetector: Sendable {
    package let kind: DetectorKind
    /// Why the network is not used although nobody asked for another; nil where it is.
    package let problem: WeightsError?
    private let weights: SileroWeights?

    /// Chooses a detector.
    ///
    /// - Parameters:
    ///   - kind: the one that was asked for; nil is the network where its weights are installed, else the other.
    ///   - path: the weights to use; nil is the installed ones.
    /// - Throws: `WeightsError` where the network was asked for, by name or by its weights, and cannot be had.
    package init(_ kind: DetectorKind?, weights path: String? = nil) throws(WeightsError) {
        if kind == .energy {
            (weights, self.kind, problem) = (nil, .energy, nil)
            return
        }
        do throws(WeightsError) {
            weights = try SileroWeights(path: path ?? SileroWeights.installedPath)
            (self.kind, problem) = (.silero, nil)
        } catch {
            guard kind == nil, path == nil else { throw error }
            (weights, self.kind, problem) = (nil, .energy, error)
        }
    }

    /// Makes one, for one stream; all of them share the weights.
    package func makeDetector() -> any Detector {
        weights.map { SileroDetector($0) } ?? EnergyDetector()
    }
}

extension InstalledDetector {
    /// What to tell the user where another detector stands in for the network; nil where none does.
    package var warning: (message: String, hint: String)? {
        problem.map { problem in
            (
                problem.code == .missing ? "the silero detector is not installed" : problem.description,
                "vt-models install silero installs it; going on with --detector energy, which hears every sound as speech"
            )
        }
    }
}

extension WeightsError {
    /// What to do where the network was asked for.
    package var hint: String {
        code == .missing
            ? "vt-models install silero installs it; --detector energy needs no weights"
            : "vt-models remove silero && vt-models install silero installs it again"
    }
}

extension SileroWeights {
    /// Where `vt-models install silero` puts the weights: the first place that has them; the user's own where none has.
    ///
    /// `$XDG_DATA_HOME/vt/models` (`~/.local/share` where it is unset), then `share/vt/models` beside the folder of the program.
    package static var installedPath: String {
        let places = [userDirectory].compactMap(\.self) + sharedDirectories
        let paths = places.map { "\($0)/\(fileName)" }
        return paths.first { unsafe access($0, F_OK) == 0 } ?? paths.first ?? fileName
    }

    private static var userDirectory: String? {
        if let data = variable("XDG_DATA_HOME"), data.hasPrefix("/") { return "\(data)/vt/models" }
        return variable("HOME").map { "\($0)/.local/share/vt/models" }
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value[0] != 0 else { return nil }
        return unsafe String(cString: value)
    }

    /// Beside the folder of programs, and that of plugins, `libexec/vt`.
    private static var sharedDirectories: [String] {
        guard let program = programDirectory else { return [] }
        return ["..", "../.."].map { "\(program)/\($0)/share/vt/models" }
    }

    private static var programDirectory: String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
        guard count > 0 else { return nil }
        let path = String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
