import Audio
import CPulse
import Glibc
import POSIX
import Program
import Synchronization
import Text

/// One recording: from a source, pinned to it, to standard output until a signal comes.
final class Recording {
    private let server: PulseServer
    private let request: RecordingRequest
    private let source: PulseSource
    private let stopping: StopRequest
    private var wakings = 0
    private var wasSuspended = false

    /// A source that somebody suspends again and again is left alone.
    private static let longestTug = 3

    init(_ server: PulseServer, _ request: RecordingRequest) throws {
        self.server = server
        self.request = request
        let sources = try server.sources()
        source = try SourceChoice.choose(request.device, among: sources) { try server.cards() }
        stopping = try StopRequest(waking: server)
    }

    /// Records. Returns when a signal has ended it, with all that was heard before.
    ///
    /// - Throws: `Failure` where the source or the server is lost; what came before is on standard output.
    func run() throws {
        if source.isMuted { Log.warning("\(source.name) is muted") }
        if source.isMonitor, request.device == nil {
            Log.warning("the default source, \(source.name), is what is played, not a microphone")
        }
        let stream = try unsafe openStream()
        defer { unsafe pa_stream_unref(stream) }
        try server.wait {
            let state = unsafe pa_stream_get_state(stream)
            return state != PA_STREAM_CREATING && state != PA_STREAM_UNCONNECTED
        }
        try unsafe check(stream)
        Log.debug("recording from \(source.name), \(source.description)")
        var output = try WAVWriter(STDOUT_FILENO, format: request.format, name: "standard output")
        while !stopping.isRequested {
            unsafe wakeSource(of: stream)
            server.turn()
            try unsafe write(from: stream, to: &output)
            try server.check()
            try unsafe check(stream)
        }
        // What the server had heard when it halts the stream is here when it says so.
        try unsafe server.complete(pa_stream_cork(stream, 1, nil, nil))
        try unsafe server.complete(pa_stream_update_timing_info(stream, nil, nil))
        try unsafe write(from: stream, to: &output)
        try output.finish()
        unsafe pa_stream_disconnect(stream)
    }

    /// Asks for a stream from the source.
    private func openStream() throws -> OpaquePointer {
        let format = request.format
        var specification = pa_sample_spec(
            format: sampleFormat, rate: UInt32(format.sampleRate), channels: UInt8(format.channels))
        var map = pa_channel_map()
        unsafe pa_channel_map_init_extend(&map, UInt32(format.channels), PA_CHANNEL_MAP_DEFAULT)
        guard let stream = unsafe pa_stream_new(server.context, "recording", &specification, &map) else {
            throw Failure(.unavailable, "\(source.name) cannot record so: \(server.reason)")
        }
        let bytes = max(1, format.sampleRate * request.period / 1000) * format.bytesPerFrame
        var attributes = pa_buffer_attr(
            maxlength: .max, tlength: .max, prebuf: .max, minreq: .max, fragsize: UInt32(bytes))
        // Pinned: without DONT_MOVE a source that is removed is replaced by another one, without a word. The latency is
        // that of the whole way: else a source that is used by others, too, gives a fragment only when its own is full.
        let flags = PA_STREAM_DONT_MOVE.rawValue | PA_STREAM_ADJUST_LATENCY.rawValue
        guard
            unsafe pa_stream_connect_record(stream, source.name, &attributes, pa_stream_flags_t(rawValue: flags)) == 0
        else {
            throw Failure(.unavailable, "\(source.name) cannot be opened: \(server.reason)")
        }
        return unsafe stream
    }

    private var sampleFormat: pa_sample_format_t {
        switch request.format.sampleFormat {
        case .u8: PA_SAMPLE_U8
        case .s16le: PA_SAMPLE_S16LE
        case .s24le: PA_SAMPLE_S24LE
        case .s32le: PA_SAMPLE_S32LE
        case .f32le, .f64le: PA_SAMPLE_FLOAT32LE
        }
    }

    /// Writes what has arrived; silence where the server says that something is missing.
    private func write(from stream: OpaquePointer, to output: inout WAVWriter) throws {
        while unsafe pa_stream_get_state(stream) == PA_STREAM_READY {
            var data: UnsafeRawPointer?
            var count = 0
            guard unsafe pa_stream_peek(stream, &data, &count) == 0, count > 0 else { return }
            defer { unsafe pa_stream_drop(stream) }
            if let data = unsafe data {
                try unsafe output.write(UnsafeRawBufferPointer(start: data, count: count))
            } else {
                tellGap(seconds: Double(count) / Double(request.format.bytesPerSecond))
                let zero: UInt8 = request.format.sampleFormat == .u8 ? 0x80 : 0
                let silence = [UInt8](repeating: zero, count: count)
                try unsafe silence.withUnsafeBytes { try unsafe output.write($0) }
            }
        }
    }

    /// Says what was lost: to vt-record as it wants to hear it (vt-plugin(7), RECORDERS), to a person in words.
    private func tellGap(seconds: Double) {
        let number = decimal(seconds, places: 3)
        guard environment("VT_TMPDIR") != nil else { return Log.warning("\(number) s were lost, and are silence") }
        try? writeAll(STDERR_FILENO, EventLine("gap", [.init("seconds", number)]).line, name: "standard error")
    }

    /// Has a suspended source go on. One that was merely idle has woken when the stream was opened.
    private func wakeSource(of stream: OpaquePointer) {
        let isSuspended = unsafe pa_stream_is_suspended(stream) == 1
        defer { wasSuspended = isSuspended }
        guard isSuspended, !wasSuspended, wakings < Self.longestTug else { return }
        wakings += 1
        Log.warning("\(source.name) is suspended: waking it")
        // A monitor sleeps and wakes with its sink.
        let operation =
            if let sink = source.monitoredSink {
                unsafe pa_context_suspend_sink_by_index(server.context, sink, 0, nil, nil)
            } else {
                unsafe pa_context_suspend_source_by_name(server.context, source.name, 0, nil, nil)
            }
        if let operation = unsafe operation { unsafe pa_operation_unref(operation) }
    }

    /// Whether the stream still runs.
    private func check(_ stream: OpaquePointer) throws {
        let state = unsafe pa_stream_get_state(stream)
        guard state == PA_STREAM_FAILED || state == PA_STREAM_TERMINATED else { return }
        switch unsafe pa_error_code_t(UInt32(pa_context_errno(server.context))) {
        case PA_ERR_KILLED, PA_ERR_NOENTITY:
            throw Failure(.unavailable, "\(source.name) is gone: its source was removed, or moved to another profile")
        default:
            throw Failure(.unavailable, "\(source.name) cannot be recorded from: \(server.reason)")
        }
    }
}

/// The signal that ends a recording; a second one ends the program.
final class StopRequest: Sendable {
    private let count = Atomic<Int>(0)

    var isRequested: Bool { count.load(ordering: .acquiring) > 0 }

    init(waking server: PulseServer) throws {
        try Signals.watch([SIGINT, SIGTERM, SIGHUP], evenIfIgnored: true) { [self] signal in
            if count.add(1, ordering: .acquiringAndReleasing).oldValue > 0 { Signals.endProcess(by: signal) }
            server.wake()
        }
    }
}
