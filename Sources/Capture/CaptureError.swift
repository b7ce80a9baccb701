/// Why there is no recording, or no more of it.
package struct CaptureError: Error, Equatable, Sendable {
    package enum Code: Equatable, Sendable {
        /// No device has the name, nor a part of it.
        case noSuchDevice
        /// A part of a name fits several devices; `candidates` lists them.
        case ambiguous
        /// Another program holds the device.
        case busy
        /// The user may not open the device.
        case denied
        /// The device can't record in the format that was asked for.
        case unsupportedFormat
        /// The device was there and is no more.
        case vanished
        /// The device is there, but no data came for too long.
        case stalled
        /// Overruns that could not be recovered from.
        case notRecovered
        /// A recorder plugin failed or is broken; `status` is the exit status of vt-plugin(7) that says how, `detail` all of it.
        case recorder(status: Int)
        /// What is none of the above; `detail` says it in the library's words.
        case failed
    }

    package var code: Code
    /// The device as the user or ALSA names it.
    package var device: String
    /// What the sound library said, or which part of the format is missing; empty where there is nothing to add.
    package var detail: String
    /// ALSA names that a part of a name fits; for `ambiguous` only.
    package var candidates: [String]
    /// What to do, where a recorder said so.
    package var hint: String?

    package init(
        _ code: Code, device: String, detail: String = "", candidates: [String] = [], hint: String? = nil
    ) {
        self.code = code
        self.device = device
        self.detail = detail
        self.candidates = candidates
        self.hint = hint
    }
}
