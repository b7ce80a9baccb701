import CPulse
import Glibc
import POSIX
import Program
import Text

/// A connection to the sound server: PulseAudio's own, or PipeWire's.
///
/// One thread calls everything but `wake`.
@safe
final class PulseServer: @unchecked Sendable {
    // Sendable for `wake` alone, which libpulse allows from any thread.
    private let loop: OpaquePointer
    let context: OpaquePointer

    /// Less than vt-record waits for the first sound, so that it is us who say why there is none.
    private static let patience = Duration.seconds(4)

    /// Connects; returns when the server has let us in.
    ///
    /// - Throws: `Failure` with status 69.
    init() throws {
        guard let loop = unsafe pa_mainloop_new() else { throw Failure(.internalError, "pa_mainloop_new failed") }
        guard let context = unsafe pa_context_new(pa_mainloop_get_api(loop), "vt-record") else {
            unsafe pa_mainloop_free(loop)
            throw Failure(.internalError, "pa_context_new failed")
        }
        unsafe self.loop = loop
        unsafe self.context = context
        unsafe pa_context_connect(context, nil, PA_CONTEXT_NOFLAGS, nil)
        try wait { unsafe pa_context_get_state(context) == PA_CONTEXT_READY }
    }

    /// Says goodbye; what is left of the connection goes with the process.
    func disconnect() {
        unsafe pa_context_disconnect(context)
    }

    /// Waits for something to happen, and handles it.
    ///
    /// - Parameter milliseconds: the longest wait; nil waits without end.
    func turn(milliseconds: Int? = nil) {
        let microseconds = milliseconds.map { CInt(clamping: $0 * 1000) } ?? -1
        guard unsafe pa_mainloop_prepare(loop, microseconds) >= 0, unsafe pa_mainloop_poll(loop) >= 0 else { return }
        unsafe pa_mainloop_dispatch(loop)
    }

    /// Ends a wait. From any thread.
    func wake() {
        unsafe pa_mainloop_wakeup(loop)
    }

    /// Waits until something is so.
    ///
    /// - Throws: `Failure` where the connection is lost, or the server takes too long.
    func wait(until condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + Self.patience
        while !condition() {
            try check()
            let left = deadline - .now
            guard left > .zero else {
                throw Failure(
                    .unavailable, "\(Self.address) does not answer: nothing in \(Self.patience.components.seconds) s",
                    hint: "is it stopped, or too busy? pactl info asks it, too")
            }
            let (seconds, attoseconds) = left.components
            turn(milliseconds: Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000) + 1)
        }
    }

    /// Waits for the end of an operation, and frees it.
    func complete(_ operation: OpaquePointer?) throws {
        guard let operation = unsafe operation else { throw failure() }
        defer { unsafe pa_operation_unref(operation) }
        try wait { unsafe pa_operation_get_state(operation) != PA_OPERATION_RUNNING }
    }

    /// Whether the connection still holds.
    func check() throws {
        let state = unsafe pa_context_get_state(context)
        if state == PA_CONTEXT_FAILED || state == PA_CONTEXT_TERMINATED { throw failure() }
    }

    /// What the library gives as the reason for the last failure.
    var reason: String { unsafe String(cString: pa_strerror(pa_context_errno(context))) }

    /// Why the connection is none.
    private func failure() -> Failure {
        switch unsafe pa_error_code_t(UInt32(pa_context_errno(context))) {
        case PA_ERR_ACCESS, PA_ERR_AUTHKEY:
            return Failure(
                .unavailable, "\(Self.address) does not let us in: \(reason)",
                hint: "it runs as another user, or wants another cookie: PULSE_COOKIE, ~/.config/pulse/cookie")
        case PA_ERR_CONNECTIONREFUSED, PA_ERR_INVALIDSERVER, PA_ERR_TIMEOUT, PA_ERR_NOENTITY:
            return Failure(
                .unavailable, "cannot reach \(Self.address): \(reason)",
                hint: "is pulseaudio or pipewire-pulse running? vt-record without --recorder needs neither")
        case PA_ERR_CONNECTIONTERMINATED:
            return Failure(.unavailable, "\(Self.address) has ended: \(reason)")
        default:
            return Failure(.unavailable, "\(Self.address): \(reason)")
        }
    }

    /// The server, for messages.
    private static var address: String {
        if let named = environment("PULSE_SERVER"), !named.isEmpty { return "the sound server \(named.sanitized)" }
        return "the sound server"
    }
}
