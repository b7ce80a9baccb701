internal import Glibc
internal import POSIX

/// The files that belong to one input in an `OutputFolder`.
struct OutputNames: Sendable {
    /// Where they all are.
    let folder: Path
    /// What the folder's records call it.
    let recordName: RecordName
    private let base: [UInt8]

    /// - Parameters:
    ///   - folder: the outputs' folder.
    ///   - name: relative to it, without an extension.
    init(folder: Path, name: Path) {
        let whole = folder.appending(name)
        self.folder = whole.folder
        base = whole.name.bytes
        recordName = RecordName(name)
    }

    /// - Parameter ending: a format, or what `ending(_:_:)` makes of one.
    func output(_ ending: String) -> Path {
        folder.appending(Path(base + Array(".\(ending)".utf8)))
    }

    /// The endings that an output of a format can have: `srt`, `new.srt`, `new-2.srt` and so on.
    static func ending(_ format: String, _ number: Int) -> String {
        switch number {
        case 0: format
        case 1: "new.\(format)"
        default: "new-\(number).\(format)"
        }
    }

    /// Where an output is until it may have its name, if it needs one before.
    func unfinished(_ ending: String) -> Path { hidden(".\(ending).part") }

    /// Finished parts of a long recording.
    var parts: Path { hidden(".vt.parts") }

    private func hidden(_ ending: String) -> Path {
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
