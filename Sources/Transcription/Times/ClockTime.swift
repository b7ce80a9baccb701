internal import Text

extension JSONValue {
    /// A time in seconds, however a server writes it: a number, one in a string, `1.4s` as protobuf has it, `00:01:02,500` as
    /// subtitles have it. It may be impossible; nil if it is no time at all.
    var clockTime: Double? {
        if let number = double { return number }
        guard let text = string?.trimmingSpace, !text.isEmpty else { return nil }
        if text.hasSuffix("s"), let number = Double(text.dropLast()) { return number.isFinite ? number : nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return nil }
        var seconds = 0.0
        for part in parts {
            guard let number = Double(part.replacing(",", with: ".")), (0..<1e6).contains(number) else { return nil }
            seconds = seconds * 60 + number
        }
        return seconds
    }
}
