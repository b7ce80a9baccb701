internal import POSIX

/// What the records of an output folder call an input.
struct RecordName: Equatable {
    /// The name of its outputs, relative to the folder; bytes that would end a field are `%` and two hexadecimal digits.
    let encoded: [UInt8]

    init(_ name: Path) {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(name.bytes.count)
        for byte in name.bytes {
            if byte > 0x20, byte != UInt8(ascii: "%"), byte != 0x7F {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(RecordName.digit(byte >> 4))
                encoded.append(RecordName.digit(byte & 15))
            }
        }
        self.encoded = encoded
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// Different names have the same only by a chance of one in 2^64 for each pair; who finds something by it looks at the name.
    static func key(_ encoded: some Sequence<UInt8>) -> UInt64 {
        var stamp = Stamp()
        stamp.add(encoded)
        return stamp.short
    }

    var key: UInt64 { RecordName.key(encoded) }
}

/// A line of a folder's records: that an input's outputs are complete, and for which file, engine and options.
///
/// `1 STAMP STATUS NAME FORMAT:BYTES... {JSON}`, with a line feed; the JSON is for people and their programs. A later line of
/// the same name counts instead of an earlier one. A line of another version is none.
struct CompletionRecord: Equatable {
    struct Output: Equatable {
        let format: String
        /// Bytes of the file, by which half a file is told from a whole one after a crash of the machine.
        let size: Int
        /// Whether it takes the place of an older output, `FORMAT:BYTES*`: until it does, it has a hidden name.
        var isReplacement = false
    }

    /// Nil: what was complete before is not any more.
    let stamp: String?
    /// How it ended: 0, or 1 where there was no speech.
    let status: Int
    let outputs: [Output]

    private static let version = UInt8(ascii: "1")
    private static let space = UInt8(ascii: " ")

    init(stamp: String?, status: Int, outputs: [Output]) {
        self.stamp = stamp
        self.status = status
        self.outputs = outputs
    }

    /// What takes back what an earlier line says.
    static let withdrawn = CompletionRecord(stamp: nil, status: 0, outputs: [])

    /// The name in a line, encoded; nil where this is no record.
    ///
    /// - Parameter line: without its line feed.
    static func name(in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard line.count > 4, line[0] == version, line[1] == space else { return nil }
        var start = 2
        for _ in 0..<2 {
            guard let end = line[start...].firstIndex(of: space) else { return nil }
            start = end + 1
        }
        let end = line[start...].firstIndex(of: space) ?? line.count
        return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }

    /// - Parameters:
    ///   - line: all of one, or its beginning as far as the JSON; less of it is none.
    ///   - name: whose it should be; nil is the result where it isn't.
    init?(_ line: UnsafeRawBufferPointer, of name: RecordName) {
        guard let found = CompletionRecord.name(in: line), found.elementsEqual(name.encoded) else { return nil }
        let end = line.firstIndex(of: UInt8(ascii: "\n"))
        let fields = line[..<(end ?? line.count)].split(separator: CompletionRecord.space)
        stamp = fields[1].elementsEqual("-".utf8) ? nil : String(decoding: fields[1], as: UTF8.self)
        guard let status = Int(String(decoding: fields[2], as: UTF8.self)) else { return nil }
        self.status = status
        var outputs: [Output] = []
        var isWhole = end != nil
        for field in fields[4...] {
            if field.first == UInt8(ascii: "{") {
                isWhole = true
                break
            }
            let parts = String(decoding: field, as: UTF8.self).split(separator: ":")
            guard parts.count == 2, let size = Int(parts[1].prefix { $0 != "*" }) else { return nil }
            outputs.append(Output(format: String(parts[0]), size: size, isReplacement: parts[1].last == "*"))
        }
        guard isWhole else { return nil }
        self.outputs = outputs
    }

    /// The line, with its line feed.
    ///
    /// - Parameter facts: a JSON object, without a line feed.
    func line(of name: RecordName, facts: String = "{}") -> [UInt8] {
        var line: [UInt8] = [CompletionRecord.version, CompletionRecord.space]
        line.reserveCapacity(facts.utf8.count + name.encoded.count + 80)
        line += (stamp ?? "-").utf8
        line += " \(status) ".utf8
        line += name.encoded
        for output in outputs {
            line += " \(output.format):\(output.size)".utf8
            if output.isReplacement { line.append(UInt8(ascii: "*")) }
        }
        line.append(CompletionRecord.space)
        line += facts.utf8
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
