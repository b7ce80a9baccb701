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
        // Writes who works when it begins with a recording; then it waits where as many have begun as the file `hold` says. While there is
        // a file `refuse`, it fails with 75.
        try home.addPlugin(
            "vt-transcribe-tone",
            """
            #!/bin/sh
            engine='\(BuiltPrograms.directory)/tone-engine'
            begin() {
                printf '%s\\n' "${VT_MACHINE:-here}" >>'\(home.files)/begun'
                while most=$(cat '\(home.files)/hold' 2>/dev/null) && [ "$(wc -l <'\(home.files)/begun')" -gt "$most" ]; do
                    sleep 0.05
                done
                [ -e '\(home.files)/refuse' ] || return 0
                printf 'error\\tcome back later\\n'
                return 1
            }
            case $1 in
            transcribe-v1) begin && exec "$engine" "$@" || exit 75 ;;
            transcribe-files-v1)
                while read -r file; do
                    if begin; then printf '%s\\n' "$file" | "$engine" "$@"; else echo 'done status=75'; fi
                done ;;
            *) exec "$engine" "$@" ;;
            esac
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

    /// Lets engines wait when they begin with a recording, but for so many; nil lets them go on.
    func hold(after count: Int?) throws {
        let path = "\(home.files)/hold"
        if let count { try write("\(count)\n".utf8, to: path) } else { unlink(path) }
    }

    /// Lets engines fail with 75, or not.
    func refuse(_ refuses: Bool) throws {
        if refuses { try write([], to: "\(home.files)/refuse") } else { unlink("\(home.files)/refuse") }
    }

    /// The machines on which an engine has begun with a recording, in order; `here` without one.
    var begun: [String] {
        ((try? text(of: "\(home.files)/begun")) ?? "").split(separator: "\n").map(String.init)
    }

    /// What is wrong with the transcripts: recordings without one or with other words, and files that belong to none.
    ///
    /// - Parameter isRight: whether a word makes a transcript; where it is nothing else, by default.
    func faults(
        formats: [String] = ["txt"], _ isRight: (_ word: String, _ transcript: String) -> Bool = { $1 == "\($0)\n" }
    ) throws -> [String] {
        var faults: [String] = []
        var known: Set<String> = []
        for (name, word) in words {
            for format in formats {
                let path = "\(transcripts)/\(name).\(format)"
                known.insert(path)
                let text = try? text(of: path)
                if text.map({ !isRight(word, $0) }) ?? true { faults.append("\(path): \(text ?? "none"), not \(word)") }
            }
        }
        let found = try run(
            "find", transcripts, "-type", "f", "!", "-name", ".*", "!", "-path", "*/vt-report-*", "-print0")
        for file in found.output.split(separator: 0).map({ String(decoding: $0, as: UTF8.self) })
        where !known.contains(file) {
            faults.append("\(file) is nobody's")
        }
        return faults
    }
}
