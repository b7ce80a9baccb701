import Glibc
import Harness
import POSIX
import Plugins
import Synchronization
import Testing
import Transcription

/// Each rule of vt-plugin(7) for engines, kept and broken, by shell scripts.
@Suite struct PluginEngineTests {
    let home: TemporaryDirectory

    init() throws {
        home = try TemporaryDirectory()
    }

    /// An engine whose `transcribe-v1` is the script.
    func engine(_ script: String, describe: String = "input s16le") throws -> PluginEngine {
        let path = try writeScript(
            home("vt-transcribe-x"),
            """
            #!/bin/sh
            case $1 in
            describe) printf '%s\\n' 'vt-plugin 1' '\(describe)' ;;
            transcribe-v1)
            \(script)
            ;;
            *) exit 64 ;;
            esac

            """)
        return try PluginEngine.find(path, cache: nil)
    }

    /// What the engine said, and the error that it ended with; without what was asked of it.
    func run(
        _ engine: PluginEngine, _ source: any SpeechSource = Samples(16000),
        settings: EngineSettings = EngineSettings(),
        cancellation: Cancellation? = nil
    ) throws -> (events: [RecognitionEvent], error: EngineError?) {
        var events: [RecognitionEvent] = []
        do {
            try engine.transcribe(source, settings: settings, cancellation: cancellation) {
                if case .asked = $0 {} else { events.append($0) }
            }
            return (events, nil)
        } catch let error as EngineError {
            return (events, error)
        }
    }

