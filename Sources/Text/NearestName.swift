/// The name of a list that a misspelt one is nearest to; nil where none is near.
///
/// - Returns: what one change for each three letters, and at least two, make of it.
package func nearestName(to name: String, among names: [String]) -> String? {
    let best = names.map { (name: $0, distance: editDistance(Array(name.utf8), Array($0.utf8))) }
        .min { $0.distance < $1.distance }
    guard let best, best.distance <= max(2, name.utf8.count / 3) else { return nil }
    return best.name
}

/// Levenshtein's distance, with two neighbours exchanged as one change.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before: [Int] = []
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var next = [row + 1]
        for column in 0..<right.count {
            var best = min(
                last[column + 1] + 1, next[column] + 1, last[column] + (left[row] == right[column] ? 0 : 1))
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                best = min(best, before[column - 1] + 1)
            }
            next.append(best)
        }
        (before, last) = (last, next)
    }
    return last[right.count]
}
