internal import Plugins
internal import Program
internal import Text
internal import Transcription

/// `--check-engine`: tries whether an engine keeps to vt-plugin(7), and writes a line for each thing that is tried.
///
/// - Parameter settings: for every call of the engine.
/// - Returns: 0; 76 where it does not; what the engine says where it can't work here.
/// - Throws: `EngineError` where there is no such engine, or something that it needs is missing: then there is nothing to try.
func runEngineCheck(
    _ name: String, _ settings: EngineSettings, _ interruption: Interruption, _ output: TranscriptOutput
) throws -> ExitStatus {
    let found = try findPlugin(name)
    let checks: [Conformance.Check]
    do {
        checks = try EngineConformance(
            try found.described(cache: nil), settings: settings, cancellation: interruption.cancellation
        ).checks
    } catch let error as EngineError where error.code == .protocolError {
        // Nothing else can be tried of one that can't say what it is.
        checks = Array(Conformance.general(cancellation: interruption.cancellation).prefix(1))
    }
    interruption.begin(reading: nil)
    defer { interruption.end(reading: nil) }
    let findings: [Conformance.Finding]
    do {
        findings = try Conformance(found.plugin, checks).run { finding in
            try output.write(finding.line + "\n")
        }
    } catch {
        if let signal = interruption.caught { interruption.endProcess(by: signal) }
        if let error = error as? PluginError { throw EngineError(error) }
        throw error
    }
    if let signal = interruption.caught { interruption.endProcess(by: signal) }
    try output.commit()
    let status = ExitStatus(rawValue: Conformance.status(of: findings)) ?? .internalError
    if status == .protocolError {
        Log.error("\(name) does not keep to the plugin protocol", hint: "man vt-plugin says what it asks for")
    } else if status != .done {
        Log.error("\(name) could not be tried completely", hint: "mend what it says, and try again")
    }
    return status
}
