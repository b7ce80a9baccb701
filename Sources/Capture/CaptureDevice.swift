internal import CALSA
internal import Glibc

/// A device that one can record from.
package struct CaptureDevice: Equatable, Sendable {
    /// ALSA's or a recorder's name for it, as `--device` takes it.
    package var name: String
    /// In words, on one line.
    package var description: String
    /// What a recorder says of it: `default`, `monitor`.
    package var marks: [String]

    package init(name: String, description: String, marks: [String] = []) {
        self.name = name
        self.description = description
        self.marks = marks
    }

    /// The capture devices that ALSA lists, in its order.
    package static func list() -> [CaptureDevice] {
        var hints: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        guard unsafe snd_device_name_hint(-1, "pcm", &hints) >= 0, let hints = unsafe hints else { return [] }
        defer { unsafe snd_device_name_free_hint(hints) }
        var devices: [CaptureDevice] = []
        var index = 0
        while let hint = unsafe hints[index] {
            index += 1
            // No direction means both.
            if let direction = unsafe value("IOID", of: hint), direction != "Input" { continue }
            guard let name = unsafe value("NAME", of: hint), !isFilter(name) else { continue }
            let text = unsafe value("DESC", of: hint) ?? ""
            let lines = text.split(separator: "\n").map { $0.filter { $0 != "\t" } }
            devices.append(CaptureDevice(name: name, description: lines.joined(separator: ", ")))
        }
        return devices
    }

    private static func value(_ key: String, of hint: UnsafeMutableRawPointer) -> String? {
        guard let text = unsafe snd_device_name_get_hint(hint, key) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// Whether a listed name is no device, but what ALSA's plugins put before one, or a source of nothing.
    private static func isFilter(_ name: String) -> Bool {
        // From alsa.conf and the files of libasound2-plugins; each can still be named to --device.
        ["null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix", "a52"].contains(
            String(name.prefix { $0 != ":" }))
    }
}

extension CaptureDevice {
    /// The device that a user means: an exact name, or a part of one name or description.
    ///
    /// What ALSA knows under exactly this name, listed or not, is taken as it is; so is a name with arguments (`hw:1,0`). A
    /// card is listed under several names, of which `plughw:` is taken since it converts; parts that fit several
    /// microphones are refused, for a recording of the wrong room helps nobody.
    ///
    /// - Parameters:
    ///   - wanted: what the user said.
    ///   - devices: what there is to choose from; not asked for an exact name.
    ///   - isDefined: whether ALSA's configuration has exactly this name.
    /// - Returns: the name to open.
    /// - Throws: `noSuchDevice` or `ambiguous`.
    package static func resolve(
        _ wanted: String, among devices: @autoclosure () -> [CaptureDevice],
        isDefined: (String) -> Bool = isDefinedInALSA
    ) throws(CaptureError) -> String {
        if wanted.contains(":") || isDefined(wanted) { return wanted }
        // Only now, since ALSA evaluates each of its definitions to list them.
        let devices = devices()
        if devices.contains(where: { $0.name == wanted }) { return wanted }
        let key = wanted.lowercased()
        guard !key.isEmpty else { throw CaptureError(.noSuchDevice, device: wanted) }
        let whole = devices.filter { $0.description.lowercased() == key }
        let fitting =
            whole.isEmpty
            ? devices.filter { $0.name.lowercased().contains(key) || $0.description.lowercased().contains(key) } : whole
        guard let first = fitting.first else { throw CaptureError(.noSuchDevice, device: wanted) }
        if fitting.count == 1 { return first.name }
        guard let card = first.microphone, fitting.allSatisfy({ $0.microphone == card }) else {
            throw CaptureError(.ambiguous, device: wanted, candidates: fitting.map(\.name))
        }
        let preferred = ["plughw:", "sysdefault:", "dsnoop:", "hw:"]
        return preferred.lazy.compactMap { prefix in fitting.first { $0.name.hasPrefix(prefix) } }.first?.name
            ?? first.name
    }

    /// Whether ALSA's configuration defines exactly this name.
    package static func isDefinedInALSA(_ name: String) -> Bool {
        var root: OpaquePointer?
        guard unsafe snd_config_update_ref(&root) >= 0, let root = unsafe root else { return false }
        defer { unsafe snd_config_unref(root) }
        var definition: OpaquePointer?
        guard unsafe snd_config_search_definition(root, "pcm", name, &definition) >= 0 else { return false }
        if let definition = unsafe definition { unsafe snd_config_delete(definition) }
        return true
    }

    /// Which microphone of which card a listed name stands for; nil where it isn't a card's.
    private var microphone: String? {
        guard let colon = name.firstIndex(of: ":") else { return nil }
        let arguments = name[name.index(after: colon)...].split(separator: ",")
        guard let card = arguments.first(where: { $0.hasPrefix("CARD=") }) else { return nil }
        // Names without a device mean the first.
        return "\(card),\(arguments.first { $0.hasPrefix("DEV=") } ?? "DEV=0")"
    }
}
