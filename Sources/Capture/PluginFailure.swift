internal import Plugins

extension CaptureError {
    /// The statuses that a plugin may end with (vt-plugin(7)); every other one means that it is broken.
    private static let statuses: Set<CInt> = [64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78]

    /// What a recorder that could not be found, described or run means for a recording.
    init(recorder name: String, _ error: PluginError) {
        let status =
            switch error.code {
            case .usage: 64
            case .notFound, .unsafe, .missingRequirement, .cannotStart: 69
            case .timedOut, .cancelled: 75
            case .protocolError: 76
            case .system: 70
            }
        self.init(.recorder(status: status), device: name, detail: error.message, hint: error.hint)
    }

    /// What the end of a recorder means that nobody asked for (DESIGN §4, "Fail").
    ///
    /// - Parameters:
    ///   - termination: how it ended.
    ///   - lines: what it wrote last on standard error; a last line that begins with `hint: ` is one.
    init(recorder: PluginRecorder, ended termination: ChildProcess.Termination, saying lines: [String]) {
        // What was lost on the way is no reason.
        var lines = lines.filter { RecorderMessage.gap(in: $0) == nil }
        var hint: String?
        if let last = lines.last, last.hasPrefix("hint: ") {
            hint = String(RecorderMessage(last, from: recorder.plugin).text.dropFirst(6))
            lines.removeLast()
        }
        let said = lines.last.map { RecorderMessage($0, from: recorder.plugin).text }
        let status: CInt
        let otherwise: String
        switch termination {
        case .exited(let code):
            status = Self.statuses.contains(code) ? code : 76
            otherwise = code == 0 ? "it ended" : "it ended with status \(code)"
        case .signalled(let signal):
            status = 76
            otherwise = "it died of signal \(signal)"
        }
        // A status of its own making says nothing that its last words would: whose fault it is must be seen.
        let detail: String
        if let said, !said.isEmpty {
            detail = status == 76 ? "\(recorder.name): \(otherwise): \(said)" : "\(recorder.name): \(said)"
        } else {
            detail = "\(recorder.name): \(otherwise)"
        }
        self.init(.recorder(status: Int(status)), device: recorder.name, detail: detail, hint: hint)
    }
}