    @Test func theFrozenSampleWorksAsOnItsFirstDay() throws {
        let path = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        let engine = try PluginEngine.find(path + "/Fixtures/plugins/v1/vt-transcribe-sample", cache: nil)
        let settings = EngineSettings(language: "de", options: [("greeting", "guten Tag")])
        let (events, error) = try run(engine, Samples(16000), settings: settings)
        #expect(error == nil)
        let hello = Word(text: "guten Tag", start: 0, end: 0.5, confidence: 0.9)
        let count = Word(text: "32000", start: 0.5, end: 1)
        #expect(
            events == [
                .status("counting"), .partial(Utterance(text: "guten Tag", start: 0)), .word(hello), .word(count),
                .final(Utterance(text: "guten Tag 32000", start: 0, end: 1, words: [hello, count], language: "de")),
            ])
    }

    /// What the user asks for beside language, model and prompt.
    private static let demands = EngineSettings(
        languages: ["en", "de"], keywords: ["Ada", "two\nwords"], temperature: 0.2, timestamps: .word, speakers: true)
    private static let report = """
        cat >/dev/null
        count=$(env | grep -c '^VT_\\(LANGUAGES\\|KEYWORDS\\|TEMP\\|SPEAK\\|TIMES\\)')
        keywords=$(printf %s "$VT_KEYWORDS" | tr '\\n' /)
        text=$(echo $count ${VT_LANGUAGE-none} $VT_LANGUAGES $VT_TEMPERATURE $VT_SPEAKERS $VT_TIMESTAMPS $keywords)
        printf 'final\\t%s\\n' "$text"
        """

    @Test func whatItHeedsItIsTold() throws {
        let heeding = try engine(
            Self.report, describe: "heeds languages keywords temperature speakers timestamps")
        let (events, error) = try run(heeding, settings: Self.demands)
        #expect(error == nil)
        #expect(events == [.final(Utterance(text: "5 none en,de 0.2 yes word Ada/two words"))])
        let (undemanding, _) = try run(heeding, settings: EngineSettings(language: "de"))
        #expect(undemanding == [.final(Utterance(text: "1 de de"))])
    }

    @Test func whatItDoesNotHeedTheUserIsToldOf() throws {
        let (events, error) = try run(try engine(Self.report, describe: "heeds speakers"), settings: Self.demands)
        // Times are demanded, and there are none in its text.
        #expect(error?.code == .unavailable && error?.message.contains("can't be told of --timestamps") == true)
        let warnings = events.compactMap { if case .warning(let text, _) = $0 { text } else { nil } }
        #expect(
            warnings
                == ["several languages", "--keyword", "--temperature", "--timestamps"].map {
                    "it can't be told of \($0), which is ignored"
                })
        #expect(events.last == .final(Utterance(text: "1 none yes")))
    }

    @Test func whatItGivesUnaskedIsEnough() throws {
        let telling = try engine("cat >/dev/null; printf 'final start=0 end=1 speaker=A\\thello\\n'")
        var settings = EngineSettings(language: "de")
        settings.speakers = true
        settings.timestamps = .segment
        #expect(try run(telling, settings: settings).error == nil)
        let silent = try engine("cat >/dev/null; printf 'final start=0 end=1\\thello\\n'")
        #expect(try run(silent, settings: settings).error?.code == .unavailable)
    }

    @Test func theSamplesArriveUnchanged() throws {
        let engine = try engine("cat >\(home("got")); printf 'final\\tdone\\n'")
        _ = try run(engine, Samples(50_000))
        let got = try contents(of: home("got"))
        #expect(got.count == 100_000)
        #expect(
            (0..<50_000).allSatisfy {
                Int16(truncatingIfNeeded: $0) == Int16(got[2 * $0]) | Int16(bitPattern: UInt16(got[2 * $0 + 1]) << 8)
            })
    }

    @Test func aWAVStreamHasItsHeader() throws {
        let engine = try engine("cat >\(home("got"))", describe: "input wav")
        #expect(try run(engine, Samples(100)).error == nil)
        let got = try contents(of: home("got"))
        #expect(got.count == 244)
        #expect(got.prefix(4) == Array("RIFF".utf8)[...])
        #expect(got[40..<44] == [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(got[24..<28] == [0x80, 0x3E, 0, 0])
    }

    @Test func settingsArriveAsVariables() throws {
        let engine = try engine(
            "cat >/dev/null; env | grep '^VT_' | grep -v TMPDIR | sort | while read -r l; do printf 'status\\t%s\\n' \"$l\"; done",
            describe: "option beam-width x")
        let settings = EngineSettings(
            language: "en-GB", model: "big", prompt: "Kubernetes, \"quoted\"", options: [("beam-width", "7")])
        let events = try run(engine, settings: settings).events
        let said = events.compactMap { if case .status(let text) = $0 { text } else { nil } }
        #expect(said.contains("VT_AUDIO=wav"))
        #expect(said.contains("VT_RATE=16000"))
        #expect(said.contains("VT_CHANNELS=1"))
        #expect(said.contains("VT_LANGUAGE=en-GB"))
        #expect(said.contains("VT_MODEL=big"))
        #expect(said.contains("VT_PROMPT=Kubernetes, \"quoted\""))
        #expect(said.contains("VT_OPTION_BEAM_WIDTH=7"))
        #expect(said.contains { $0.hasPrefix("VT_GREASE_") })
    }

    @Test func anUndeclaredOptionIsAUsageErrorAndNothingRuns() throws {
        let engine = try engine("touch \(home("ran")); cat >/dev/null", describe: "option lm x")
        let error = try run(engine, settings: EngineSettings(options: [("beam", "7")])).error
        #expect(error?.code == .usage)
        #expect(error?.hint == "its options are: lm")
        #expect(access(home("ran"), F_OK) != 0)
    }

    @Test func silenceIsNoFailure() throws {
        let (events, error) = try run(engine("cat >/dev/null"))
        #expect(events == [])
        #expect(error == nil)
    }

    @Test func textIsCleanedAndBadTimesSayNothing() throws {
        let (events, error) = try run(
            engine(
                """
                cat >/dev/null
                printf 'final start=0.5 end=nan confidence=2 speaker="A\\\\u001b"\\ta\\033[31m\\302\\233b \\377 \\342\\200\\256c\\n'
                printf 'final\\t   \\n'
                """))
        #expect(error == nil)
        #expect(events == [.final(Utterance(text: "a[31mb \u{FFFD} c", start: 0.5, speaker: "A"))])
    }

    @Test func strayLinesCostNothingAsLongAsThereAreEvents() throws {
        let (events, error) = try run(
            engine("cat >/dev/null; echo Loading model...; printf 'final\\thi\\n'; echo Bye!"))
        #expect(error == nil)
        #expect(events == [.final(Utterance(text: "hi"))])
    }

    @Test(arguments: ["head -c 300000 /dev/urandom", "echo 'Hello World!'", "head -c 100000 /dev/zero"])
    func whoWritesNoEventsButOtherThingsBreaksTheProtocol(script: String) throws {
        #expect(try run(engine("cat >/dev/null; \(script)")).error?.code == .protocolError)
    }

    @Test(arguments: [
        (64, EngineError.Code.usage), (65, .badAudio), (66, .noInput), (69, .unavailable), (70, .internalError),
        (73, .cannotCreate), (74, .inputOutput), (75, .tryLater), (76, .protocolError), (77, .noPermission),
        (78, .configuration), (1, .protocolError), (2, .protocolError), (3, .protocolError), (126, .protocolError),
        (127, .protocolError), (255, .protocolError),
    ]) func statuses(status: Int, code: EngineError.Code) throws {
        let error = try run(engine("cat >/dev/null; exit \(status)")).error
        #expect(error?.code == code)
        #expect(error?.message.contains("status \(status)") == true)
    }

    @Test(arguments: [
        ("printf 'error\\tno key\\nerror\\tkey \\033[0mrefused\\n'; echo noise >&2; exit 77", "key [0mrefused"),
        ("echo first >&2; printf 'last one\\n\\n' >&2; exit 77", "last one"), ("exit 77", "it failed with status 77"),
    ]) func theMessage(script: String, message: String) throws {
        let error = try run(engine("cat >/dev/null; \(script)")).error
        #expect(error?.code == .noPermission)
        #expect(error?.message.hasSuffix(": " + message) == true)
    }

    /// One that says why it fails and ends as if it had not is believed, and the recording is not lost.
    @Test func anErrorIsNoSuccess() throws {
        let (events, error) = try run(
            engine("cat >/dev/null; printf 'final\\tone\\nerror hint=\"get more\"\\tout of memory\\n'; exit 0"))
        #expect(events == [.final(Utterance(text: "one"))])
        #expect(error?.code == .protocolError)
        #expect(error?.message.contains("out of memory") == true)
        #expect(error?.hint == "get more")
    }

    @Test func deathByASignalIsTheEnginesFault() throws {
        let error = try run(engine("cat >/dev/null; kill -11 $$")).error
        #expect(error?.code == .protocolError)
        #expect(error?.message.contains("signal 11") == true)
    }

    @Test func killedForItsMemoryItHasDoneNothingWrong() throws {
        let error = try run(engine("cat >/dev/null; kill -9 $$")).error
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("killed (signal 9), as the system does if memory runs out") == true)
        #expect(error?.hint?.contains("a smaller model") == true)
    }

    @Test func whatWillNotChangeIsToldApart() throws {
        let lines = #"partial stable=3\tone two\npartial stable=99\tone two\npartial stable=-4\tone\npartial\tone\n"#
        let (events, _) = try run(engine("cat >/dev/null; printf '\(lines)'"))
        let promised = events.map { event in
            guard case .partial(let utterance) = event else { return -1 }
            return utterance.stable ?? -2
        }
        #expect(promised == [3, 7, 0, -2])
    }

    @Test func whatWasFinalBeforeAFailureIsKept() throws {
        let (events, error) = try run(engine("printf 'final\\tone\\n'; cat >/dev/null; exit 75"))
        #expect(events == [.final(Utterance(text: "one"))])
        #expect(error?.code == .tryLater)
        #expect(error?.permitsFallback == true)
    }

    @Test(arguments: ["exit 0", "printf 'final\\tone\\n'; exit 0", "head -c 1000 >/dev/null; exit 0"])
    func whoEndsBeforeTheAudioHasNotTranscribedIt(script: String) throws {
        let error = try run(engine(script), Samples(1_000_000)).error
        #expect(error?.code == .protocolError)
        #expect(error?.message.contains("before its audio did") == true)
    }

    @Test func whoDiesAtOnceIsNoticedWhileNothingIsRecorded() throws {
        let start = ContinuousClock.now
        let error = try run(engine("echo no model >&2; exit 69"), Samples(0, endless: true)).error
        #expect(error?.code == .unavailable)
        #expect(error?.message.hasSuffix("no model") == true)
        #expect(.now - start < .seconds(5))
    }

    @Test(arguments: ["cat >/dev/null; sleep 100", "sleep 100", "cat >/dev/null; yes 'status\tx'", "yes >&2"])
    func whoNeverEndsIsStopped(script: String) throws {
        let start = ContinuousClock.now
        let error = try run(
            engine(script), Samples(1_000_000), settings: EngineSettings(timeout: .milliseconds(300))
        ).error
        #expect(error?.code == .tryLater)
        #expect(.now - start < .seconds(10))
    }

    @Test func aLineWithoutEndIsStopped() throws {
        let error = try run(engine("cat /dev/zero | tr '\\0' x")).error
        #expect(error?.code == .protocolError)
        #expect(error?.message.contains("line") == true)
    }

    @Test func cancellingEndsItAtOnce() throws {
        let cancellation = try Cancellation()
        let canceller = try Thread("canceller") {
            usleep(50_000)
            cancellation.cancel()
        }
        let start = ContinuousClock.now
        let error = try run(engine("cat >/dev/null"), Samples(100, endless: true), cancellation: cancellation).error
        canceller.join()
        #expect(error?.code == .cancelled)
        #expect(.now - start < .seconds(2))
    }

    @Test func whatTheListenerThrowsEndsItUnchanged() throws {
        struct Closed: Error {}
        let engine = try engine("printf 'final\\tone\\n'; cat >/dev/null; sleep 100")
        #expect(throws: Closed.self) {
            try engine.transcribe(Samples(100, endless: true), settings: EngineSettings(), cancellation: nil) { _ in
                throw Closed()
            }
        }
    }

    @Test func whatTheSourceThrowsEndsItUnchanged() throws {
        struct DiskGone: Error {}
        final class Broken: SpeechSource {
            func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
                throw DiskGone()
            }
            func restart(at sample: Int) {}
        }
        let engine = try engine("cat >/dev/null; sleep 100")
        #expect(throws: DiskGone.self) {
            try engine.transcribe(Broken(), settings: EngineSettings(), cancellation: nil) { _ in }
        }
    }

    @Test func partialsComeWhileTheAudioIsStillGrowing() throws {
        // The source ends only when the partial has been seen: whoever held it back would never finish.
        let source = Samples(8000, endless: true)
        let engine = try engine(
            "head -c 16000 >/dev/null; printf 'partial\\tearly\\n'; cat >/dev/null; printf 'final\\tlate\\n'")
        var events: [RecognitionEvent] = []
        try engine.transcribe(source, settings: EngineSettings(), cancellation: nil) { event in
            events.append(event)
            source.end()
        }
        let question = EngineRequest(engine: engine.name, seconds: 0.5)
        #expect(events == [.partial(Utterance(text: "early")), .final(Utterance(text: "late")), .asked(question)])
    }

    @Test func missingAndBrokenPluginsAreUnavailableOrBroken() throws {
        func code(_ name: String) -> EngineError.Code? {
            do {
                _ = try PluginEngine.find(name, in: PluginSearch(folders: [home.path]), cache: nil)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code("none") == .unavailable)
        #expect(code("No Name") == .usage)
        try writeScript(home("vt-transcribe-needy"), "#!/bin/sh\nprintf 'vt-plugin 1\\nrequires no-such-thing\\n'\n")
        #expect(code("needy") == .unavailable)
        try writeScript(home("vt-transcribe-odd"), "#!/bin/sh\necho hello\n")
        #expect(code("odd") == .protocolError)
        chmod(home("vt-transcribe-odd"), 0o777)
        #expect(code("odd") == .unavailable)
    }
}

/// A recording of consecutive numbers, finished or still growing.
final class Samples: SpeechSource {
    private var next = 0
    private let total: Int
    private let isEndless: Bool
    private let hasEnded = Atomic(false)

    init(_ total: Int, endless: Bool = false) {
        self.total = total
        isEndless = endless
    }

    /// Nothing more is recorded.
    func end() { hasEnded.store(true, ordering: .relaxed) }

    func restart(at sample: Int) { next = sample }

    func read(into buffer: UnsafeMutableBufferPointer<Int16>, within patience: Duration) throws -> Int? {
        let count = min(buffer.count, total - next)
        if count == 0, isEndless, !hasEnded.load(ordering: .relaxed) {
            usleep(20_000)
            return nil
        }
        for index in 0..<count { buffer[index] = Int16(truncatingIfNeeded: next + index) }
        next += count
        return count
    }
}
