import Audio
import Glibc
import Harness
import Plugins
import POSIX
import Testing
import Transcription

/// `--engine a,b,c`: who takes over, where, and what is said of it.
@Suite struct EngineChains {
    /// An engine that does what a closure says; it reads all of its audio where that does not.
    final class Scripted: Engine {
        let name: String
        let options: Set<String>?
        let body: @Sendable (_ attempt: Int, _ said: (RecognitionEvent) throws -> Void) throws -> Void
        /// Samples that each attempt was given: the first, and how many. Numbers count up in `Samples`.
        let heard = Monitor<[Range<Int>]>([])
        let settings = Monitor<[EngineSettings]>([])

        init(
            _ name: String, options: Set<String>? = nil,
            _ body: @escaping @Sendable (Int, (RecognitionEvent) throws -> Void) throws -> Void
        ) {
            self.name = name
            self.options = options
            self.body = body
        }

        func knownOptions() -> Set<String>? { options }

        func transcribe(
            _ audio: any SpeechSource, settings: EngineSettings, cancellation: Cancellation?,
            onEvent: (RecognitionEvent) throws -> Void
        ) throws {
            self.settings.note { $0.append(settings) }
            let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 1000)
            defer { block.deallocate() }
            var first: Int?
            var count = 0
            while let some = try audio.read(into: block, within: .seconds(1)), some > 0 {
                first = first ?? Int(UInt16(bitPattern: block[0]))
                count += some
            }
            let range = (first ?? 0)..<(first ?? 0) + count
            let attempt = heard.note {
                $0.append(range)
                return $0.count
            }
            try body(attempt, onEvent)
        }
    }

    static func failing(_ name: String, _ code: EngineError.Code, retryAfter: Duration? = nil) -> Scripted {
        Scripted(name) { _, _ in throw EngineError(code, "\(name): \(code)", retryAfter: retryAfter) }
    }

    static func final(_ text: String, _ start: Double?, _ end: Double?) -> RecognitionEvent {
        .final(Utterance(text: text, start: start, end: end))
    }

    final class Notices: Sendable {
        private let said = Monitor<[String]>([])
        func add(_ notice: String) { said.note { $0.append(notice) } }
        var all: [String] { said.read { $0 } }
    }

    static let succeeding = Scripted("good") { _, say in try say(final("all of it", 0, 0.5)) }

    func run(
        _ engines: [any Engine], seconds: Double = 2, settings: EngineSettings = EngineSettings(),
        onNotice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> (events: [RecognitionEvent], error: EngineError?) {
        var events: [RecognitionEvent] = []
        let chain = EngineChain(engines) { notice in
            switch notice {
            case .retry(let error, let pause): onNotice("\(error.message), again after \(pause)")
            case .next(let error, let engine, let time):
                onNotice("\(error.message), then \(engine) at \(time)")
            }
        }
        do {
            try chain.transcribe(
                Samples(Int(seconds * 16000)), settings: settings, cancellation: nil
            ) { events.append($0) }
            return (events, nil)
        } catch let error as EngineError {
            return (events, error)
        }
    }

    @Test(arguments: [EngineError.Code.unavailable, .tryLater, .protocolError, .noPermission])
    func theNextOneTakesOver(code: EngineError.Code) throws {
        let second = Scripted("b") { _, say in try say(Self.final("all of it", 0, 0.5)) }
        let notices = Notices()
        let (events, error) = try run([Self.failing("a", code), second], onNotice: notices.add)
        #expect(error == nil)
        #expect(events == [Self.final("all of it", 0, 0.5)])
        #expect(second.heard.read { $0 } == [0..<32000])
        #expect(notices.all == ["a: \(code), then b at 0.0"])
    }

    @Test(arguments: [
        EngineError.Code.usage, .badAudio, .noInput, .internalError, .cannotCreate, .inputOutput, .configuration,
    ]) func whatNoOtherEngineMendsEndsIt(code: EngineError.Code) throws {
        let second = Scripted("b") { _, _ in }
        let error = try run([Self.failing("a", code), second]).error
        #expect(error?.code == code)
        #expect(second.heard.read { $0.isEmpty })
    }

    @Test func whatIsWrittenIsNotRepeatedAndTimesStayThose() throws {
        let first = Scripted("a") { _, say in
            try say(.word(Word(text: "one", start: 0.1, end: 0.75)))
            try say(Self.final("one", 0.1, 0.75))
            try say(.word(Word(text: "half", start: 0.8, end: 0.9)))
            try say(.partial(Utterance(text: "half an utt", start: 0.8)))
            throw EngineError(.protocolError, "a died")
        }
        let word = Word(text: "two", start: 0.25, end: 0.5)
        let second = Scripted("b") { _, say in
            try say(.partial(Utterance(text: "tw", start: 0.25)))
            try say(.word(word))
            try say(.final(Utterance(text: "two", start: 0.25, end: 0.5, words: [word])))
        }
        let (events, error) = try run([first, second])
        #expect(error == nil)
        #expect(second.heard.read { $0 } == [12000..<32000])
        let later = Word(text: "two", start: 1, end: 1.25)
        #expect(
            events == [
                .word(Word(text: "one", start: 0.1, end: 0.75)), Self.final("one", 0.1, 0.75),
                .partial(Utterance(text: "half an utt", start: 0.8)), .partial(Utterance(text: "")),
                .partial(Utterance(text: "tw", start: 1)), .word(later),
                .final(Utterance(text: "two", start: 1, end: 1.25, words: [later])),
            ])
    }

    @Test func aThirdGoesOnWhereTheSecondStopped() throws {
        func dies(_ name: String, after end: Double) -> Scripted {
            Scripted(name) { _, say in
                try say(Self.final(name, 0, end))
                throw EngineError(.noPermission, "no credit")
            }
        }
        let third = Scripted("c") { _, say in try say(Self.final("c", 0.1, 0.2)) }
        let (events, _) = try run([dies("a", after: 0.5), dies("b", after: 0.25), third])
        #expect(third.heard.read { $0 } == [12000..<32000])
        #expect(events == [Self.final("a", 0, 0.5), Self.final("b", 0.5, 0.75), Self.final("c", 0.85, 0.95)])
    }

    /// It would lose the rest without a word.
    @Test func anEndBehindTheAudioIsNotBelieved() throws {
        let first = Scripted("a") { _, say in
            try say(Self.final("one", 0, 1e6))
            throw EngineError(.protocolError, "a died")
        }
        let second = Scripted("b") { _, say in }
        _ = try run([first, second])
        #expect(second.heard.read { $0 } == [0..<0])
    }

    @Test func textWithoutTimesEndsTheChain() throws {
        let first = Scripted("a") { _, say in
            try say(Self.final("somewhere", nil, nil))
            throw EngineError(.tryLater, "a: gone", retryAfter: .seconds(1))
        }
        let second = Scripted("b") { _, _ in }
        let (events, error) = try run([first, second])
        #expect(events == [Self.final("somewhere", nil, nil)])
        #expect(error?.code == .tryLater)
        #expect(error?.message.contains("without times") == true)
        #expect(second.heard.read { $0.isEmpty })
    }

    @Test func aRetryIsMadeOnceAndSoon() throws {
        let first = Scripted("a") { attempt, say in
            if attempt == 1 { try say(Self.final("one", 0, 0.5)) }
            throw EngineError(.tryLater, "busy", retryAfter: .milliseconds(20))
        }
        let second = Scripted("b") { _, say in try say(Self.final("two", 0, 0.5)) }
        let notices = Notices()
        let (events, error) = try run([first, second], onNotice: notices.add)
        #expect(error == nil)
        #expect(first.heard.read { $0 } == [0..<32000, 8000..<32000])
        #expect(events == [Self.final("one", 0, 0.5), Self.final("two", 0.5, 1)])
        #expect(notices.all == ["busy, again after 0.02 seconds", "busy, then b at 0.5"])
    }

    @Test func aRetryThatSucceedsIsTheEnd() throws {
        let first = Scripted("a") { attempt, say in
            if attempt == 1 { throw EngineError(.unavailable, "starting", retryAfter: .milliseconds(1)) }
            try say(Self.final("one", 0, 0.5))
        }
        let second = Scripted("b") { _, _ in }
        #expect(try run([first, second]).events == [Self.final("one", 0, 0.5)])
        #expect(second.heard.read { $0.isEmpty })
    }

    @Test func whoAsksForALongWaitIsNotWaitedFor() throws {
        let first = Self.failing("a", .tryLater, retryAfter: .seconds(60))
        let start = ContinuousClock.now
        #expect(try run([first, Self.succeeding]).error == nil)
        #expect(first.heard.read(\.count) == 1)
        #expect(.now - start < .seconds(10))
    }

    @Test(arguments: [
        ([EngineError.Code.protocolError, .unavailable, .noPermission, .tryLater], EngineError.Code.tryLater),
        ([.protocolError, .unavailable, .noPermission], .noPermission), ([.protocolError, .unavailable], .unavailable),
        ([.protocolError, .protocolError], .protocolError),
    ]) func theStatusThatHelpsMost(codes: [EngineError.Code], status: EngineError.Code) throws {
        let error = try run(codes.enumerated().map { Self.failing("e\($0)", $1) }).error
        #expect(error?.code == status)
        for (index, code) in codes.enumerated() { #expect(error?.message.contains("e\(index): \(code)") == true) }
    }

    @Test func eachEngineGetsItsOwnOptions() throws {
        let first = Scripted("a", options: ["lm"]) { _, _ in throw EngineError(.unavailable, "no") }
        let second = Scripted("b", options: ["model"]) { _, _ in }
        _ = try run([first, second], settings: EngineSettings(options: [("lm", "x"), ("model", "y")]))
        #expect(first.settings.note { $0[0].options.map(\.key) } == ["lm"])
        #expect(second.settings.note { $0[0].options.map(\.key) } == ["model"])
    }

    @Test func cancellingEndsTheWait() throws {
        let cancellation = try Cancellation()
        let engine = Scripted("a") { _, _ in
            _ = try Thread("canceller") { cancellation.cancel() }.join()
            throw EngineError(.tryLater, "later", retryAfter: .seconds(3))
        }
        let start = ContinuousClock.now
        #expect(throws: EngineError.self) {
            try EngineChain([engine, Self.succeeding]).transcribe(
                Samples(100), settings: EngineSettings(), cancellation: cancellation
            ) { _ in }
        }
        #expect(.now - start < .seconds(2))
    }
}

