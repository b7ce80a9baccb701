import Glibc
import VoiceActivity

/// Reads cases from standard input and prints the segments of each.
///
/// A case is a line: threshold, negative threshold (`-` for none), milliseconds of minimum speech, minimum silence and padding,
/// seconds of maximum speech (`-` for none), milliseconds of the least pause to cut at, 1 for the longest pause or 0 for the
/// last, samples of the stream, then the probabilities; all separated by spaces. The answer is `start-end start-end …`.
func segmentLines() {
    while let line = readLine() {
        let words = line.split(separator: " ")
        func value(_ index: Int) -> Double { Double(words[index]) ?? 0 }
        let options = SegmenterOptions(
            threshold: Float(value(0)), negativeThreshold: words[1] == "-" ? nil : Float(value(1)),
            minimumSpeech: value(2) / 1000, minimumSilence: value(3) / 1000, padding: value(4) / 1000,
            maximumSpeech: words[5] == "-" ? nil : value(5), minimumPauseToCut: value(6) / 1000,
            cutsAtLongestPause: words[7] == "1")
        var left = Int(words[8]) ?? 0
        var segmenter = Segmenter(options)
        var segments: [String] = []
        var confirmed: Int?
        func hear(_ event: Segmenter.Event) {
            switch event {
            case .began, .dismissed: break
            case .confirmed(let start):
                // What was said early must hold in the end.
                if confirmed != nil { segments.append("confirmed-twice") }
                confirmed = start
            case .ended(let segment):
                if let start = confirmed, start != segment.start { segments.append("start-moved") }
                confirmed = nil
                segments.append("\(segment.start)-\(segment.end)")
            }
        }
        for word in words[9...] {
            let certain = segmenter.certainEnd
            let count = min(left, DetectionWindow.length)
            left -= count
            segmenter.push(Float(word) ?? 0, count: count, hear)
            // What was certain stays certain.
            if let certain, let now = segmenter.certainEnd, confirmed != nil, now < certain {
                segments.append("retreat")
            }
        }
        segmenter.finish(hear)
        if confirmed != nil { segments.append("never-ended") }
        print(segments.joined(separator: " "))
    }
}
