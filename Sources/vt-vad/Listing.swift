internal import Audio
internal import Glibc
internal import POSIX
internal import Text
internal import VoiceActivity

/// Lines on standard output: gathered while the input comes fast, written before every wait for more of it.
struct LineOutput {
    private var text = ""

    mutating func add(_ line: String) throws {
        text += line
        if text.utf8.count > 1 << 15 { try flush() }
    }

    mutating func flush() throws {
        if text.isEmpty { return }
        try writeAll(STDOUT_FILENO, text, name: "standard output")
        text.removeAll(keepingCapacity: true)
    }
}

/// Segments as TSV, JSON or JSON lines.
struct SegmentList {
    let format: ListFormat
    /// Whether positions are samples rather than seconds.
    let isInSamples: Bool
    private var count = 0

    init(_ format: ListFormat, isInSamples: Bool) {
        self.format = format
        self.isInSamples = isInSamples
    }

    func position(_ sample: Int) -> String {
        isInSamples ? String(sample) : decimal(Double(sample) / Double(DetectionWindow.sampleRate))
    }

    /// A segment's line.
    ///
    /// - Parameter file: where the segment was written to; nil where it was not.
    mutating func line(_ segment: SpeechSegment, file: String? = nil) -> String {
        defer { count += 1 }
        let (start, end) = (position(segment.start), position(segment.end))
        if format == .tsv { return "\(start)\t\(end)" + (file.map { "\t\($0.sanitized)" } ?? "") + "\n" }
        let object = "{\"start\":\(start),\"end\":\(end)" + (file.map { ",\"file\":\($0.jsonQuoted)" } ?? "") + "}"
        if format == .jsonl { return object + "\n" }
        return (count == 0 ? "[\n" : ",\n") + object
    }

    /// What ends the list.
    var end: String { format != .json ? "" : count == 0 ? "[]\n" : "\n]\n" }
}

extension VoiceActivityProgram {
    /// `segments`.
    ///
    /// - Returns: whether there was speech.
    func listSegments(_ reader: AudioReader, _ detector: any Detector) throws -> Bool {
        let input = try SpeechReader(reader, sampleRate: DetectionWindow.sampleRate)
        var stream = SpeechStream(detector, speech.segmenter)
        var list = SegmentList(format, isInSamples: samples)
        var output = LineOutput()
        var found: [Segmenter.Event] = []
        var hasSpoken = false
        func report() throws {
            for event in found {
                if case .ended = event { hasSpoken = true }
                try output.add(events ? eventLine(event, list) : line(event, &list))
            }
            found.removeAll(keepingCapacity: true)
        }
        try readAll(input) { samples in
            stream.push(samples) { found.append($0) }
            try report()
            try output.flush()
        }
        stream.finish { found.append($0) }
        try report()
        if !events { try output.add(list.end) }
        try output.flush()
        return hasSpoken
    }

    private func line(_ event: Segmenter.Event, _ list: inout SegmentList) -> String {
        if case .ended(let segment) = event { list.line(segment) } else { "" }
    }

    private func eventLine(_ event: Segmenter.Event, _ list: SegmentList) -> String {
        switch event {
        case .began(let at): EventLine("speech", [.init("start", list.position(at))]).line
        case .dismissed: EventLine("dismissed").line
        case .confirmed: ""
        case .ended(let segment):
            EventLine(
                "segment", [.init("start", list.position(segment.start)), .init("end", list.position(segment.end))]
            ).line
        }
    }

    /// `probabilities`: a line for each window.
    func listProbabilities(_ reader: AudioReader, _ detector: any Detector) throws -> Bool {
        let input = try SpeechReader(reader, sampleRate: DetectionWindow.sampleRate)
        let list = SegmentList(.tsv, isInSamples: samples)
        var output = LineOutput()
        var window = [Float](repeating: 0, count: DetectionWindow.length)
        var (filled, position) = (0, 0)
        func hear() throws {
            let probability = detector.probability(of: window.span)
            try output.add("\(list.position(position))\t\(decimal(Double(probability), places: 6))\n")
            position += filled
            filled = 0
        }
        try readAll(input) { samples in
            for index in samples.indices {
                window[filled] = samples[index]
                filled += 1
                if filled == DetectionWindow.length { try hear() }
            }
            try output.flush()
        }
        if filled > 0 {
            for index in filled..<DetectionWindow.length { window[index] = 0 }
            try hear()
        }
        try output.flush()
        return true
    }

    /// Reads to the end, as the input comes.
    func readAll(_ input: SpeechReader, _ body: (Span<Float>) throws -> Void) throws {
        var buffer = [Float](repeating: 0, count: 4096)
        while true {
            let count = try buffer.withUnsafeMutableBufferPointer { try input.read(into: $0) }
            if count == 0 { return }
            try body(buffer.span.extracting(0..<count))
        }
    }
}
