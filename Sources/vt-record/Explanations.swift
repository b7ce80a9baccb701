internal import Capture
internal import Configuration
internal import Program

extension Record {
    /// What a capture error means to the user, and what to do.
    static func explain(_ error: any Error) -> Failure? {
        if let error = error as? ConfigurationError { return Failure(.configuration, error.message, hint: error.hint) }
        guard let error = error as? CaptureError else { return nil }
        let name = error.device
        let detail = error.detail.isEmpty ? "" : ": \(error.detail)"
        switch error.code {
        case .noSuchDevice:
            // 69 rather than 66: an unplugged microphone is unavailable, and its name is as unknown as a misspelt one's.
            return Failure(
                .unavailable,
                name == "default"
                    ? "there is no default microphone\(detail)" : "there is no microphone \(name)\(detail)",
                hint: "vt-record --list-devices lists those that there are")
        case .ambiguous:
            return Failure(
                .usage, "\(name) fits several devices: \(error.candidates.joined(separator: ", "))",
                hint: "name one of them in full, or a part that only one has")
        case .busy:
            return Failure(
                .unavailable, "\(name): another program is recording from it\(detail)",
                hint: "--device default shares it where a sound server runs")
        case .denied:
            return Failure(
                .unavailable, "\(name): access denied\(detail)",
                hint: "without a sound server, only members of the group audio may record")
        case .unsupportedFormat:
            return Failure(
                .unavailable, "\(name) cannot record \(error.detail)",
                hint: "plughw: in place of hw: converts; or choose other --rate, --channels, --sample-format")
        case .vanished:
            return Failure(.unavailable, "\(name) is gone\(detail); what was recorded is kept")
        case .stalled:
            return Failure(
                .unavailable,
                "\(name.isEmpty ? "the microphone" : name) stopped delivering\(detail); what was recorded is kept",
                hint: "is the device suspended, muted in hardware, or its sound server stopped?")
        case .notRecovered:
            return Failure(
                .unavailable, "\(name) overran again and again\(detail); what was recorded is kept",
                hint: "a longer --period asks less of the machine")
        case .recorder(let status):
            return Failure(
                ExitStatus(rawValue: CInt(status)) ?? .protocolError, error.detail, hint: error.hint)
        case .failed:
            return Failure(
                .unavailable, "\(name): cannot record\(detail)", hint: "VT_LOG=debug shows what ALSA has to say")
        }
    }
}
