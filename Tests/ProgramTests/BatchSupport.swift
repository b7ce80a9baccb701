import Glibc
import Harness
import ToneWords

/// A folder of recordings that each say one word, and an engine that hears it: what comes of a batch is known for certain.
struct BatchHome {
    let home: Home
    /// Names of the recordings, and what each says.
    private(set) var words: [String: String] = [:]

    /// - Parameter count: recordings, some of them in folders of folders, with names that are no good as words of a shell.
    init(recordings count: Int) throws {
        home = try Home()
        // Writes who works when it begins, and waits while a file named `hold` is there.
        try home.addPlugin(
            "vt-transcribe-tone",
            """
            #!/bin/sh
            case $1 in transcribe*)
                printf '%s\\n' "${VT_MACHINE:-here}" >>'\(home.files)/begun'
                while [ -e '\(home.files)/hold' ]; do sleep 0.05; done ;;
            esac
            exec '\(BuiltPrograms.directory)/tone-engine' "$@"
            """)
        try makeDirectories(home.directory("config/vt"))
        try write("engine = \"tone\"\n".utf8, to: home.directory("config/vt/config.toml"))
        // These recordings are no speech: nobody listens for it.
        try makeDirectories(programs)
        try writeScript(
            "\(programs)/vt-transcribe",
            "#!/bin/sh\nexec '\(BuiltPrograms.directory)/vt-transcribe' --no-gate \"$@\"\n")
        let folders = ["", "sub/", "sub/two words/", "it's/", "ü/"]
        for folder in folders { try makeDirectories("\(recordings)/\(folder)") }
        for number in 0..<count {
            let name = "\(folders[number % folders.count])\(number)\(number % 7 == 0 ? " $x\n" : "").wav"
            try add(name, saying: number)
            words[name] = String(String(1000 + number).dropFirst())
        }
    }

    /// Where `vt-transcribe` is, for PATH.
    var programs: String { home.directory("programs") }
    var recordings: String { "\(home.files)/recordings" }
    var transcripts: String { "\(home.files)/transcripts" }

    /// For commands that are to find this `vt-transcribe`.
    var environment: [String: String?] { ["PATH": "\(programs):\(home.environment["PATH"] ?? "")"] }

    private func add(_ name: String, saying number: Int) throws {
        let samples = [Int16](repeating: 0, count: 1600) + ToneWords.samples([(number: number, pause: 0.1)])
        let bytes = samples.withUnsafeBytes { Array($0) }
        try write(Tone.header(dataSize: bytes.count) + bytes, to: "\(recordings)/\(name)")
    }

    /// Adds a recording that is none.
    func addBroken(_ name: String) throws {
        try write("no audio\n".utf8, to: "\(recordings)/\(name)")
    }

    /// Adds a recording in which nobody speaks.
    func addSilent(_ name: String) throws {
        try write(Tone.header(dataSize: 32000) + Tone.silence(seconds: 1), to: "\(recordings)/\(name)")
    }

    /// Lets the engine wait, or go on.
    func hold(_ holds: Bool) throws {
        if holds { try write([], to: "\(home.files)/hold") } else { unlink("\(home.files)/hold") }
    }

    /// The machines on which an engine has begun, in order; `here` without one.
    var begun: [String] {
        ((try? text(of: "\(home.files)/begun")) ?? "").split(separator: "\n").map(String.init)
    }

    /// What is wrong with the transcripts: names of recordings without one, with another text, or of files that belong to none.
    func faults(format: String = "txt") throws -> [String] {
        var faults: [String] = []
        for (name, word) in words {
            let text = (try? text(of: "\(transcripts)/\(name).\(format)")) ?? "nothing"
            if text != "\(word)\n" { faults.append("\(name): \(text), not \(word)") }
        }
        let found = try run("find", transcripts, "-type", "f", "!", "-name", ".*", "-print0").output.split(separator: 0)
        let known = Set(words.keys.map { "\(transcripts)/\($0).\(format)" })
        for file in found.map({ String(decoding: $0, as: UTF8.self) }) where !known.contains(file) {
            faults.append("\(file) is nobody's")
        }
        return faults
    }
}
