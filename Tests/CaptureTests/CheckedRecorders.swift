import Audio
import Capture
import Glibc
import Harness
import Plugins
import Testing

/// `--check-recorder` finds every rule of vt-plugin(7) that a recorder breaks, and none where it keeps them.
@Suite struct CheckedRecorders {
    let home: TemporaryDirectory

    init() throws {
        home = try TemporaryDirectory()
    }

    /// Sound at the rate and with the channels that are asked for, a tenth of a second every tenth of a second.
    private static let loop =
        "while :; do head -c $((VT_RATE * VT_CHANNELS / 5)) /dev/zero; sleep 0.1; done"
    private static let refusal = "[ \"${VT_DEVICE:-left}\" = left ] || { echo \"no wall $VT_DEVICE\" >&2; exit 69; }"
    private static let good = "\(refusal)\n\(loop)"

    private func recorder(
        _ record: String, describe: String = "output s16le", devices: String = "printf 'left\\tThe wall\\tdefault\\n'",
        other: String = "exit 64"
    ) throws -> PluginRecorder {
        let path = try writeScript(
            home("vt-record-x"),
            """
            #!/bin/bash
            case $1 in
            describe) printf '%s\\n' 'vt-plugin 1'; printf '%b\\n' '\(describe)' ;;
            devices-v1) \(devices) ;;
            record-v1)
            \(record)
            ;;
            *) \(other) ;;
            esac

            """)
        return try PluginRecorder.find(path, cache: nil)
    }

    /// - Parameter only: a part of the names of those that are to be tried; nil tries all, which takes some seconds.
    private func findings(_ recorder: PluginRecorder, only: [String]? = nil) throws -> [Conformance.Finding] {
        let checks = try RecorderConformance(recorder, .init(format: .speech)).checks.filter { check in
            only?.contains { check.what.contains($0) } ?? true
        }
        #expect(!checks.isEmpty)
        return try Conformance(recorder.plugin, checks).run { _ in }
    }

    private func failures(_ findings: [Conformance.Finding]) -> [String] {
        findings.compactMap { if case .failed = $0.verdict { $0.line } else { nil } }
    }

    /// Why it can't record is the line before the hint.
    @Test func aReasonIsNoHint() throws {
        let found = try findings(recorder("echo unplugged >&2; echo 'hint: plug it in' >&2; exit 69"), only: ["sound"])
        #expect(found.map(\.line) == ["-\tsound within 5 s, and then all the time\tit ended with status 69: unplugged"])
    }

    @Test func theFrozenSampleKeepsThem() throws {
        let root = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        let found = try findings(PluginRecorder.find(root + "/Fixtures/plugins/v1/vt-record-sample", cache: nil))
        #expect(failures(found) == [])
        #expect(Conformance.status(of: found) == 0, "\(found)")
    }

    @Test(arguments: [true, false]) func goodOnesKeepThem(isWAV: Bool) throws {
        // At a rate of its own, which a WAV stream may have.
        let header =
            "printf 'RIFF\\377\\377\\377\\377WAVEfmt \\20\\0\\0\\0\\1\\0\\1\\0\\100\\37\\0\\0\\200\\76\\0\\0\\2\\0\\20\\0data\\377\\377\\377\\377'"
        let wav = "\(Self.refusal)\n\(header)\nVT_RATE=8000 VT_CHANNELS=1\n\(Self.loop)"
        let found = try findings(recorder(isWAV ? wav : Self.good, describe: isWAV ? "output wav" : "output s16le"))
        #expect(failures(found) == [])
        #expect(Conformance.status(of: found) == 0, "\(found)")
        #expect(found.count == 13)
    }

