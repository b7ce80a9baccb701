internal import POSIX

/// What is written beside an input's outputs when they are complete: for which input, engine and options they are.
///
/// Its first line is for us, and quick to read: `vt-transcript 1 STAMP STATUS FORMAT:BYTES...`. What follows is for people and
/// their programs, one JSON object.
struct CompletionRecord: Equatable {
    struct Output: Equatable {
        let format: String
        /// Bytes of the file, by which half a file is told from a whole one after a crash of the machine.
        let size: Int
    }

    let stamp: String
    /// 0, or 1 where there was no speech.
    let status: Int
    let outputs: [Output]

    private static let magic = "vt-transcript"
    private static let version = "1"

    init(stamp: Stamp, status: Int, outputs: [Output]) {
        self.stamp = stamp.description
        self.status = status
        self.outputs = outputs
    }

    /// Reads the first line.
    ///
    /// - Parameter bytes: the beginning of the file.
    init?(_ bytes: some Collection<UInt8>) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let fields = bytes[..<end].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count >= 4, fields[0] == CompletionRecord.magic, fields[1] == CompletionRecord.version,
            let status = Int(fields[3])
        else { return nil }
        stamp = fields[2]
        self.status = status
        var outputs: [Output] = []
        for field in fields[4...] {
            let parts = field.split(separator: ":")
            guard parts.count == 2, let size = Int(parts[1]) else { return nil }
            outputs.append(Output(format: String(parts[0]), size: size))
        }
        self.outputs = outputs
    }

    /// The first line, with its line feed.
    var line: String {
        let fields =
            [CompletionRecord.magic, CompletionRecord.version, stamp, String(status)]
            + outputs.map { "\($0.format):\($0.size)" }
        return fields.joined(separator: " ") + "\n"
    }
}
