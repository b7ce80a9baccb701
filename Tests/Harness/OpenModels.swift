internal import Glibc

/// Models of the engine `local`: a real one, which scripts/test installs, and tiny ones that say nonsense.
package enum OpenModels {
    /// What scripts/test takes for `$XDG_DATA_HOME`.
    private static let directory = "\(BuiltPrograms.packageDirectory)/.build/test-data"

    /// The folder with libtranscribe.so; nil if it is not installed.
    package static let library: String? = found("lib", with: "libtranscribe.so")
    /// The folder of the model whisper-tiny.en; nil if it is not installed.
    package static let whisperTiny: String? = found("models/local/whisper-tiny.en", with: "about")

    package static let needsLibrary = "needs libtranscribe, which scripts/test installs"
    package static let needsWhisper = "needs libtranscribe and whisper-tiny.en, which scripts/test installs"

    private static func found(_ name: String, with file: String) -> String? {
        let folder = "\(directory)/vt/\(name)"
        return access("\(folder)/\(file)", R_OK) == 0 ? folder : nil
    }

    /// Gives the programs of a home what is installed: the library, and whisper-tiny.en if it is asked for.
    package static func install(in home: Home, withWhisper: Bool = true) throws {
        try makeDirectories(home.directory("data/vt/models/local"))
        let whisper = withWhisper ? whisperTiny : nil
        for (source, name) in [(library, "lib"), (whisper, "models/local/whisper-tiny.en")] {
            guard let source else { continue }
            guard symlink(source, home.directory("data/vt/\(name)")) == 0 else {
                throw HarnessError("symlink to \(source) failed")
            }
        }
    }

    /// The path of a tiny model with random weights, by its name in Tests/Fixtures/models: `whisper`, `moonshine-streaming`, ...
    package static func tiny(_ name: String) throws -> String {
        let folder = try made.get()
        let path = "\(folder)/\(name).gguf"
        guard access(path, R_OK) == 0 else { throw HarnessError("no tiny model \(name) in \(entries(of: folder))") }
        return path
    }

    /// The folder of all of them, made once.
    private static let made = Swift.Result { () throws -> String in
        let folder = try TemporaryDirectory.lasting("tiny-models")
        let script = "\(BuiltPrograms.packageDirectory)/Tests/Fixtures/models/tiny_models.py"
        let result = try run(Command("python3", ["-B", script, folder.path]), within: .seconds(60))
        guard result.status == 0 else { throw HarnessError("\(result)") }
        return folder.path
    }
}
