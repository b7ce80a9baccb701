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
