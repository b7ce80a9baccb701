internal import Capture
internal import Text

/// What `--list-devices` prints.
func deviceList(json: Bool) -> String {
    let devices = CaptureDevice.list()
    guard json else {
        return devices.map { "\($0.name.sanitized)\t\($0.description.sanitized)\n" }.joined()
    }
    let objects = devices.map {
        "  {\"name\": \($0.name.jsonQuoted), \"description\": \($0.description.sanitized.jsonQuoted)}"
    }
    return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
}