/// A recording is read again from any place, whatever it is stored as, and is no louder for it.
@Suite struct ReadingAgain {
    private func all(_ speech: RecordedSpeech, most: Int = .max) throws -> [Int16] {
        var result: [Int16] = []
        let block = UnsafeMutableBufferPointer<Int16>.allocate(capacity: 700)
        defer { block.deallocate() }
        while result.count < most {
            guard let count = try speech.read(into: block, within: .milliseconds(50)) else { continue }
            if count == 0 { break }
            result += block[..<count]
        }
        return result
    }

    private func recording(_ count: Int) -> [UInt8] {
        WAVHeader.streaming(.speech) + (0..<count).flatMap { [UInt8($0 & 255), UInt8($0 >> 8 & 63)] }
    }

    @Test(arguments: [0, 1, 699, 700, 12345, 20000]) func files(sample: Int) throws {
        let bytes = recording(20000)
        let speech = RecordedSpeech(
            opening: { MemorySource(bytes, isRegularFile: true) }, name: "test", options: .init())
        let whole = try all(speech)
        let loudest = speech.loudest
        speech.restart(at: sample)
        #expect(try all(speech) == Array(whole[sample...]))
        #expect(speech.loudest == loudest)
    }

    @Test(arguments: [0, 500, 9000]) func whatStillGrows(sample: Int) throws {
        let bytes = recording(20000)
        let kept = KeptAudio(try Descriptor.temporaryFile())
        _ = try bytes[..<20044].withUnsafeBytes { try kept.append($0) }
        let speech = RecordedSpeech(kept, name: "test", options: .init())
        let begun = try all(speech, most: 10000)
        speech.restart(at: sample)
        _ = try bytes[20044...].withUnsafeBytes { try kept.append($0) }
        kept.finish()
        let rest = try all(speech)
        #expect(rest.count == 20000 - sample)
        #expect(rest.starts(with: begun[sample...]))
    }

    @Test func warningsAreSaidOnce() throws {
        let said = Monitor<[String]>([])
        let bytes = Array(WAVHeader.file(.speech, dataBytes: 64000)) + [UInt8](repeating: 1, count: 32000)
        let speech = RecordedSpeech(
            opening: { MemorySource(bytes, isRegularFile: true) }, name: "test",
            options: .init { problem in said.note { $0.append(problem) } })
        _ = try all(speech)
        speech.restart(at: 100)
        _ = try all(speech)
        #expect(said.read(\.count) == 1)
    }
}
