import Testing

@testable import Text

/// Where lines may end in scripts that have no spaces.
@Suite struct Lines {
    private static let sentence =
        "コンピューターがちょっと「こわい」（とても）と言って、ソフトウェアのアップデートをキャンセルしたっていうニュースを見ました。"

    /// By ICU where it is installed, and by our own rules.
    @Test(arguments: [
        LineBreaks.pieces(of: sentence), LineBreaks.piecesByRules(sentence),
    ])
    func japaneseEndsWithNoOpeningBracketAndBeginsWithNoStop(pieces: [String]) {
        #expect(pieces.joined() == Lines.sentence)
        #expect(pieces.count > 20)
        for piece in pieces {
            #expect(piece.last.map { "「（".contains($0) } == false, "\(piece)")
            #expect(piece.first.map { "」）、。ーッっュェャ".contains($0) } == false, "\(piece)")
        }
    }

    @Test func thaiIsBrokenBetweenWordsOrNotAtAll() {
        let pieces = LineBreaks.pieces(of: "กรุณาเปิดประตูให้ฉันด้วย")
        let words = ["กรุณา", "เปิด", "ประตู", "ให้", "ฉัน", "ด้วย"]
        #expect(pieces == words || pieces == [words.joined()])
        #expect(LineBreaks.piecesByRules(words.joined()) == [words.joined()])
    }

    @Test func otherScriptsStayWhole() {
        #expect(LineBreaks.piecesByRules("Straße") == ["Straße"])
        #expect(LineBreaks.piecesByRules("Swiftは速い。") == ["Swift", "は", "速", "い。"])
    }
}
