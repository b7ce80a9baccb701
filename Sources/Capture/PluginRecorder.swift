package import Audio
package import Plugins
internal import Text

/// A recorder in a process of its own: the operations `record-v1` and `devices-v1` of a plugin (vt-plugin(7)).
package struct PluginRecorder: Sendable {
    package let plugin: Plugin
    package let description: PluginDescription

    package var name: String { plugin.name }

    /// - Parameter description: what the plugin said of itself.
    package init(_ plugin: Plugin, _ description: PluginDescription) {
        self.plugin = plugin
        self.description = description
    }

    /// Finds a plugin of vt-record and asks it what it is.
    package static func find(
        _ name: String, in search: PluginSearch = .standard, cache: DescriptionCache? = .standard
    ) throws(CaptureError) -> PluginRecorder {
        let plugin = try locate(name, in: search)
        do {
            return PluginRecorder(plugin, try plugin.describe(cache: cache))
        } catch {
            throw CaptureError(recorder: name, error)
        }
    }

    /// Finds a plugin of vt-record, and doesn't run it.
    package static func locate(_ name: String, in search: PluginSearch = .standard) throws(CaptureError) -> Plugin {
        do {
            return try Plugin.find(host: "vt-record", name: name, in: search)
        } catch {
            throw CaptureError(recorder: name, error)
        }
    }

    /// What is asked of a recorder.
    package struct Request: Sendable {
        /// As the user names it; nil is the recorder's own choice.
        package var device: String?
        package var format: AudioFormat
        /// How much sound should arrive at a time, in seconds.
        package var period: Double
        /// For options that the plugin declares.
        package var options: [(key: String, value: String)]

        package init(
            device: String? = nil, format: AudioFormat, period: Double = 0.02,
            options: [(key: String, value: String)] = []
        ) {
            self.device = device
            self.format = format
            self.period = period
            self.options = options
        }
    }

    /// Whether the plugin declares these options.
    ///
    /// - Throws: a `CaptureError` with status 64 naming the one that it doesn't.
    package func check(options: [(key: String, value: String)]) throws(CaptureError) {
        do {
            _ = try description.variables(for: options, of: name)
        } catch {
            throw CaptureError(recorder: name, error)
        }
    }

    /// Starts to record.
    ///
    /// - Parameters:
    ///   - leash: is given the plugin's process group while it runs.
    ///   - onMessage: gets what the plugin writes on its standard error, line by line, on the thread that reads.
    package func open(
        _ request: Request, leash: PluginLeash? = nil, onMessage: @escaping (RecorderMessage) -> Void = { _ in }
    ) throws(CaptureError) -> PluginMicrophone {
        try PluginMicrophone(self, request, leash: leash, onMessage: onMessage)
    }

    /// The variables of a `record-v1` call.
    func variables(_ request: Request) throws(PluginError) -> [String: String] {
        var result = try description.variables(for: request.options, of: name)
        result["VT_AUDIO"] = description.output.rawValue
        result["VT_RATE"] = String(request.format.sampleRate)
        result["VT_CHANNELS"] = String(request.format.channels)
        result["VT_SAMPLE_FORMAT"] = request.format.sampleFormat.rawValue
        result["VT_PERIOD"] = String(max(1, Int((request.period * 1000).rounded())))
        result["VT_DEVICE"] = request.device
        return result
    }

    /// The devices that the plugin can record from: its operation `devices-v1`.
    ///
    /// - Parameter timeout: how long it may take.
    package func devices(
        options: [(key: String, value: String)] = [], timeout: Duration = .seconds(10)
    ) throws(CaptureError) -> [CaptureDevice] {
        let outcome: ChildProcess.Outcome
        do {
            let variables = try description.variables(for: options, of: name)
            let call = Plugin.Call("devices-v1", variables: variables, secrets: description.secrets)
            outcome = try plugin.withProcess(for: call) { child in try child.run(timeout: timeout) }
        } catch let error as PluginError {
            throw CaptureError(recorder: name, error)
        } catch {
            throw CaptureError(.failed, device: name, detail: "\(error)")
        }
        let lines = String(decoding: outcome.errors, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        switch outcome.termination {
        case .exited(0): break
        case .exited(64) where lines.isEmpty:
            throw CaptureError(.recorder(status: 69), device: name, detail: "\(name): it cannot list devices")
        case let termination:
            throw CaptureError(recorder: self, ended: termination, saying: lines)
        }
        let text = String(decoding: outcome.output, as: UTF8.self)
        var devices: [CaptureDevice] = []
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard let device = fields.first, !device.isEmpty else {
                throw CaptureError(
                    .recorder(status: 76), device: name,
                    detail: "\(name): devices-v1: a line without a name: “\(String(line).sanitized.prefix(80))”")
            }
            let marks = fields.count > 2 ? fields[2].split(separator: " ").map { String($0).sanitized } : []
            devices.append(
                CaptureDevice(
                    name: String(device), description: fields.count > 1 ? String(fields[1]).sanitized : "",
                    marks: marks))
        }
        return devices
    }
}

/// A line of a recorder's standard error.
package struct RecorderMessage: Equatable, Sendable {
    /// Sanitised; without the file's name where it began with that.
    package var text: String
    /// Whether it began with the name of the recorder's file and a colon, as the messages of vt's own programs do: then
    /// it is meant for people. What else is on standard error may be any program's chatter.
    package var isForPeople: Bool
    /// Seconds of sound that the recorder says it lost, and has put silence in their place; nil where it says something else.
    package var gap: Double?

    /// A gap longer than a day is no gap.
    private static let longestGap = 86400.0

    /// - Parameters:
    ///   - line: as it came.
    ///   - plugin: whose it is.
    init(_ line: String, from plugin: Plugin) {
        let file = plugin.path.split(separator: "/").last.map(String.init) ?? plugin.name
        let prefix = file + ": "
        isForPeople = line.hasPrefix(prefix)
        text = String((isForPeople ? String(line.dropFirst(prefix.count)) : line).sanitized.prefix(1000))
        gap = RecorderMessage.gap(in: line)
    }

    /// What the line of an event `gap` says.
    static func gap(in line: String) -> Double? {
        guard line.hasPrefix("gap "), line.contains("\t"), let event = EventLine(parsing: line), event.verb == "gap",
            let value = event["seconds"], value.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            let seconds = Double(value), seconds > 0, seconds < longestGap
        else { return nil }
        return seconds
    }
}
