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

/// A line of a folder's records: which outputs of an input vt has made, and for which file, engine and options they are complete.
///
/// `2 CHECK STAMP CONTENT STATUS NAME ENDING:BYTES:HASH... {JSON}`, with a line feed; the JSON is for people and their programs.
/// A later line of the same name counts instead of an earlier one. A line of another version, or whose CHECK is not that of the
/// fields behind it, is no record.
struct CompletionRecord: Equatable {
    /// A file that vt has written.
    struct Output: Equatable {
        /// What follows the input's name and a dot: `srt`, or `new.srt` where a file that is not vt's had that name.
        let ending: String
        /// Bytes of the file, by which half a file is told from a whole one after a crash of the machine.
        let size: Int
        /// Of its content, by which a file that somebody has changed is told from vt's own.
        let hash: ContentHash
        var place = Place.named

        /// Whether it counts as an output of the record's stamp, and where it is between the record and its name.
        enum Place: Equatable {
            case named
            /// `*`: until it has its name it has the hidden one; with the hash of the file that it replaces, if it does.
            case hidden(replacing: ContentHash?)
            /// `~`: vt made it, for another engine or other options.
            case old
        }

        var isOld: Bool { place == .old }

        /// Whether it is one of a format: `new.srt` is of srt.
        func isOf(format: String) -> Bool { ending == format || ending.hasSuffix("." + format) }

        /// The same as one of another stamp.
        var asOld: Output { Output(ending: ending, size: size, hash: hash, place: .old) }
    }

    /// Nil: what was complete before is not any more.
    let stamp: String?
    /// What the stamp would be if the file's time were not in it but its content; nil if that is not known.
    var content: String?
    /// How it ended: 0; 1 if there was no speech; 65 if the recording is damaged.
    let status: Int
    let outputs: [Output]

    /// Others are no result of a recording that was transcribed.
    private static let statuses = [0, 1, 65]
    private static let version = UInt8(ascii: "2")
    private static let space = UInt8(ascii: " ")

    init(stamp: String?, content: String? = nil, status: Int, outputs: [Output]) {
        self.stamp = stamp
        self.content = content
        self.status = status
        self.outputs = outputs
    }

    /// What takes back what an earlier line says; the files stay vt's.
    static func withdrawn(_ outputs: [Output]) -> CompletionRecord {
        CompletionRecord(stamp: nil, status: 0, outputs: outputs.map(\.asOld))
    }
}

// MARK: The line

extension CompletionRecord {
    /// The fields of a line that is whole and undamaged, as far as its JSON: version, check, stamp, content, status, name, outputs.
    ///
    /// - Parameter line: without its line feed, or its beginning, with the JSON's first byte at least.
    private static func fields(of line: UnsafeRawBufferPointer) -> [Slice<UnsafeRawBufferPointer>]? {
        guard line.count > 4, line[0] == version, line[1] == space else { return nil }
        // No field before the JSON begins with a brace but the name, which is the sixth.
        var (fields, start) = ([Slice<UnsafeRawBufferPointer>](), 0)
        while fields.count < 6 || line[start] != UInt8(ascii: "{") {
            guard let end = line[start...].firstIndex(of: space), end > start, end + 1 < line.count else { return nil }
            fields.append(line[start..<end])
            start = end + 1
        }
        guard fields[1].elementsEqual(check(line[fields[2].startIndex..<start]).utf8) else { return nil }
        return fields
    }

    /// Eight hexadecimal digits of everything behind them, as far as the JSON.
    private static func check(_ bytes: some Sequence<UInt8>) -> String {
        // FNV-1a of 64 bits, folded.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(UInt32(truncatingIfNeeded: hash ^ hash >> 32), radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// The name in a line, encoded; nil if it is no record.
    ///
    /// - Parameter line: without its line feed.
    static func name(in line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        fields(of: line).map { UnsafeRawBufferPointer(rebasing: $0[5]) }
    }

    /// - Parameters:
    ///   - line: all of one, or its beginning as far as the JSON; less of it is no record.
    ///   - name: whose it should be; nil is the result if it isn't.
    init?(_ line: UnsafeRawBufferPointer, of name: RecordName) {
        let end = line.firstIndex(of: UInt8(ascii: "\n")) ?? line.count
        guard let fields = CompletionRecord.fields(of: UnsafeRawBufferPointer(rebasing: line[..<end])),
            fields[5].elementsEqual(name.encoded)
        else { return nil }
        func text(_ field: Slice<UnsafeRawBufferPointer>) -> String { String(decoding: field, as: UTF8.self) }
        func stamp(_ field: Slice<UnsafeRawBufferPointer>) -> String? {
            field.elementsEqual("-".utf8) ? nil : text(field)
        }
        guard let status = Int(text(fields[4])), CompletionRecord.statuses.contains(status) else { return nil }
        var outputs: [Output] = []
        for field in fields[6...] {
            guard let output = Output(text(field)) else { return nil }
            outputs.append(output)
        }
        self.init(stamp: stamp(fields[2]), content: stamp(fields[3]), status: status, outputs: outputs)
    }

    /// The line, with its line feed.
    ///
    /// - Parameter facts: a JSON object, without a line feed.
    func line(of name: RecordName, facts: String = "{}") -> [UInt8] {
        var fields = Array("\(stamp ?? "-") \(content ?? "-") \(status) ".utf8)
        fields.reserveCapacity(facts.utf8.count + name.encoded.count + 160)
        fields += name.encoded
        for output in outputs { fields += " \(output.field)".utf8 }
        fields.append(CompletionRecord.space)
        let check = CompletionRecord.check(fields)
        return [CompletionRecord.version, CompletionRecord.space] + check.utf8 + [CompletionRecord.space] + fields
            + facts.utf8 + [UInt8(ascii: "\n")]
    }
}

extension CompletionRecord.Output {
    fileprivate init?(_ field: String) {
        let parts = field.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let size = Int(parts[1]), size >= 0,
            let hash = ContentHash(parts[2].prefix(16))
        else { return nil }
        let place: Place
        switch parts[2].dropFirst(16) {
        case "": place = .named
        case "~": place = .old
        case "*": place = .hidden(replacing: nil)
        case let rest:
            guard rest.first == "*", let old = ContentHash(rest.dropFirst()) else { return nil }
            place = .hidden(replacing: old)
        }
        self.init(ending: String(parts[0]), size: size, hash: hash, place: place)
    }

    fileprivate var field: String {
        let mark =
            switch place {
            case .named: ""
            case .old: "~"
            case .hidden(let old): "*" + (old?.description ?? "")
            }
        return "\(ending):\(size):\(hash)\(mark)"
    }
}
