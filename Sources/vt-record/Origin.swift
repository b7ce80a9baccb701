internal import Audio
internal import Capture
internal import Plugins

/// Where a recording comes from: a device of ALSA's, or a recorder plugin.
struct Origin: Sendable {
    /// As the user names it.
    let device: String?
    let format: AudioFormat
    /// Seconds.
    let period: Double
    /// Nil for ALSA.
    let plugin: (recorder: PluginRecorder, options: [(key: String, value: String)])?
    private let leash = PluginLeash()

    init(
        device: String?, format: AudioFormat, period: Double,
        plugin: (recorder: PluginRecorder, options: [(key: String, value: String)])?
    ) {
        self.device = device
        self.format = format
        self.period = period
        self.plugin = plugin
    }

    /// What messages call it.
    var title: String {
        guard let plugin else { return device ?? "default" }
        return device.map { "\($0) (\(plugin.recorder.name))" } ?? plugin.recorder.name
    }

    /// Milliseconds that closing it may take: a plugin has two seconds to end, and is killed then.
    var closingTime: Int { plugin == nil ? 1000 : 3000 }

    /// Opens it, on the thread that will record.
    func open(_ onMessage: @escaping (RecorderMessage) -> Void) throws(CaptureError) -> any RecordingSource {
        if let plugin {
            let request = PluginRecorder.Request(
                device: device, format: format, period: period, options: plugin.options)
            return try plugin.recorder.open(request, leash: leash, onMessage: onMessage)
        }
        let name = try CaptureDevice.resolve(device ?? "default", among: CaptureDevice.list())
        return try ALSAMicrophone(device: name, format: format, period: period)
    }

    /// Leaves no plugin behind. For a program that ends at once.
    func kill() {
        leash.kill()
    }
}
