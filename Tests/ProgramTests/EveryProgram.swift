import Harness

/// The programs that people run, and what there is to say about each.
enum EveryProgram {
    /// Those that are built from Swift, with their options defined once.
    static let compiled = ["vt-record", "vt-encode", "vt-transcribe", "vt-type", "vt-vad", "vt-models"]
    /// Engines and drivers that come with them.
    static let plugins = ["vt-record-pulse", "vt-transcribe-local", "vt-transcribe-pocketsphinx"] + engines + drivers
    /// Drivers of vt-type; all but the first are scripts.
    static let drivers = ["vt-type-clipboard", "vt-type-dotool", "vt-type-ydotool"]
    /// Engines that are scripts.
    static let engines = [
        "vt-transcribe-faster-whisper", "vt-transcribe-moonshine", "vt-transcribe-vosk", "vt-transcribe-whisper-cpp",
    ]
    static let scripts = ["vt-dictate"]
    static let all = compiled + plugins + scripts

    /// The text of a file of the package.
    static func text(_ path: String) throws -> String {
        try Harness.text(of: "\(BuiltPrograms.packageDirectory)/\(path)")
    }

    /// The pages in man/, for example `vt-type.1`.
    static var pages: [String] { entries(of: "\(BuiltPrograms.packageDirectory)/man") }
}
