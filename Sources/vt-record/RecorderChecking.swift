internal import Capture
internal import Glibc
internal import Plugins
internal import POSIX
internal import Program
internal import Synchronization

/// `--check-recorder`: tries whether a recorder keeps to vt-plugin(7), and writes a line for each thing that is tried.
///
/// - Parameters:
///   - name: the recorder's, or its path.
///   - request: the device and the options for every call.
/// - Returns: 0; 76 where it does not; what the recorder says where it can't work here.
/// - Throws: `CaptureError` where there is no such recorder, or something that it needs is missing: then there is nothing to try.
func checkRecorder(_ name: String, _ request: PluginRecorder.Request) throws -> ExitStatus {
    let cancellation = try Cancellation()
    let caught = Caught()
    try Signals.watch([SIGINT, SIGTERM, SIGHUP]) { signal in
        caught.number.store(signal, ordering: .releasing)
        cancellation.cancel()
    }
    let plugin = try PluginRecorder.locate(name)
    let checks: [Conformance.Check]
    do throws(CaptureError) {
        let recorder = try PluginRecorder.find(name, cache: nil)
        checks = try RecorderConformance(recorder, request, cancellation: cancellation).checks
    } catch {
        guard error.code == .recorder(status: 76) else { throw error }
        // Nothing else can be tried of one that can't say what it is.
        checks = Array(Conformance.general(cancellation: cancellation).prefix(1))
    }
    let findings: [Conformance.Finding]
    do {
        findings = try Conformance(plugin, checks).run { finding in
            try writeAll(STDOUT_FILENO, finding.line + "\n", name: "standard output")
        }
    } catch {
        let signal = caught.number.load(ordering: .acquiring)
        if signal != 0 { Signals.endProcess(by: signal) }
        throw error
    }
    let status = ExitStatus(rawValue: Conformance.status(of: findings)) ?? .internalError
    if status == .protocolError {
        Log.error("\(name) does not keep to the plugin protocol", hint: "man vt-plugin says what it asks for")
    } else if status != .done {
        Log.error("\(name) could not be tried completely", hint: "mend what it says, and try again")
    }
    return status
}

/// The signal that ends the check; 0 while none has come.
private final class Caught: Sendable {
    let number = Atomic<CInt>(0)
}
