import Harness

/// A command, or a few lines of shell, that a document shows its reader.
struct DocumentExample: Sendable, CustomStringConvertible {
    /// The document, for example `man/vt.7`.
    let document: String
    /// For bash.
    let script: String

    var description: String { "\(document): \(script)" }

    /// All that the documents show as examples: in README.md the paragraphs of `sh` blocks, in manual pages the displays of
    /// EXAMPLES, and in guides all displays.
    static let all: [DocumentExample] = ofReadMe + EveryProgram.pages.flatMap(ofPage)

    /// Why one is not run as it stands; nil where it is.
    var skipped: String? {
        let reasons = [
            ("scripts/", "builds or installs: scripts/test and the test of scripts/install do that"),
            ("vt-dictate", "the keys have tests of their own (Dictate…)"),
            ("VT_DICTATE_", "a configuration file, tried by DictateFailures"),
            ("#!/bin/sh", "an engine, tried by DocumentEngines"),
            ("--engine vosk", "needs a model: what can be tried without is in PythonEngines"),
            ("--engine faster-whisper", "needs a model, as above"),
            ("--engine moonshine", "needs a model, as above"),
            ("--engine whisper-cpp", "needs a server: WhisperCppEngine tries the program"),
            ("vt-models install", "fetches a model: ModelsInstall does, from a publisher of its own"),
            ("--recorder pulse", "needs a sound server and somebody's own microphone: RecordPulse has its own"),
            ("vt-record-pulse record-v1", "the same"),
            ("--with-playback", "the same"),
            ("--check-driver", "needs a driver of one's own; TypeCheckDriver"),
            ("--driver ydotool", "presses keys in the kernel; TypeThroughTheKernel"),
            ("--driver dotool", "presses keys in the kernel; TypeThroughTheKernel"),
            ("--driver clipboard", "needs a window; TypeByClipboard"),
            ("[provider.", "a configuration file, used by DocumentConfigurations"),
            ("[profile.", "the same"),
            ("final start=", "output, not a command"),
            ("--sshlogin", "needs machines: BatchWithParallel has some"),
            ("sbatch --parsable", "needs a cluster: BatchWithSlurm has one"),
            ("MAILTO=", "lines of crontab(5), and of a configuration file: BatchByCron, BatchBySystemd"),
            ("systemctl --user", "needs a user's systemd: BatchBySystemd has one"),
            ("ServerAliveInterval", "a configuration file, with which BatchWithParallel calls its machines"),
            ("while vt-record", "goes on until somebody ends it"),
        ]
        return reasons.first { script.contains($0.0) }?.1
    }

    /// Whether it speaks to a service: then one of the tests' own stands for all of them.
    var needsServer: Bool {
        ["--engine openai", "--engine groq", "--base-url"].contains { script.contains($0) }
    }

    private static var ofReadMe: [DocumentExample] {
        let text = (try? EveryProgram.text("README.md")) ?? ""
        return text.split(separator: "```sh\n").dropFirst().compactMap { $0.split(separator: "```").first }
            .flatMap { block -> [String] in
                // An engine is one program, with its blank lines.
                if block.hasPrefix("#!") { return [String(block)] }
                return block.split(separator: "\n\n").map(String.init)
            }.map { DocumentExample(document: "README.md", script: $0) }
    }

    /// Pages that teach by examples from their beginning to their end.
    private static let guides = ["vt-batch.7"]

    private static func ofPage(_ page: String) -> [DocumentExample] {
        let text = (try? EveryProgram.text("man/\(page)")) ?? ""
        var section = text[...]
        if !guides.contains(page) {
            guard let begin = text.firstRange(of: ".Sh EXAMPLES\n")?.upperBound else { return [] }
            section = text[begin...].split(separator: "\n.Sh ").first ?? ""
        }
        var examples: [DocumentExample] = []
        var display: [Substring]?
        for line in section.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix(".Bd ") {
                display = []
            } else if line == ".Ed" {
                let lines = (display ?? []).joined(separator: "\n")
                examples.append(DocumentExample(document: "man/\(page)", script: plain(lines)))
                display = nil
            } else if display != nil {
                display?.append(line)
            } else if line.hasPrefix(".Dl ") {
                examples.append(DocumentExample(document: "man/\(page)", script: plain(String(line.dropFirst(4)))))
            }
        }
        return examples
    }

    /// mdoc's escapes, undone.
    private static func plain(_ text: String) -> String {
        text.replacing("\\e", with: "\\").replacing("\\(aq", with: "'").replacing("\\(dq", with: "\"").replacing(
            "\\&", with: "")
    }
}
