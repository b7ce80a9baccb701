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

    /// The gate; nil where none is wanted.
    ///
    /// - Parameter warns: whether to say that there is a better detector; once is enough.
    func makeGate(warns: Bool = true) throws -> DetectingGate? {
        noGate ? nil : try DetectingGate(detector, warns: warns)
    }
}
