/// A time or length in seconds as the event stream and our file formats write it: a decimal point, no exponent.
///
/// - Parameters:
///   - seconds: 0 to 10⁹; what lies outside, or is no number, is written as the nearer end.
///   - places: digits behind the point, 0 to 6.
package func decimal(_ seconds: Double, places: Int = 3) -> String {
    precondition((0...6).contains(places), "0 to 6 places, not \(places)")
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let total = Int((max(0, min(seconds, 1e9)) * Double(scale)).rounded())
    guard places > 0 else { return String(total) }
    let fraction = String(total % scale)
    return "\(total / scale)." + String(repeating: "0", count: places - fraction.utf8.count) + fraction
}

/// A length of time for people: `12 s`, `3 min 4 s`, `2 h 5 min`.
package func spokenDuration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e9)).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min" + (whole % 60 > 0 ? " \(whole % 60) s" : "") }
    return "\(whole / 3600) h" + (whole / 60 % 60 > 0 ? " \(whole / 60 % 60) min" : "")
}
