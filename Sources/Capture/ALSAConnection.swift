internal import Audio
internal import CALSA
internal import Glibc

/// The one owner of an open PCM, and what the device agreed to.
@safe
struct ALSAConnection: ~Copyable {
    /// What was opened, as ALSA names it.
    let name: String
    /// Valid while this value lives.
    let pcm: OpaquePointer
    private(set) var periodFrames = 0
    private(set) var bufferFrames = 0
    /// Which part of the format the device can't do; nil where it agreed to all of it.
    private(set) var missing: String?

    /// How much sound the device keeps for us while we are not scheduled. More costs nothing but the device's memory.
    private static let bufferSeconds = 2.0

    /// Opens a device without waiting for one that is busy.
    ///
    /// - Throws: where it can't be opened or configured; a format that it can't do is no error but `missing`.
    static func open(_ name: String, format: AudioFormat, period: Double) throws(CaptureError) -> ALSAConnection {
        var pcm: OpaquePointer?
        let code = unsafe snd_pcm_open(&pcm, name, SND_PCM_STREAM_CAPTURE, CInt(SND_PCM_NONBLOCK))
        guard code >= 0, let pcm = unsafe pcm else { throw ALSALibrary.error(code, device: name) }
        var connection = unsafe ALSAConnection(name: name, owning: pcm)
        connection.missing = try connection.agree(on: format, period: period)
        if connection.missing == nil { try connection.setThresholds() }
        return connection
    }

    private init(name: String, owning pcm: OpaquePointer) {
        self.name = name
        unsafe self.pcm = pcm
    }

    deinit {
        unsafe snd_pcm_close(pcm)
    }

    /// Sets the hardware parameters.
    ///
    /// - Returns: what the device can't do.
    private mutating func agree(on format: AudioFormat, period: Double) throws(CaptureError) -> String? {
        var parameters: OpaquePointer?
        guard unsafe snd_pcm_hw_params_malloc(&parameters) >= 0, let parameters = unsafe parameters else {
            throw CaptureError(.failed, device: name, detail: ALSALibrary.reason(-ENOMEM))
        }
        defer { unsafe snd_pcm_hw_params_free(parameters) }
        let code = unsafe snd_pcm_hw_params_any(pcm, parameters)
        if code < 0 { throw ALSALibrary.error(code, device: name) }
        if unsafe snd_pcm_hw_params_set_access(pcm, parameters, SND_PCM_ACCESS_RW_INTERLEAVED) < 0 {
            return "interleaved samples"
        }
        if unsafe snd_pcm_hw_params_set_format(pcm, parameters, format.sampleFormat.inALSA) < 0 {
            return "sample format \(format.sampleFormat.rawValue)"
        }
        if unsafe snd_pcm_hw_params_set_channels(pcm, parameters, CUnsignedInt(format.channels)) < 0 {
            return format.channels == 1 ? "one channel" : "\(format.channels) channels"
        }
        if unsafe snd_pcm_hw_params_set_rate(pcm, parameters, CUnsignedInt(format.sampleRate), 0) < 0 {
            return "\(format.sampleRate) Hz"
        }
        // The buffer first: some drivers derive the shortest period from it. Both are wishes, and fail only together.
        var buffer = snd_pcm_uframes_t(Double(format.sampleRate) * Self.bufferSeconds)
        unsafe snd_pcm_hw_params_set_buffer_size_near(pcm, parameters, &buffer)
        var frames = snd_pcm_uframes_t(max(1, Double(format.sampleRate) * period))
        var direction: CInt = 0
        unsafe snd_pcm_hw_params_set_period_size_near(pcm, parameters, &frames, &direction)
        let applied = unsafe snd_pcm_hw_params(pcm, parameters)
        if applied < 0 { throw ALSALibrary.error(applied, device: name) }
        unsafe snd_pcm_hw_params_get_buffer_size(parameters, &buffer)
        unsafe snd_pcm_hw_params_get_period_size(parameters, &frames, &direction)
        bufferFrames = Int(buffer)
        periodFrames = Int(frames)
        return nil
    }

    /// Sets the software parameters: wake at each period, stamp times on the clock that we compare them with.
    private func setThresholds() throws(CaptureError) {
        var parameters: OpaquePointer?
        guard unsafe snd_pcm_sw_params_malloc(&parameters) >= 0, let parameters = unsafe parameters else {
            throw CaptureError(.failed, device: name, detail: ALSALibrary.reason(-ENOMEM))
        }
        defer { unsafe snd_pcm_sw_params_free(parameters) }
        unsafe snd_pcm_sw_params_current(pcm, parameters)
        unsafe snd_pcm_sw_params_set_avail_min(pcm, parameters, snd_pcm_uframes_t(periodFrames))
        unsafe snd_pcm_sw_params_set_tstamp_mode(pcm, parameters, SND_PCM_TSTAMP_ENABLE)
        // Not every plugin has them; the zero stamp that it leaves then is noticed where it is read.
        unsafe snd_pcm_sw_params_set_tstamp_type(pcm, parameters, SND_PCM_TSTAMP_TYPE_MONOTONIC)
        let code = unsafe snd_pcm_sw_params(pcm, parameters)
        if code < 0 { throw ALSALibrary.error(code, device: name) }
    }
}

extension SampleFormat {
    /// ALSA's name for it.
    fileprivate var inALSA: snd_pcm_format_t {
        switch self {
        case .u8: SND_PCM_FORMAT_U8
        case .s16le: SND_PCM_FORMAT_S16_LE
        case .s24le: SND_PCM_FORMAT_S24_3LE
        case .s32le: SND_PCM_FORMAT_S32_LE
        case .f32le: SND_PCM_FORMAT_FLOAT_LE
        case .f64le: SND_PCM_FORMAT_FLOAT64_LE
        }
    }
}
