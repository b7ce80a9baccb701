package import Audio
internal import Glibc
internal import Synchronization

/// Speech for an engine out of any audio that we read, and how loud it was.
///
/// The header is read with the first samples, so an engine can be started before the first byte has come.
package final class RecordedSpeech: SpeechSource {
    private enum Input {
        /// Reading waits for the disk only.
        case file(any ByteSource)
        /// It still grows: reading can wait for as long as somebody speaks.
        case growing(KeptAudio.Source)
    }

    private let input: Input
    private let name: String
    private let options: AudioReader.Options
    private var reader: AudioReader?
    private var speech: SpeechReader?
    /// The reader of encoded audio that still grows.
    private var ahead: DecodedAhead?
    private var meter = LoudnessMeter()
    private let hasNoHeader = Atomic(false)

    /// Whether it turned out to be no audio that we read. To be asked from any thread; true before the engine notices an end, so
    /// what the engine says then is about nothing.
    package var isRefused: Bool { hasNoHeader.load(ordering: .sequentiallyConsistent) }

    /// Whether a header was found: what fails before is not worth keeping, what fails after is a recording.
    package var hasBegun: Bool { speech != nil || ahead?.hasBegun == true }

    /// What was wrong with encoded audio, once its end has been read; all that could be decoded was given.
    package var damage: AudioError? { reader?.damage ?? ahead?.damage }

    /// The loudest 50 ms, in dB relative to full scale; minus infinity where there was nothing.
    package var loudest: Double { meter.loudest }

    /// - Parameters:
    ///   - source: a file.
    ///   - name: what errors call it.
    ///   - options: how to read it.
    package init(_ source: any ByteSource, name: String, options: AudioReader.Options) {
        input = .file(source)
        self.name = name
        self.options = options
    }

    /// Reads a recording from its beginning, complete or not.
    package init(_ audio: KeptAudio, name: String, options: AudioReader.Options) {
        input = .growing(audio.makeSource())
        self.name = name
        self.options = options
    }

    package func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let count: Int
        switch input {
        case .file(let source):
            count = try open(source).read(into: buffer)
        case .growing(let source):
            if let ahead {
                do {
                    guard let some = try ahead.read(into: buffer, within: patience) else { return nil }
                    count = some
                } catch {
                    if !ahead.hasBegun { hasNoHeader.store(true, ordering: .sequentiallyConsistent) }
                    throw error
                }
                break
            }
            do {
                if speech == nil { source.limitWaiting(to: patience, untilFirstByte: false) }
                let reader = try open(source)
                // Half a frame that was read must not be given up again.
                source.limitWaiting(to: patience, untilFirstByte: true)
                count = try reader.read(into: buffer)
            } catch  where error.underlying is KeptAudio.NothingYet {
                // Half a header: from the beginning again, when there is more of it.
                if speech == nil { source.rewind() }
                return nil
            } catch  where error.underlying is DecodersElsewhere.Needed {
                source.rewind()
                ahead = try DecodedAhead(source, name: name, options: options)
                return try read(into: buffer, within: patience)
            }
        }
        meter.add(UnsafeBufferPointer(rebasing: buffer[..<count]))
        return count
    }

    private func open(_ source: any ByteSource) throws(AudioError) -> SpeechReader {
        if let speech { return speech }
        var options = options
        if case .growing = input { options.decoders = options.decoders.map { DecodersElsewhere(real: $0) } }
        do {
            let reader = try AudioReader(source, name: name, options: options)
            let opened = try SpeechReader(reader)
            self.reader = reader
            speech = opened
            return opened
        } catch {
            if !(error.underlying is KeptAudio.NothingYet), !(error.underlying is DecodersElsewhere.Needed) {
                hasNoHeader.store(true, ordering: .sequentiallyConsistent)
            }
            throw error
        }
    }
}

/// Finds the loudest moment of a recording.
struct LoudnessMeter {
    /// 50 ms at 16 kHz: longer than a click, shorter than a syllable.
    private static let window = 800

    private var squares = 0
    private var count = 0
    private var largest = 0

    mutating func add(_ samples: UnsafeBufferPointer<Int16>) {
        var rest = samples[...]
        while !rest.isEmpty {
            let part = rest.prefix(LoudnessMeter.window - count)
            for sample in part { squares &+= Int(sample) &* Int(sample) }
            count += part.count
            rest = rest.dropFirst(part.count)
            if count == LoudnessMeter.window {
                largest = max(largest, squares)
                (squares, count) = (0, 0)
            }
        }
    }

    /// In dB relative to full scale. A last, shorter window counts as if silence followed.
    var loudest: Double {
        let mean = Double(max(largest, squares)) / Double(LoudnessMeter.window)
        return 10 * log10(mean / (32768 * 32768))
    }
}
