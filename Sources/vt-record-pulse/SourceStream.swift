import Audio
import CPulse
import Glibc
import Program

/// A stream from one source, pinned to it.
@safe
final class SourceStream {
    let source: PulseSource
    private let server: PulseServer
    private let format: AudioFormat
    private let stream: OpaquePointer
    private var wakings = 0
    private var wasSuspended = false

    /// A source that somebody suspends again and again is left alone.
    private static let longestTug = 3

    /// Asks for a stream, and waits until it is there.
    ///
    /// - Parameters:
    ///   - format: what the server makes of the source's sound.
    ///   - period: how much should arrive at a time, in milliseconds.
    /// - Throws: `Failure` with status 69.
    init(_ server: PulseServer, _ source: PulseSource, _ format: AudioFormat, period: Int) throws {
        self.source = source
        self.server = server
        self.format = format
        unsafe stream = try Self.open(server, source, format, period)
        try server.wait {
            let state = unsafe pa_stream_get_state(stream)
            return state != PA_STREAM_CREATING && state != PA_STREAM_UNCONNECTED
        }
        try check()
    }

    deinit {
        unsafe pa_stream_unref(stream)
    }

    private static func open(
        _ server: PulseServer, _ source: PulseSource, _ format: AudioFormat, _ period: Int
    ) throws -> OpaquePointer {
        var specification = pa_sample_spec(
            format: sampleFormat(format.sampleFormat), rate: UInt32(format.sampleRate),
            channels: UInt8(format.channels))
        var map = pa_channel_map()
        unsafe pa_channel_map_init_extend(&map, UInt32(format.channels), PA_CHANNEL_MAP_DEFAULT)
        guard let stream = unsafe pa_stream_new(server.context, "recording", &specification, &map) else {
            throw Failure(.unavailable, "\(source.name) cannot record so: \(server.reason)")
        }
        let bytes = max(1, format.sampleRate * period / 1000) * format.bytesPerFrame
        var attributes = pa_buffer_attr(
            maxlength: .max, tlength: .max, prebuf: .max, minreq: .max, fragsize: UInt32(bytes))
        // Pinned: without DONT_MOVE a source that is removed is replaced by another one, without a word. The latency is
        // that of the whole way: else a source that is used by others, too, gives a fragment only when its own is full.
        let flags =
            PA_STREAM_DONT_MOVE.rawValue | PA_STREAM_ADJUST_LATENCY.rawValue | PA_STREAM_AUTO_TIMING_UPDATE.rawValue
            | PA_STREAM_INTERPOLATE_TIMING.rawValue
        guard
            unsafe pa_stream_connect_record(stream, source.name, &attributes, pa_stream_flags_t(rawValue: flags)) == 0
        else {
            unsafe pa_stream_unref(stream)
            throw Failure(.unavailable, "\(source.name) cannot be opened: \(server.reason)")
        }
        return unsafe stream
    }

    private static func sampleFormat(_ format: SampleFormat) -> pa_sample_format_t {
        switch format {
        case .u8: PA_SAMPLE_U8
        case .s16le: PA_SAMPLE_S16LE
        case .s24le: PA_SAMPLE_S24LE
        case .s32le: PA_SAMPLE_S32LE
        case .f32le, .f64le: PA_SAMPLE_FLOAT32LE
        }
    }

    /// Hands over what has arrived.
    ///
    /// - Parameters:
    ///   - take: gets the samples.
    ///   - miss: gets the number of bytes that the server says are missing.
    func read(_ take: (UnsafeRawBufferPointer) throws -> Void, miss: (Int) throws -> Void) throws {
        while unsafe pa_stream_get_state(stream) == PA_STREAM_READY {
            var data: UnsafeRawPointer?
            var count = 0
            guard unsafe pa_stream_peek(stream, &data, &count) == 0, count > 0 else { return }
            defer { unsafe pa_stream_drop(stream) }
            if let data = unsafe data {
                try unsafe take(UnsafeRawBufferPointer(start: data, count: count))
            } else {
                try miss(count)
            }
        }
    }

    /// How long ago the next sample to arrive was heard, in microseconds; negative where a sink has yet to play it, nil where the server
    /// has not said so yet.
    var delay: Double? {
        var microseconds: pa_usec_t = 0
        var isNegative: CInt = 0
        guard unsafe pa_stream_get_latency(stream, &microseconds, &isNegative) == 0 else { return nil }
        return isNegative != 0 ? -Double(microseconds) : Double(microseconds)
    }

    /// Has a suspended source go on. One that was merely idle has woken when the stream was opened.
    func keepAwake() {
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

    /// Whether it still runs.
    func check() throws {
        let state = unsafe pa_stream_get_state(stream)
        guard state == PA_STREAM_FAILED || state == PA_STREAM_TERMINATED else { return }
        switch unsafe pa_error_code_t(UInt32(pa_context_errno(server.context))) {
        case PA_ERR_KILLED, PA_ERR_NOENTITY:
            throw Failure(.unavailable, "\(source.name) is gone: its source was removed, or moved to another profile")
        default:
            throw Failure(.unavailable, "\(source.name) cannot be recorded from: \(server.reason)")
        }
    }

    /// Has the server stop it. What it had heard by then can be read afterwards.
    func halt() throws {
        try unsafe server.complete(pa_stream_cork(stream, 1, nil, nil))
        try unsafe server.complete(pa_stream_update_timing_info(stream, nil, nil))
    }

    func disconnect() {
        unsafe pa_stream_disconnect(stream)
    }
}
