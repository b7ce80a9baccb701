extension String {
    /// The text in pieces of at most so many characters, cut behind white space where there is any, and never within a grapheme.
    ///
    /// Together they are the text. An empty one is one piece.
    func pieces(of length: Int) -> [String] {
        var pieces: [String] = []
        var start = startIndex
        var wordStart = startIndex
        var count = 0
        var index = startIndex
        while index < endIndex {
            let next = self.index(after: index)
            if count == length {
                // A word that is longer than a piece is cut where it is.
                let end = wordStart > start ? wordStart : index
                pieces.append(String(self[start..<end]))
                count = distance(from: end, to: index)
                start = end
            }
            count += 1
            if self[index].isWhitespace { wordStart = next }
            index = next
        }
        return pieces + (start < endIndex || pieces.isEmpty ? [String(self[start...])] : [])
    }
}
