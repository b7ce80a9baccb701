import Glibc
import Harness
import Testing

/// A batch plugin's answers belong to their questions.
@Suite struct TranscribeBatchAnswers {
    private let test: TranscribeHome

    init() throws {
        test = try TranscribeHome()
        // Answers each file with how many bytes it has; --option at=HOW makes it answer too much.
        try test.home.addPlugin(
            "vt-transcribe-batch",
            """
            #!/bin/sh
            case $1 in
            describe) printf 'vt-plugin 1\\ninput s16le\\nfiles yes\\noption at how it answers\\n' ;;
            transcribe-files-v1)
                number=0
                while read -r file; do
                    number=$((number + 1))
                    answer="final start=0 end=0.1 %s bytes\\ndone status=0"
                    words="$(wc -c <"$file")"
                    tell() { printf 'final start=0 end=0.1\\t%s bytes\\ndone status=0%s\\n' "$1" "$2"; }
                    case $VT_OPTION_AT-$number in
                    twice-2) tell $words; tell $words ;;
                    later-2) tell $words; sleep 0.05; tell $words ;;
                    buffered-3) printf '%s\\n%s\\n' "$(tell $last)" "$(tell $words)" ;;
                    always-*) tell $words; tell $words ;;
                    named-2) tell $words " path=$file"; tell $words " path=$file" ;;
                    named-*) tell $words " path=$file" ;;
                    other-*) tell $words " path=/other.wav" ;;
                    *) tell $words ;;
                    esac
                    last=$words
                done ;;
            *) exit 64 ;;
            esac
            """)
        for number in 10..<30 { try test.write(Tone.file(seconds: Double(number) / 100), to: "\(number).wav") }
    }

    private func transcribe(_ at: String) throws -> Result {
        try run(
            Command(
                "vt-transcribe",
                ["--no-gate", "-q", "--engine", "batch", "--option", "at=\(at)", "-j", "1", "--output-dir", "out"]
                    + (10..<30).map { "\($0).wav" }), home: test.home)
    }

    /// Also if the answer too many comes later, or together with the next one.
    @Test(arguments: ["never", "twice", "later", "buffered", "named"]) func noAnswerIsAnotherFiles(at: String) throws {
        let result = try transcribe(at)
        #expect(result.status == 0, "\(result)")
        for number in 10..<30 {
            // A header with room for RF64.
            #expect(
                try text(of: "\(test.home.files)/out/\(number).wav.txt") == "\(number * 320 + 80) bytes\n", "\(number)")
        }
    }

    /// One that can't be read is never asked about, and its turn is nobody's.
    @Test(arguments: ["never", "named"]) func aBadFileAmongThemShiftsNothing(at: String) throws {
        for number in [10, 17, 18] { try test.write(Array("no audio".utf8), to: "\(number).wav") }
        let result = try transcribe(at)
        #expect(result.status == 2, "\(result)")
        for number in 10..<30 where ![10, 17, 18].contains(number) {
            let transcript = try text(of: "\(test.home.files)/out/\(number).wav.txt")
            #expect(transcript == "\(number * 320 + 80) bytes\n", "\(number)")
        }
    }

    @Test(arguments: ["always", "other"]) func whatCannotBeCertainIsNotBelieved(at: String) throws {
        let result = try transcribe(at)
        #expect(result.status == 76, "\(result)")
        #expect(entries(of: "\(test.home.files)/out") == [".vt-records"])
    }
}