    /// Each breaks one rule in record-v1; where that is noticed, and some word of what is said about it.
    @Test(arguments: [
        ("exec sleep 30", "sound within", "no sound came within 5 s"),
        ("exit 0", "sound within", "without a sound"), ("exit 3", "sound within", "status 3"),
        ("exit 1", "sound within", "status 1"), ("kill -9 $$", "sound within", "signal 9"),
        ("head -c 3200 /dev/zero; exit 2", "sound within", "status 2"),
        ("head -c 3200 /dev/zero; sleep 2.3; \(loop)", "sound within", "it wrote nothing"),
        ("while :; do head -c 320 /dev/zero; sleep 0.1; done", "sound within", "s of sound at 16000 Hz and 1 channel"),
        ("exec cat /dev/zero", "sound within", "s of sound at 16000 Hz and 1 channel"),
        ("VT_RATE=16000 VT_CHANNELS=1; \(loop)", "the rate", "s of sound at 32000 Hz and 2 channels"),
        ("printf 'RIFF\\377\\377\\377\\377WAVE'; \(loop)", "sound within", "begins with a WAV header"),
        (loop, "not there", "something else than the device"),
        ("[ \"${VT_DEVICE:-left}\" = left ] || exit 69; \(loop)", "not there", "does not say why"),
        ("[ \"${VT_DEVICE:-left}\" = left ] || { echo no >&2; exit 1; }; \(loop)", "not there", "status 1"),
        ("[ \"${VT_DEVICE:-left}\" = left ] || { echo no >&2; exit 0; }; \(loop)", "not there", "status 0"),
        ("[ -z \"$VT_DEVICE\" ] || { echo no >&2; exit 65; }; \(loop)", "that it lists", "status 65"),
        ("[ -z \"$VT_TOMORROW\" ] || exit 3; \(loop)", "nobody knows", "status 3"),
        ("printf %s \"$TOMORROW\" | iconv -f UTF-8 -t UTF-8 >/dev/null || exit 3; \(loop)", "no UTF-8", "status 3"),
        ("trap '' TERM; \(loop)", "SIGTERM", "had to be killed"),
        ("trap 'sleep 3; exit 0' TERM; \(loop)", "SIGTERM", "had to be killed"),
        ("(setsid sleep 30 </dev/null >/dev/null 2>&1 &); \(loop)", "SIGTERM", "leaves processes"),
        ("(setsid sleep 2 </dev/null >/dev/null 2>&1 &); \(loop)", "in its group", "leaves processes"),
    ]) func whoBreaksARule(script: String, check: String, words: String) throws {
        let found = try findings(recorder(script), only: [check])
        #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
        #expect(Conformance.status(of: found) == 76)
    }

    /// A WAV stream that is none.
    @Test(arguments: [
        (loop, "no WAV stream"), ("printf 'RIFF\\377\\377\\377\\377WA'; sleep 30", "no sound came"),
        ("echo Hello; \(loop)", "no WAV stream"),
    ]) func whoseWAVIsNone(script: String, words: String) throws {
        let found = try findings(recorder(script, describe: "output wav"), only: ["nobody knows"])
        #expect(failures(found).contains { $0.contains(words) }, "\(found.map(\.line))")
    }

    /// A sound server opens its device at once, and takes its time to give sound.
    @Test func aHeaderIsNoSoundYet() throws {
        let header =
            "printf 'RIFF\\377\\377\\377\\377WAVEfmt \\20\\0\\0\\0\\1\\0\\1\\0\\100\\37\\0\\0\\200\\76\\0\\0\\2\\0\\20\\0data\\377\\377\\377\\377'"
        let late = "\(header)\nsleep 2.2\nVT_RATE=8000 VT_CHANNELS=1\n\(Self.loop)"
        let found = try findings(recorder(late, describe: "output wav"), only: ["sound within", "the rate"])
        #expect(failures(found) == [], "\(found.map(\.line))")
        let never = try findings(recorder("\(header)\nexec sleep 30", describe: "output wav"), only: ["nobody knows"])
        #expect(failures(never).contains { $0.contains("no sound came within 5 s") }, "\(never.map(\.line))")
    }

    @Test(arguments: [
        ("printf 'left'", "no line feed"), ("printf 'left\\n\\tno name\\n'", "no name"),
        ("printf 'left\\nleft\\n'", "twice"), ("printf 'left\\tA\\tdefault\\nright\\tB\\tdefault\\n'", "the default"),
        ("printf 'l\\377ft\\n'", "no UTF-8"), ("printf 'left\\t\\033[2J\\n'", "control characters"),
        ("exit 9", "status 9"), ("kill -9 $$", "signal 9"), ("exec sleep 30", "longer than 10"),
        ("sleep 30 >/dev/null 2>&1 & echo left", "leaves processes"),
    ]) func devices(script: String, words: String) throws {
        let found = failures(try findings(recorder(Self.good, devices: script), only: ["devices-v1"]))
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test func noDevicesAreNoFault() throws {
        let found = try findings(recorder(Self.good, devices: "exit 64"), only: ["devices-v1", "that it lists"])
        #expect(failures(found) == [] && Conformance.status(of: found) == 0, "\(found)")
    }

    @Test func whatIsMissingIsSaidAndIsNoFault() throws {
        let found = try findings(
            recorder("echo 'no server' >&2; exit 69", devices: "exit 69"),
            only: ["devices", "sound", "group", "SIGTERM", "nobody knows"])
        #expect(failures(found) == [])
        #expect(Conformance.status(of: found) == 69)
        #expect(found.allSatisfy { $0.line.hasPrefix("-\t") }, "\(found.map(\.line))")
        #expect(found.contains { $0.line.contains("no server") })
    }

    @Test(arguments: [("exit 0", "status 0"), ("echo usage; exit 64", "output")])
    func unknownOperations(other: String, words: String) throws {
        let found = failures(try findings(recorder(Self.good, other: other), only: ["which it does not know"]))
        #expect(found.count == 2 && found.allSatisfy { $0.contains(words) }, "\(found)")
    }
}
