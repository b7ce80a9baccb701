package import Audio
internal import CALSA
internal import Glibc

/// A capture device that ALSA reaches: hardware, PulseAudio, PipeWire, or whatever a configuration file defines.
package final class ALSAMicrophone: RecordingSource {
    package let name: String
    package let format: AudioFormat

    private let connection: ALSAConnection
    private var polled: [pollfd]
    /// When the frame after the last one read was captured; nil before the first.
    private var nextFrameTime: Int64?
    /// Recoveries since data last arrived.
    private var recoveries = 0
    /// Whether frames were lost since data last arrived.
    private var lost = false
    /// Whether the last read left a period or more.
    private var hasMore = false

    /// As many attempts as the recording survives without any data in between.
    private static let recoveryLimit = 3

    /// Opens a device and agrees with it on a format; nothing is captured before `start`.
    ///
    /// A device that can't do the format by itself (`hw:` has no conversion) is opened again through ALSA's `plug`, which
    /// converts rate, channels and sample format.
    ///
    /// - Parameters:
    ///   - device: an ALSA name, for example `default` or `plughw:CARD=USB`.
    ///   - format: what `read` shall deliver.
    ///   - period: how much sound arrives at a time, in seconds. Short periods cost wake-ups, long ones are latency.
    package init(device: String, format: AudioFormat, period: Double = 0.02) throws(CaptureError) {
        var opened = try ALSAConnection.open(device, format: format, period: period)
        if let missing = opened.missing {
            let refusal = CaptureError(.unsupportedFormat, device: device, detail: missing)
            // An apostrophe would end the quotation.
            guard !device.contains("'") else { throw refusal }
            do {
                opened = try ALSAConnection.open("plug:'\(device)'", format: format, period: period)
            } catch {
                throw refusal
            }
            guard opened.missing == nil else { throw refusal }
        }
        name = device
        self.format = format
        let count = unsafe max(0, Int(snd_pcm_poll_descriptors_count(opened.pcm)))
        polled = Array(repeating: pollfd(), count: count + 1)
        unsafe snd_pcm_poll_descriptors(opened.pcm, &polled, CUnsignedInt(count))
        connection = opened
    }

    /// The name that was opened; it differs from `name` where ALSA converts for us.
    package var openedName: String { connection.name }
    package var periodFrames: Int { connection.periodFrames }
    /// Frames that the device keeps while nobody reads.
    package var bufferFrames: Int { connection.bufferFrames }

    private var pcm: OpaquePointer { unsafe connection.pcm }

    package func start() throws(CaptureError) {
        let code = unsafe snd_pcm_start(pcm)
        if code < 0 { throw ALSALibrary.error(code, device: name) }
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer, wakingOn descriptor: CInt, milliseconds: Int
    ) throws(CaptureError) -> Arrival {
        if milliseconds > 0, !hasMore, !wait(descriptor, milliseconds: milliseconds) { return .none }
        hasMore = false
        var available: snd_pcm_uframes_t = 0
        var stamp = timespec()
        let code = unsafe snd_pcm_htimestamp(pcm, &available, &stamp)
        if code < 0 {
            try recover(from: code)
            return .none
        }
        // A device without timestamps leaves the zero.
        let measured = MonotonicClock.nanoseconds(stamp)
        let time = measured > 0 ? measured : MonotonicClock.now()
        let wanted = min(Int(available), buffer.count / format.bytesPerFrame)
        guard wanted > 0 else { return .none }
        let count = unsafe Int(snd_pcm_readi(pcm, buffer.baseAddress, snd_pcm_uframes_t(wanted)))
        if count < 0 {
            if count != -Int(EAGAIN) { try recover(from: CInt(count)) }
            return .none
        }
        return arrived(count, available: Int(available), at: time)
    }

    /// Puts what was read on the time axis.
    private func arrived(_ count: Int, available: Int, at time: Int64) -> Arrival {
        guard count > 0 else { return .none }
        let rate = format.sampleRate
        let end = time - MonotonicClock.duration(of: available - count, rate: rate)
        var arrival = Arrival(frames: count, stampedAt: time)
        if lost, let expected = nextFrameTime {
            let begin = end - MonotonicClock.duration(of: count, rate: rate)
            arrival.lostFrames = MonotonicClock.frames(in: begin - expected, rate: rate)
        }
        lost = false
        recoveries = 0
        // A device may hand out less than it has (PulseAudio: a fragment), or the buffer was too small for it.
        hasMore = available - count >= periodFrames
        nextFrameTime = end
        return arrival
    }

    /// Waits for the device; false where there is nothing to read.
    private func wait(_ descriptor: CInt, milliseconds: Int) -> Bool {
        let last = polled.count - 1
        polled[last] = pollfd(fd: descriptor, events: CShort(POLLIN), revents: 0)
        guard unsafe poll(&polled, nfds_t(polled.count), CInt(milliseconds)) > 0 else {
            // After a stop (SIGSTOP), or with a device whose timer is late, there may be data all the same.
            return unsafe snd_pcm_avail_update(pcm) != 0
        }
        var events: CUnsignedShort = 0
        // An error (the sound server died: EIO) shows in what is called next.
        return unsafe snd_pcm_poll_descriptors_revents(pcm, &polled, CUnsignedInt(last), &events) < 0 || events != 0
    }

    /// Brings the device back after an overrun or a suspend.
    ///
    /// - Throws: where the device is gone, or this was one attempt too many.
    private func recover(from code: CInt) throws(CaptureError) {
        lost = true
        recoveries += 1
        if code == -ENODEV || code == -ENXIO { throw vanished(code) }
        guard recoveries <= Self.recoveryLimit else {
            throw CaptureError(.notRecovered, device: name, detail: ALSALibrary.reason(code))
        }
        if code == -ESTRPIPE {
            // The driver comes back in its own time; where it can't resume, preparing it anew does.
            while unsafe snd_pcm_resume(pcm) == -EAGAIN { usleep(20_000) }
        }
        var outcome = unsafe snd_pcm_prepare(pcm)
        if outcome == 0 { outcome = unsafe snd_pcm_start(pcm) }
        if outcome == 0 { return }
        if outcome == -ENODEV || outcome == -ENXIO || outcome == -EIO || outcome == -EBADFD { throw vanished(outcome) }
        guard recoveries < Self.recoveryLimit else {
            throw CaptureError(.notRecovered, device: name, detail: ALSALibrary.reason(outcome))
        }
        usleep(50_000)
    }

    private func vanished(_ code: CInt) -> CaptureError {
        CaptureError(.vanished, device: name, detail: ALSALibrary.reason(code))
    }
}
