import Glibc
import Harness
import Testing

/// What the documents show is run as it stands, on a terminal, in a folder that holds the files they speak of.
///
/// The microphone is an ALSA device that hears real speech, for 2.5 s, unless the example itself says for how long; what
/// would be typed into a window is printed. DocumentExample.skipped tells what is left out, and why.
@Suite(
    .enabled(
        if: Speech.isInstalled && Tool.isInstalled("sox", "ffmpeg", "arecord"),
        "needs pocketsphinx-testdata, sox, ffmpeg and alsa-utils"))
struct DocumentExamplesRun {
    @Test(arguments: DocumentExample.all.filter { $0.skipped == nil }) func works(_ example: DocumentExample) throws {
        let home = try desk()
        let server = example.needsServer ? try SpeechServer("verbose") : nil
        var script = example.script
        if let server {
            script = script.replacing("http://127.0.0.1:8080", with: server.url)
            let services = ["openai", "groq"].map { "[provider.\($0)]\nbase_url = \"\(server.url)/v1\"\n" }
            try makeDirectories(home.directory("config/vt"))
            try write(services.joined().utf8, to: home.directory("config/vt/config.toml"))
        }
        let path = "\(home.directory("stubs")):\(try #require(home.environment["PATH"]))"
        let terminal = try Terminal(script, environment: ["PATH": path], home: home)
        let statuses = try terminal.finish(within: .seconds(120))
        // grep and cut may find nothing, and so may vt-transcribe: 1. Nothing may fail.
        #expect(statuses.allSatisfy { $0 <= 1 }, "\(statuses) \(terminal.screen)")
        for complaint in ["error:", "not found", "No such file", "cannot", "usage"] {
            #expect(!terminal.screen.contains(complaint), "\(terminal.screen)")
        }
        if let server {
            #expect(try server.requests(1).count >= 1, "\(terminal.screen)")
            #expect(terminal.screen.contains("go forward ten meters"), "\(terminal.screen)")
        }
    }

    @Test func thereAreExamples() {
        #expect(Set(DocumentExample.all.map(\.document)).isSuperset(of: ["README.md", "man/vt.7", "man/vt-record.1"]))
        #expect(DocumentExample.all.filter { $0.skipped == nil }.count > 20)
    }

    /// A home with a microphone, and the files that the documents name.
    private func desk() throws -> Home {
        let home = try Home()
        let device = "type file slave.pcm counter file /dev/null infile \"\(Speech.goForward)\" format raw"
        try home.addMicrophones(
            """
            pcm.!default { \(device) }
            pcm.yeti { type vt_test rate 48000 channels 2 hint { show on description "Yeti" } }
            """)
        let stubs = home.directory("stubs")
        try makeDirectories(stubs)
        // The last --duration counts.
        try writeScript(
            "\(stubs)/vt-record", "#!/bin/sh\nexec '\(BuiltPrograms.directory)/vt-record' --duration 2500ms \"$@\"\n")
        try writeScript(
            "\(stubs)/vt-type", "#!/bin/sh\nexec '\(BuiltPrograms.directory)/vt-type' --driver print \"$@\"\n")
        try writeScript("\(stubs)/arecord", "#!/bin/sh\nexec '\(Tool.path("arecord"))' -d 1 \"$@\"\n")
        let files = """
            mkdir recordings ~/.local ~/.local/state ~/.local/state/vt
            sox -t raw -r 16000 -e signed -b 16 -c 1 \(Speech.goForward) test.wav
            cp test.wav talk.wav; cp test.wav call.wav; cp test.wav recordings/one.wav; cp test.wav recordings/two.wav
            cp test.wav note.wav; sox test.wav memo.flac; ffmpeg -v error -i test.wav talk.mp4
            cp \(Speech.goForward) memo.raw; cp \(Speech.goForward) speech.raw
            printf '#JSGF V1.0;\\ngrammar robot;\\npublic <command> = go forward ten meters;\\n' | tee robot.gram >commands.gram
            echo ls >commands
            printf '{"input":"a.wav","status":0}\\n{"input":"b.wav","status":65}\\n' >report.jsonl
            printf 'text\\thello\\n' >~/.local/state/vt/undelivered
            """
        let result = try run(.shell("set -e\n\(files)"), home: home)
        guard result.status == 0 else { throw HarnessError("\(result)") }
        return home
    }
}
