internal import Audio
internal import Glibc
internal import POSIX
internal import Program
internal import VoiceActivity

/// Takes segments of audio while they go on.
protocol SegmentSink {
    /// A segment begins.
    mutating func begin(at sample: Int) throws
    mutating func write(_ frames: UnsafeRawBufferPointer) throws
    /// The segment that began is complete.
    mutating func end(_ segment: SpeechSegment) throws
    /// The input is at its end.
    mutating func finish() throws
}

extension VoiceActivityProgram {
    /// `trim`, `split` and `gate`.
    ///
    /// - Returns: whether there was speech.
    func passSpeech(_ reader: AudioReader, _ detector: any Detector, _ interruption: Interruption) throws -> Bool {
        switch operation {
        case .split:
            let list = SegmentList(format, isInSamples: samples)
            var sink = try FolderSink(operands[0], reader.format, list, interruption)
            return try pass(reader, detector, &sink)
        case .gate:
            return try gate(reader, detector)
        default:
            var sink = try StreamSink(reader.format, isRaw: raw.isPlain)
            return try pass(reader, detector, &sink)
        }
    }

    /// Gives a sink the segments, each as far as it is certain.
    private func pass(_ reader: AudioReader, _ detector: any Detector, _ sink: inout some SegmentSink) throws -> Bool {
        let format = reader.format
        let tape = TapeBox(Tape(bytesPerFrame: format.bytesPerFrame))
        let input = try SpeechReader(reader, sampleRate: DetectionWindow.sampleRate) { tape.tape.append($0) }
        var stream = SpeechStream(detector, speech.segmenter)
        var found: [Segmenter.Event] = []
        var written: Int?
        var hasSpoken = false
        func frame(_ sample: Int) -> Int { sample * format.sampleRate / DetectionWindow.sampleRate }
        func write(upTo end: Int) throws {
            guard let start = written, end > start else { return }
            try tape.tape.read(start..<end) { try sink.write($0) }
            written = end
        }
        func report() throws {
            for event in found {
                switch event {
                case .began, .dismissed: break
                case .confirmed(let start):
                    try sink.begin(at: start)
                    written = frame(start)
                case .ended(let segment):
                    if written == nil {
                        try sink.begin(at: segment.start)
                        written = frame(segment.start)
                    }
                    try write(upTo: frame(segment.end))
                    written = nil
                    hasSpoken = true
                    try sink.end(segment)
                }
            }
            found.removeAll(keepingCapacity: true)
            if let certain = stream.segmenter.certainEnd { try write(upTo: frame(certain)) }
            tape.tape.forget(before: written ?? frame(stream.segmenter.earliestStart))
        }
        try readAll(input) { samples in
            stream.push(samples) { found.append($0) }
            try report()
        }
        stream.finish { found.append($0) }
        try report()
        try sink.finish()
        return hasSpoken
    }

    /// Holds everything back until there is speech for certain, then passes everything on.
    private func gate(_ reader: AudioReader, _ detector: any Detector) throws -> Bool {
        let format = reader.format
        let tape = TapeBox(Tape(bytesPerFrame: format.bytesPerFrame))
        let input = try SpeechReader(reader, sampleRate: DetectionWindow.sampleRate) { tape.tape.append($0) }
        var stream = SpeechStream(detector, speech.segmenter)
        let preRoll = Int((preRoll?.seconds ?? 30) * Double(format.sampleRate))
        var sink: StreamSink?
        var isOpen = false
        func pass() throws {
            if isOpen, sink == nil { sink = try StreamSink(format, isRaw: raw.isPlain) }
            if sink == nil {
                let start = stream.segmenter.earliestStart * format.sampleRate / DetectionWindow.sampleRate
                tape.tape.forget(before: start - preRoll)
            } else {
                try tape.tape.read(tape.tape.start..<tape.tape.end) { try sink?.write($0) }
                tape.tape.forget(before: tape.tape.end)
            }
        }
        func hear(_ event: Segmenter.Event) {
            switch event {
            case .confirmed, .ended: isOpen = true
            case .began, .dismissed: break
            }
        }
        try readAll(input) { samples in
            if !isOpen { stream.push(samples, hear) }
            try pass()
        }
        if !isOpen { stream.finish(hear) }
        try pass()
        return isOpen
    }
}

/// A tape that the reader's closure writes to.
final class TapeBox {
    var tape: Tape

    init(_ tape: Tape) { self.tape = tape }
}

/// Speech on standard output, one segment right behind the other.
struct StreamSink: SegmentSink {
    private let format: AudioFormat

    /// - Parameter isRaw: whether there is no header.
    init(_ format: AudioFormat, isRaw: Bool) throws {
        self.format = format
        if !isRaw { try writeAll(STDOUT_FILENO, WAVHeader.streaming(format), name: "standard output") }
    }

    mutating func begin(at sample: Int) {}

    mutating func write(_ frames: UnsafeRawBufferPointer) throws {
        try writeAll(STDOUT_FILENO, frames, name: "standard output")
    }

    mutating func end(_ segment: SpeechSegment) {}

    mutating func finish() {}
}

/// Every segment in a WAV file of its own, named by its start: `00h01m23.456s.wav`.
struct FolderSink: SegmentSink {
    private let folder: String
    private let format: AudioFormat
    private let interruption: Interruption
    private var list: SegmentList
    private var file: SegmentFile?

    /// Creates the folder where it is missing.
    init(_ folder: String, _ format: AudioFormat, _ list: SegmentList, _ interruption: Interruption) throws {
        self.folder = folder
        self.format = format
        self.list = list
        self.interruption = interruption
        if mkdir(folder, 0o777) < 0, errno != EEXIST {
            throw Failure(.cannotCreate, "\(folder): cannot create: \(String(cString: strerror(errno)))")
        }
    }

    mutating func begin(at sample: Int) throws {
        let milliseconds = sample * 1000 / DetectionWindow.sampleRate
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let (seconds, minutes) = (milliseconds / 1000 % 60, milliseconds / 60000 % 60)
        let name =
            "\(digits(milliseconds / 3_600_000, 2))h\(digits(minutes, 2))m\(digits(seconds, 2))."
            + "\(digits(milliseconds % 1000, 3))s.wav"
        try Signals.deferred {
            file = try SegmentFile("\(folder)/\(name)", format)
            interruption.setTemporaryPath(file?.temporaryPath)
        }
    }

    mutating func write(_ frames: UnsafeRawBufferPointer) throws {
        try file?.write(frames)
    }

    mutating func end(_ segment: SpeechSegment) throws {
        guard let file else { return }
        self.file = nil
        try file.complete()
        interruption.setTemporaryPath(nil)
        try writeAll(STDOUT_FILENO, list.line(segment, file: file.path), name: "standard output")
    }

    mutating func finish() throws {
        try writeAll(STDOUT_FILENO, list.end, name: "standard output")
    }
}

/// A WAV file that appears under its name when it is complete.
final class SegmentFile {
    let path: String
    private var file: OutputFile
    private var writer: WAVWriter

    init(_ path: String, _ format: AudioFormat) throws {
        self.path = path
        file = try OutputFile(path)
        writer = try WAVWriter(file.descriptor, format: format, name: path)
    }

    var temporaryPath: String? { file.temporaryPath }

    func write(_ frames: UnsafeRawBufferPointer) throws { try writer.write(frames) }

    func complete() throws {
        try writer.finish()
        try file.commit()
    }
}
