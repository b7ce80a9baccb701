import Testing
import VoiceActivity

@Suite struct Segments {
    /// A case: options and probabilities, and the segments that the reference gives (silero-vad 6.2.3, made at random by
    /// scripts/bench.d/vad-reference.py, which compares many more).
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let options: SegmenterOptions
        let length: Int
        let probabilities: [Float]
        let segments: [SpeechSegment]

        init(_ line: Substring) {
            testDescription = String(line)
            let words = line.split(separator: " ")
            func value(_ index: Int) -> Double { Double(words[index]) ?? .nan }
            options = SegmenterOptions(
                threshold: Float(value(0)), negativeThreshold: words[1] == "-" ? nil : Float(value(1)),
                minimumSpeech: value(2) / 1000, minimumSilence: value(3) / 1000, padding: value(4) / 1000,
                maximumSpeech: words[5] == "-" ? nil : value(5), minimumPauseToCut: value(6) / 1000,
                cutsAtLongestPause: words[7] == "1")
            length = Int(words[8]) ?? 0
            // One letter for each, in 1/32.
            probabilities = words[9].compactMap { $0.wholeNumberValue ?? $0.asciiValue.map { Int($0) - 87 } }
                .map { Float($0) / 32 }
            segments = words[10...].map { word in
                let ends = word.split(separator: "-").compactMap { Int($0) }
                return SpeechSegment(start: ends[0], end: ends[1])
            }
        }
    }

    private func events(_ options: SegmenterOptions, _ probabilities: [Float], length: Int) -> [Segmenter.Event] {
        var segmenter = Segmenter(options)
        var left = length
        var events: [Segmenter.Event] = []
        for probability in probabilities {
            segmenter.push(probability, count: min(left, DetectionWindow.length)) { events.append($0) }
            left -= DetectionWindow.length
        }
        segmenter.finish { events.append($0) }
        return events
    }

    private func ended(_ events: [Segmenter.Event]) -> [SpeechSegment] {
        events.compactMap { if case .ended(let segment) = $0 { segment } else { nil } }
    }

    @Test func areThoseOfTheReference() throws {
        let cases = try reference("segments.txt").split(separator: "\n").map(Case.init)
        #expect(cases.count == 80)
        for one in cases {
            let found = ended(events(one.options, one.probabilities, length: one.length))
            #expect(found == one.segments, "\(one.testDescription)")
        }
    }

    @Test func whatIsSaidEarlyHolds() throws {
        for one in try reference("segments.txt").split(separator: "\n").map(Case.init) {
            var segmenter = Segmenter(one.options)
            var confirmed: Int?
            var certain = 0
            var left = one.length
            func hear(_ event: Segmenter.Event) {
                switch event {
                case .began, .dismissed: break
                case .confirmed(let start):
                    #expect(confirmed == nil)
                    (confirmed, certain) = (start, 0)
                case .ended(let segment):
                    if let confirmed { #expect(segment.start == confirmed) }
                    #expect(segment.end >= certain)
                    (confirmed, certain) = (nil, 0)
                }
            }
            for probability in one.probabilities {
                let earliest = segmenter.earliestStart
                segmenter.push(probability, count: min(left, DetectionWindow.length), hear)
                left -= DetectionWindow.length
                #expect(segmenter.earliestStart >= earliest || confirmed != nil)
                if let now = segmenter.certainEnd {
                    #expect(now >= certain, "\(one.testDescription)")
                    certain = now
                }
            }
            segmenter.finish(hear)
            #expect(confirmed == nil)
        }
    }

    @Test func speechIsAnnouncedInItsFirstWindow() {
        var segmenter = Segmenter()
        var heard: [Segmenter.Event] = []
        for _ in 0..<10 { segmenter.push(0.1) { heard.append($0) } }
        #expect(heard.isEmpty)
        segmenter.push(0.5) { heard.append($0) }
        #expect(heard == [.began(at: 5120)])
    }

    @Test func aClickIsDismissed() {
        let click: [Float] = [0, 0, 1, 1] + [Float](repeating: 0, count: 20)
        #expect(events(SegmenterOptions(), click, length: click.count * 512) == [.began(at: 1024), .dismissed])
    }

    @Test func aSegmentIsGivenWhenItIsOver() {
        var segmenter = Segmenter()
        var heard: [SpeechSegment] = []
        func hear(_ event: Segmenter.Event) { if case .ended(let segment) = event { heard.append(segment) } }
        for _ in 0..<20 { segmenter.push(1, hear) }
        // 100 ms are 3.1 windows.
        for _ in 0..<4 { segmenter.push(0, hear) }
        #expect(heard.isEmpty)
        segmenter.push(0, hear)
        #expect(heard == [SpeechSegment(start: 0, end: 20 * 512 + 480)])
    }

    @Test func anEmptyStreamHasNone() {
        #expect(events(SegmenterOptions(), [], length: 0) == [])
    }

    /// A stub: the loudness of the window's first sample.
    final class Echo: Detector {
        func probability(of window: Span<Float>) -> Float { window[0] }
        func reset() {}
    }

    @Test(arguments: [1, 7, 511, 512, 513, 4096]) func chunksOfTheStreamDoNotMatter(size: Int) {
        let sound: [Float] = (0..<60 * 512 + 3).map { (5120..<20480).contains($0) || $0 >= 60 * 512 ? 1 : 0 }
        var stream = SpeechStream(Echo())
        var found: [Segmenter.Event] = []
        for start in stride(from: 0, to: sound.count, by: size) {
            let chunk = Array(sound[start..<min(start + size, sound.count)])
            stream.push(chunk.span) { found.append($0) }
        }
        stream.finish { found.append($0) }
        #expect(ended(found) == [SpeechSegment(start: 5120 - 480, end: 20480 + 480)])
        #expect(stream.segmenter.position == sound.count)
    }
}
