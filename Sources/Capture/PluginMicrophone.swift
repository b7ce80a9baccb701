package import Audio
internal import Glibc
internal import Plugins

/// What a recorder plugin hears: the audio of its operation `record-v1`, in the format that was asked for.
///
/// One that writes WAV may record in any format; what is not the wanted one is converted here.
package final class PluginMicrophone: RecordingSource {
    package let name: String
    package let openedName: String
    package let format: AudioFormat
    package let periodFrames: Int
    /// What a pipe holds.
    package var bufferFrames: Int { max(periodFrames, (1 << 16) / format.bytesPerFrame) }

    private let recorder: PluginRecorder
    private let request: PluginRecorder.Request
    private let leash: PluginLeash?
    private let onMessage: (RecorderMessage) -> Void
    private var running: RunningPlugin?
    private var input: RecorderInput
    /// Messages that wait for the next sign of life: the last words of a plugin that ends are the reason, and said once.
    private let waiting = WaitingMessages()
    /// Whether anything has come: a header is a promise.
    package private(set) var isOpen = false
    private var hasGivenSound = false
    private var isStopped = false

    /// DESIGN §4: between SIGTERM and SIGKILL. What it heard before has this time to arrive.
    private static let patience = Duration.seconds(2)

    init(
        _ recorder: PluginRecorder, _ request: PluginRecorder.Request, leash: PluginLeash?,
        onMessage: @escaping (RecorderMessage) -> Void
    ) throws(CaptureError) {
        name = request.device.map { "\($0) (\(recorder.name))" } ?? recorder.name
        openedName = recorder.plugin.path
        format = request.format
        periodFrames = max(1, Int(request.period * Double(request.format.sampleRate)))
        self.recorder = recorder
        self.request = request
        self.leash = leash
        self.onMessage = onMessage
        input = RecorderInput(recorder.name, isWAV: recorder.description.output == .wav, wanted: request.format)
    }

    package func start() throws(CaptureError) {
        do {
            let call = Plugin.Call(
                "record-v1", variables: try recorder.variables(request), secrets: recorder.description.secrets)
            running = try RunningPlugin(recorder.plugin, call, leash: leash) {
                [plugin = recorder.plugin, waiting] line in
                waiting.lines.append(RecorderMessage(line, from: plugin))
            }
        } catch {
            throw CaptureError(recorder: name, error)
        }
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer, wakingOn descriptor: CInt, milliseconds: Int
    ) throws(CaptureError) -> Arrival {
        guard let running else { return .end }
        // What one block of the plugin's yields may not fit; it is given first.
        var frames = unsafe input.take(into: buffer)
        if frames == 0 {
            let chunk: RunningPlugin.Chunk
            do {
                chunk = unsafe try running.read(into: input.room, wakingOn: descriptor, milliseconds: milliseconds)
            } catch {
                throw CaptureError(recorder: name, error)
            }
            switch chunk {
            case .nothing:
                sayWaiting()
                return .none
            case .end:
                frames = unsafe input.finish(into: buffer)
                if frames == 0 { return try end(running) }
            case .bytes(let count):
                sayWaiting()
                try input.add(count)
                isOpen = true
                frames = unsafe input.take(into: buffer)
                // A header, or a part of a frame.
                if frames == 0 { return .none }
            }
        }
        hasGivenSound = true
        return Arrival(frames: frames, stampedAt: MonotonicClock.now())
    }

    package func stop() -> Int {
        isStopped = true
        running?.stop()
        return Int(Self.patience.components.seconds) * 1000
    }

    package func close() {
        guard let outcome = running?.finish(within: Self.patience) else { return }
        if outcome.wasKilled {
            onMessage(RecorderMessage(text: "\(recorder.name) did not end when it was asked to, and was killed"))
        }
        running = nil
    }

    /// It writes nothing any more: the end that was wanted, or one that needs a reason.
    private func end(_ running: RunningPlugin) throws(CaptureError) -> Arrival {
        let strayBytes = input.strayBytes
        let outcome = running.finish(within: Self.patience)
        if outcome?.wasKilled == true {
            onMessage(RecorderMessage(text: "\(recorder.name) did not end when it was asked to, and was killed"))
        }
        if strayBytes > 0 {
            onMessage(
                RecorderMessage(
                    text: "\(recorder.name): its last \(strayBytes) bytes are no whole frame and are left out"))
        }
        // The way in which it ends is its own affair once it was asked to: most die of the signal.
        if isStopped {
            sayWaiting()
            return .end
        }
        let termination = outcome?.termination ?? .exited(76)
        if termination == .exited(0), hasGivenSound {
            sayWaiting()
            return .end
        }
        let reason = CaptureError(recorder: recorder, ended: termination, saying: running.lastMessages)
        // All but what the reason says.
        waiting.lines.removeLast(min(reason.hint == nil ? 1 : 2, waiting.lines.count))
        sayWaiting()
        guard termination == .exited(0) else {
            throw hasGivenSound ? reason.adding("; what was recorded is kept") : reason
        }
        let said = running.lastMessages.last.map { ": \(RecorderMessage($0, from: recorder.plugin).text)" } ?? ""
        throw CaptureError(
            .recorder(status: 76), device: name, detail: "\(recorder.name): it ended without a sound\(said)")
    }

    private func sayWaiting() {
        guard !waiting.lines.isEmpty else { return }
        let lines = waiting.lines
        waiting.lines = []
        for line in lines { onMessage(line) }
    }

    /// Shared with the closure that the plugin's messages arrive at, on the same thread.
    private final class WaitingMessages {
        var lines: [RecorderMessage] = []
    }
}

extension RecorderMessage {
    /// Something of our own to say about the recorder.
    init(text: String) {
        self.text = text
        isForPeople = true
    }
}

extension CaptureError {
    /// The same with more to say.
    fileprivate func adding(_ text: String) -> CaptureError {
        var error = self
        error.detail += text
        return error
    }
}
