internal import Capture
internal import Text

/// What `--list-devices` prints.
func deviceList(_ devices: [CaptureDevice], json: Bool) -> String {
    guard json else {
        return devices.map { device in
            let marks = device.marks.isEmpty ? "" : " (\(device.marks.joined(separator: ", ")))"
            return "\(device.name.sanitized)\t\(device.description.sanitized)\(marks)\n"
        }.joined()
    }
    let objects = devices.map { device in
        let marks =
            device.marks.isEmpty ? "" : ", \"marks\": [\(device.marks.map(\.jsonQuoted).joined(separator: ", "))]"
        return
            "  {\"name\": \(device.name.jsonQuoted), \"description\": \(device.description.sanitized.jsonQuoted)\(marks)}"
    }
    return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
}
