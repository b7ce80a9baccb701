import Glibc
import Harness
import Plugins
import POSIX
import Testing
import Transcription

/// Which engine runs while nobody speaks, and what comes of it.
@Suite final class GuardedEngines: Sendable {
    let home: TemporaryDirectory

    init() throws {
        home = try TemporaryDirectory()
    }

    /// An engine that marks its start, and that it was stopped by SIGTERM.
    ///
    /// - Parameter script: what it does between; after it come the bytes that it has got.
    private func engine(
        _ name: String, standby: Bool, input: String = "s16le", _ script: String = ""
    ) throws -> PluginEngine {
        let path = try writeScript(
            home("vt-transcribe-\(name)"),
            """
            #!/bin/sh
            case $1 in
            describe) printf '%s\\n' 'vt-plugin 1' 'input \(input)' 'standby \(standby ? "yes" : "no")' ;;
            transcribe-v1)
                trap 'echo stopped >>\(home("marks")); exit 143' TERM
                echo \(name) >>\(home("marks"))
                \(script)
                exec 3<&0
                # In the background, so that the trap is heeded at once.
                { printf 'final\\tbytes %s\\n' "$(wc -c <&3)"; } &
                wait $!
                ;;
            *) exit 64 ;;
            esac

            """)
        return try PluginEngine.find(path, cache: nil) { messages in
            self.messages.note { $0.append(messages) }
        }
    }

    /// What engines have said on standard error; what they wrote on standard output before has been read by then.
    private let messages = Monitor<[String]>([])

    /// Speech that begins when the engine that stood by has gone: then it is waited for on this thread and not on the engine's.
    private func recordingForTheNext() -> Recording {
        let thread = pthread_self()
        return Recording([-1, 1, -1]) { pthread_equal(pthread_self(), thread) != 0 }
    }

    private var marks: [String] {
        ((try? contents(of: home("marks"))).map { String(decoding: $0, as: UTF8.self) } ?? "")
            .split(separator: "\n").map(String.init)
    }

    private func transcribe(
        _ engine: any Engine, _ recording: Recording, maySoonSpeak: Bool = true, cancellation: Cancellation? = nil
    ) throws -> (hasSpeech: Bool, events: [RecognitionEvent]) {
        var events: [RecognitionEvent] = []
        let speech = GatedSpeech(recording, gate: LevelGate())
        let hasSpeech = try GuardedEngine(engine, over: speech).transcribe(
            maySoonSpeak: maySoonSpeak, settings: EngineSettings(), cancellation: cancellation
        ) { if case .asked = $0 {} else { events.append($0) } }
        return (hasSpeech, events)
    }

    /// 1 s of speech, with 0.3 s before it and 0.2 s behind.
    private static let heard = [RecognitionEvent.final(Utterance(text: "bytes 48000"))]

    @Test func oneThatStandsByIsReadyWhenSomebodySpeaks() throws {
        // Nobody begins to speak before it has been started.
        let recording = Recording([-1, 1, -1]) { !self.marks.isEmpty }
        let (hasSpeech, events) = try transcribe(engine("early", standby: true), recording)
        #expect(hasSpeech)
        #expect(events == Self.heard)
        #expect(marks == ["early"])
    }

    @Test func oneThatDoesNotIsNotStartedBeforeSomebodySpeaks() throws {
        let recording = Recording([-1, 1, -1]) {
            #expect(self.marks.isEmpty)
            return true
        }
        let late = try engine("late", standby: false)
        #expect(try transcribe(late, recording).events == Self.heard)
        #expect(marks == ["late"])
        #expect(try transcribe(late, Recording([-2])) == (false, []))
        #expect(marks == ["late"])
    }

    @Test(arguments: ["s16le", "wav"])
    func whereNobodySpeaksItIsStoppedAndNothingCounts(input: String) throws {
        let script = """
            printf 'warning\\tI am odd\\nstatus\\tloading\\npartial\\tthank\\nword\\tthank\\nfinal\\tthank you\\n'
            """
        let early = try engine("early", standby: true, input: input, script)
        let recording = Recording([-1]) { !self.marks.isEmpty }
        #expect(try transcribe(early, recording) == (false, []))
        #expect(marks == ["early", "stopped"])
    }

    @Test func aCompleteRecordingOfSilenceStartsNobody() throws {
        let early = try engine("early", standby: true)
        #expect(try transcribe(early, Recording([-2]), maySoonSpeak: false) == (false, []))
        #expect(marks.isEmpty)
        #expect(try transcribe(early, Recording([-1, 1, -1]), maySoonSpeak: false).events == Self.heard)
        #expect(marks == ["early"])
    }

    @Test func whatItSaysBeforeComesWithTheSpeech() throws {
        let said = "printf 'warning\\tI am odd\\nfinal\\tthank you\\nstatus\\tready\\n'; echo said >&2"
        let recording = Recording([-1, 1, -1]) { self.messages.note { !$0.isEmpty } }
        let events = try transcribe(engine("early", standby: true, "\(said)"), recording).events
        #expect(events == [.warning("I am odd", hint: nil), .status("ready")] + Self.heard)
    }

    /// A model that is missing, a crash, an end without a reason: before somebody speaks all that is nothing.
    @Test(arguments: ["printf 'error\\tno model\\n'; exit 69", "kill -9 $$", "exit 0", "exit 3"])
    func itFailsOnlyWhenItIsNeeded(failure: String) throws {
        // The first time it fails.
        let early = try engine("early", standby: true, "[ $(wc -l <\(home("marks"))) -gt 1 ] || { \(failure); }")
        #expect(try transcribe(early, Recording([-1]) { !self.marks.isEmpty }) == (false, []))
        unlink(home("marks"))
        #expect(try transcribe(early, recordingForTheNext()).events == Self.heard)
        #expect(marks == ["early", "early"])
        // And for good.
        let broken = try engine("broken", standby: true, failure)
        unlink(home("marks"))
        #expect(throws: EngineError.self) {
            _ = try transcribe(broken, recordingForTheNext())
        }
        #expect(marks == ["broken", "broken"])
    }

    @Test func aChainStandsByWithItsFirstEngine() throws {
        let early = try engine("early", standby: true, "exit 3")
        let late = try engine("late", standby: false)
        let chain = EngineChain([early, late])
        #expect(chain.beginsBeforeSpeech)
        #expect(!EngineChain([late, early]).beginsBeforeSpeech)
        #expect(try transcribe(chain, Recording([-1]) { !self.marks.isEmpty }) == (false, []))
        #expect(marks == ["early"])
        unlink(home("marks"))
        #expect(try transcribe(chain, recordingForTheNext()).events == Self.heard)
        #expect(marks == ["early", "late"])
    }

    @Test(arguments: [true, false])
    func itCanBeStoppedWhileNobodySpeaks(standby: Bool) throws {
        let cancellation = try Cancellation()
        let engine = try engine("early", standby: standby)
        var asked = 0
        let recording = Recording([-1, 1]) {
            asked += 1
            if asked > 20, !standby || !self.marks.isEmpty { cancellation.cancel() }
            return false
        }
        let error = #expect(throws: EngineError.self) {
            _ = try transcribe(engine, recording, cancellation: cancellation)
        }
        #expect(error?.code == .cancelled)
        #expect(marks == (standby ? ["early", "stopped"] : []))
    }
}
