/// A time or length in seconds as the event stream and our file formats write it: a decimal point, no exponent.
///
/// - Parameters:
///   - seconds: not negative; below 10⁹.
///   - places: digits behind the point, 0 to 6.
package func decimal(_ seconds: Double, places: Int = 3) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let total = Int((max(0, min(seconds, 1e9)) * Double(scale)).rounded())
    guard places > 0 else { return String(total) }
    let fraction = String(total % scale)
    return "\(total / scale)." + String(repeating: "0", count: places - fraction.utf8.count) + fraction
}
