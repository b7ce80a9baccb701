/// A model that is installed for the engine `local`: a folder with its weights and a file `about` that says what they are.
///
/// `about` holds lines `KEY VALUE`; unknown keys are ignored, and all but `file` may be missing.
package struct InstalledModel: Equatable, Sendable {
    /// The folder's name, by which people know it: `whisper-tiny.en`.
    package var name: String
    /// The folder.
    package var folder: String
    /// The weights, a name in the folder: `model.gguf`, or `model.bin` as whisper.cpp has it.
    package var file: String
    /// `whisper`, `parakeet`, ...; what the library calls the architecture, for people.
    package var family = ""
    /// What it is for: `recognition`, or `diarization`, which tells speakers apart.
    package var task = Task.recognition
    /// Language tags (BCP 47) in no order; none is not known.
    package var languages: [String] = []
    /// Bytes of the weights.
    package var size = 0
    /// Of the weights, in hexadecimal; empty where nobody knows.
    package var sha256 = ""
    package var licence = ""
    /// Where it came from, for people.
    package var source = ""
    /// Of a hundred words, how many come out wrong, as its authors published it.
    package var wordErrors: Double?
    /// What `wordErrors` was measured on.
    package var wordErrorsOn = ""
    /// Whether it recognises while somebody speaks.
    package var streams = false
    /// Where several suit, the one with the lowest number is taken.
    package var rank = InstalledModel.unranked
    /// The same weights for shorter recordings, by their length in seconds, shortest first: names in the folder. Whisper always
    /// works on one whole window of audio, so a shorter one is faster.
    package var windows: [Window] = []

    package enum Task: String, Sendable {
        case recognition
        case diarization
    }

    package struct Window: Equatable, Sendable {
        package var seconds: Int
        /// A name in the model's folder.
        package var file: String

        package init(seconds: Int, file: String) {
            self.seconds = seconds
            self.file = file
        }
    }

    /// The rank of a model that no catalogue knows: behind all that one knows.
    package static let unranked = 1000

    package init(name: String, folder: String, file: String) {
        self.name = name
        self.folder = folder
        self.file = file
    }

    /// The weights.
    package var path: String { "\(folder)/\(file)" }

    package func path(of window: Window) -> String { "\(folder)/\(window.file)" }

    /// Reads an `about` file; nil where it names no weights.
    package init?(name: String, folder: String, about: String) {
        self.init(name: name, folder: folder, file: "")
        for line in about.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = String(parts[1])
            switch parts[0] {
            case "file": file = value
            case "family": family = value
            case "task": task = Task(rawValue: value) ?? .recognition
            case "languages": languages = value.split(separator: " ").map(String.init)
            case "size": size = max(0, Int(value) ?? 0)
            case "sha256": sha256 = value
            case "licence": licence = value
            case "source": source = value
            case "word-errors": wordErrors = Double(value).flatMap { (0...1000).contains($0) ? $0 : nil }
            case "word-errors-on": wordErrorsOn = value
            case "streams": streams = value == "yes"
            case "rank": rank = Int(value) ?? InstalledModel.unranked
            case "window":
                let words = value.split(separator: " ", maxSplits: 1)
                if words.count == 2, let seconds = Int(words[0]), seconds > 0 {
                    windows.append(Window(seconds: seconds, file: String(words[1])))
                }
            default: break
            }
        }
        windows.sort { $0.seconds < $1.seconds }
        // Names of this folder, and of no other.
        guard InstalledModel.isFileName(file), windows.allSatisfy({ InstalledModel.isFileName($0.file) }) else {
            return nil
        }
    }

    private static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && !name.contains { $0 == "/" || $0 == "\0" } && name != "." && name != ".."
    }

    /// The text of its `about` file.
    package var about: String {
        var lines = ["file \(file)"]
        func add(_ key: String, _ value: String) {
            if !value.isEmpty { lines.append("\(key) \(value.map { $0.isNewline ? " " : String($0) }.joined())") }
        }
        add("family", family)
        add("task", task.rawValue)
        add("languages", languages.joined(separator: " "))
        if size > 0 { add("size", String(size)) }
        add("sha256", sha256)
        add("licence", licence)
        add("source", source)
        if let wordErrors { add("word-errors", "\(wordErrors)") }
        add("word-errors-on", wordErrorsOn)
        add("streams", streams ? "yes" : "")
        if rank != InstalledModel.unranked { add("rank", String(rank)) }
        for window in windows { add("window", "\(window.seconds) \(window.file)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether it understands a language, by its primary subtag: `pt` for `pt-BR`. Yes where nobody knows which it understands.
    package func understands(_ language: String) -> Bool {
        func primary(_ tag: String) -> String { tag.prefix { $0 != "-" && $0 != "_" }.lowercased() }
        return languages.isEmpty || languages.contains { primary($0) == primary(language) }
    }
}
