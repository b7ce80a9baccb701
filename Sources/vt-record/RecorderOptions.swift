internal import ArgumentParser
internal import Capture
internal import Plugins
internal import Program
internal import Text

/// What captures: ALSA, which is built in, or a plugin.
struct RecorderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What captures: alsa or a plugin, by name or path; see --list-recorders (default: alsa).",
            valueName: "name"))
    var recorder: String?

    @Flag(help: "List the recorders, where they are and what they hide; run none.")
    var listRecorders = false

    @Option(
        help: ArgumentHelp(
            "Try whether a recorder keeps to the plugin protocol: a line for each rule.", valueName: "name"))
    var checkRecorder: String?

    @Option(
        name: .customLong("option"),
        help: ArgumentHelp("An option of the recorder's own; can be repeated.", valueName: "key=value"))
    var recorderOptions: [String] = []

    /// The one that needs no plugin.
    static let builtIn = "alsa"

    func validate() throws {
        if recorder?.isEmpty == true { throw ValidationError("--recorder needs a name") }
        if let checkRecorder {
            if checkRecorder.isEmpty { throw ValidationError("--check-recorder needs a name") }
            if checkRecorder == Self.builtIn {
                throw ValidationError("\(Self.builtIn) is built in, no plugin: it has no rules to keep")
            }
            if recorder != nil || listRecorders {
                throw ValidationError("--check-recorder goes with --device and --option only")
            }
        }
        _ = try parsedOptions()
    }

    /// Checks what depends on the configuration, too.
    func validateTogether() throws {
        let options = try parsedOptions()
        if let first = options.first, (recorder ?? checkRecorder) == nil || recorder == Self.builtIn {
            throw ValidationError("--option \(first.key) is for a plugin, and alsa has no options")
        }
    }

    /// `--option key=value`, taken apart.
    func parsedOptions() throws -> [(key: String, value: String)] {
        try recorderOptions.map { option in
            guard let sign = option.firstIndex(of: "="), sign != option.startIndex else {
                throw ValidationError("--option wants key=value, not \(option)")
            }
            return (String(option[..<sign]), String(option[option.index(after: sign)...]))
        }
    }

    /// The plugin that was asked for, with its options; nil for ALSA.
    func chosen() throws -> (recorder: PluginRecorder, options: [(key: String, value: String)])? {
        guard let recorder, recorder != Self.builtIn else { return nil }
        let found: PluginRecorder
        do throws(CaptureError) {
            found = try PluginRecorder.find(recorder)
        } catch {
            throw CaptureError(
                error.code, device: error.device, detail: error.detail,
                hint: error.hint ?? "vt-record --list-recorders shows what there is")
        }
        let options = try parsedOptions()
        // A misspelt option is found before the first word is spoken.
        try found.check(options: options)
        return (found, options)
    }

    /// `--list-recorders`: a line each: name, path, and what hides it or forbids it.
    static var list: String {
        var text = "\(builtIn)\tbuilt in\t\n"
        for recorder in Plugin.list(host: "vt-record") {
            let remark = recorder.problem.map { "refused: \($0)" } ?? ""
            text += [recorder.name, recorder.path, remark].map(\.sanitized).joined(separator: "\t") + "\n"
            for path in recorder.shadowed {
                text +=
                    [recorder.name, path, "shadowed by \(recorder.path)"].map(\.sanitized).joined(separator: "\t")
                    + "\n"
            }
        }
        return text
    }
}
