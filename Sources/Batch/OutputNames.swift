internal import Glibc
internal import POSIX

/// The files that belong to one input in an `OutputFolder`.
struct OutputNames: Sendable {
    /// Where they all are.
    let folder: Path
    private let base: [UInt8]

    /// - Parameters:
    ///   - folder: the outputs' folder.
    ///   - name: relative to it, without an extension.
    init(folder: Path, name: Path) {
        let whole = folder.appending(name)
        self.folder = whole.folder
        base = whole.name.bytes
        record = OutputNames.hidden(self.folder, base, ".vt")
    }

    func output(_ format: String) -> Path {
        folder.appending(Path(base + Array(".\(format)".utf8)))
    }

    func unfinished(_ format: String) -> Path { hidden(".\(format).part") }

    /// Says for what the outputs are; locked by who works on them.
    let record: Path

    /// Finished parts of a long recording.
    var parts: Path { hidden(".vt.parts") }

    private func hidden(_ ending: String) -> Path { OutputNames.hidden(folder, base, ending) }

    private static func hidden(_ folder: Path, _ base: [UInt8], _ ending: String) -> Path {
        let room = Int(NAME_MAX) - 1 - ending.utf8.count
        var name = base
        if name.count > room {
            // Cut, and told from others that begin alike.
            var stamp = Stamp()
            stamp.add(base)
            name = Array(base.prefix(room - 17)) + Array("~\(stamp.description.prefix(16))".utf8)
        }
        return folder.appending(Path([UInt8(ascii: ".")] + name + Array(ending.utf8)))
    }
}
