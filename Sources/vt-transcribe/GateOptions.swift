internal import ArgumentParser
internal import Program
internal import VoiceActivity

extension DetectorKind: ExpressibleByArgument {}

/// What keeps silence from the engine.
struct GateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What finds speech: silero or energy (default: silero where its weights are installed).", valueName: "name")
    )
    var detector: DetectorKind?

    @Flag(help: "Send everything, silence too, and ask the engine whether there is speech.")
    var noGate = false

    func validate() throws {
        if noGate, detector != nil {
            throw ValidationError("--no-gate listens for nothing; --detector is for the gate")
        }
    }

    /// What the gate listens with; nil where none is wanted.
    func chooseDetector() throws -> InstalledDetector? {
        if noGate { return nil }
        do throws(WeightsError) {
            let installed = try InstalledDetector(detector)
            if let warning = installed.warning { Log.warning(warning.message, hint: warning.hint) }
            return installed
        } catch {
            throw Failure(.unavailable, error.description, hint: error.hint)
        }
    }
}
