internal import ArgumentParser

/// A length of time in an option: `300ms`, `1.5s`, `2m`, `1h`; a bare number is seconds.
package struct TimeSpan: ExpressibleByArgument, Equatable, Sendable, CustomStringConvertible {
    /// Not negative, and below 10⁹.
    package var seconds: Double

    package init(seconds: Double) {
        self.seconds = seconds
    }

    package init?(argument: String) {
        let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let scale: Double
        switch argument[number.endIndex...] {
        case "ms": scale = 0.001
        case "s", "": scale = 1
        case "m", "min": scale = 60
        case "h": scale = 3600
        default: return nil
        }
        guard let value = Double(number), value * scale < 1e9 else { return nil }
        seconds = value * scale
    }

    package var description: String {
        if seconds < 1 { return "\(Int((seconds * 1000).rounded()))ms" }
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
    }
}
