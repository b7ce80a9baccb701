internal import CALSA
internal import Glibc
internal import POSIX

/// What concerns the sound library as a whole.
package enum ALSALibrary {
    private static let handler = Monitor<(@Sendable (String) -> Void)?>(nil)

    /// Keeps the library from writing to stderr, where it explains at length what our one message says.
    ///
    /// - Parameter receive: gets each of its messages, on any thread; nil drops them.
    package static func redirectMessages(to receive: (@Sendable (String) -> Void)?) {
        handler.note { $0 = receive }
        unsafe vt_alsa_set_sink { text in
            guard let text = unsafe text, let receive = ALSALibrary.handler.read({ $0 }) else { return }
            receive(unsafe String(cString: text))
        }
    }

    /// The library's words for one of its (negative) error codes.
    static func reason(_ code: CInt) -> String {
        unsafe String(cString: snd_strerror(code))
    }

    /// What an error of opening or configuring a device means.
    static func error(_ code: CInt, device: String) -> CaptureError {
        let kind: CaptureError.Code =
            switch -code {
            case ENOENT, ENODEV, ENXIO: .noSuchDevice
            case EBUSY, EAGAIN: .busy
            case EACCES, EPERM: .denied
            default: .failed
            }
        return CaptureError(kind, device: device, detail: reason(code))
    }
}
