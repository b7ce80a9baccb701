internal import Glibc
internal import POSIX

/// Writes a file of the format GGUF, version 3.
struct GGUFWriter {
    private var entries: [GGUF.Entry] = []
    private var tensors: [Tensor] = []

    private struct Tensor {
        var name: String
        var dimensions: [Int]
        var type: UInt32
        var content: Content
    }

    enum Content {
        case bytes([UInt8])
        case part(of: MappedFile, Range<Int>)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .part(_, let range): range.count
            }
        }
    }

    /// What places of tensors are multiples of: the format's own, unless the head says another.
    private var alignment = GGUF.alignment

    /// Adds an entry of another file.
    mutating func add(_ entry: GGUF.Entry) {
        entries.append(entry)
        if entry.key == GGUF.alignmentKey, let number = entry.integer { alignment = max(number, 1) }
    }

    mutating func add(_ key: String, _ value: UInt32) {
        entries.append(GGUF.Entry(key: key, type: GGUF.ValueType.uint32, bytes: GGUFWriter.bytes(value)))
    }

    mutating func add(_ key: String, _ value: Bool) {
        entries.append(GGUF.Entry(key: key, type: GGUF.ValueType.bool, bytes: [value ? 1 : 0]))
    }

    mutating func add(_ key: String, _ value: String) {
        entries.append(GGUF.Entry(key: key, type: GGUF.ValueType.string, bytes: GGUFWriter.string(value.utf8)))
    }

    mutating func add(_ key: String, _ values: [Int32]) {
        let head = GGUFWriter.bytes(GGUF.ValueType.int32) + GGUFWriter.bytes(UInt64(values.count))
        let body = values.flatMap(GGUFWriter.bytes)
        entries.append(GGUF.Entry(key: key, type: GGUF.ValueType.array, bytes: head + body))
    }

    mutating func add(_ key: String, _ values: [String]) {
        var bytes = GGUFWriter.bytes(GGUF.ValueType.string) + GGUFWriter.bytes(UInt64(values.count))
        for value in values { bytes += GGUFWriter.string(value.utf8) }
        entries.append(GGUF.Entry(key: key, type: GGUF.ValueType.array, bytes: bytes))
    }

    mutating func addTensor(_ name: String, _ dimensions: [Int], type: UInt32, _ content: Content) {
        tensors.append(Tensor(name: name, dimensions: dimensions, type: type, content: content))
    }

    /// Writes it all.
    ///
    /// - Throws: `SystemError`; what was written until then stays.
    func write(to path: String) throws(SystemError) {
        let output = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        var head = GGUF.magic + GGUFWriter.bytes(UInt32(3))
        head += GGUFWriter.bytes(UInt64(tensors.count)) + GGUFWriter.bytes(UInt64(entries.count))
        for entry in entries {
            head += GGUFWriter.string(entry.key.utf8) + GGUFWriter.bytes(entry.type) + entry.bytes
        }
        var offset = 0
        for tensor in tensors {
            head += GGUFWriter.string(tensor.name.utf8) + GGUFWriter.bytes(UInt32(tensor.dimensions.count))
            for size in tensor.dimensions { head += GGUFWriter.bytes(UInt64(size)) }
            head += GGUFWriter.bytes(tensor.type) + GGUFWriter.bytes(UInt64(offset))
            offset += padded(tensor.content.count)
        }
        head += [UInt8](repeating: 0, count: padded(head.count) - head.count)
        try writeAll(output.number, head, name: path)
        for tensor in tensors {
            switch tensor.content {
            case .bytes(let bytes): try writeAll(output.number, bytes, name: path)
            case .part(let file, let range):
                var failure: SystemError?
                unsafe file.withBytes(in: range) { bytes in
                    do throws(SystemError) {
                        try unsafe writeAll(output.number, bytes, name: path)
                    } catch {
                        failure = error
                    }
                }
                if let failure { throw failure }
            }
            let count = tensor.content.count
            let padding = [UInt8](repeating: 0, count: padded(count) - count)
            if !padding.isEmpty { try writeAll(output.number, padding, name: path) }
        }
        try retrying("fsync", on: path) { fsync(output.number) }
        try output.close()
    }

    private func padded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    private static func string(_ text: some Collection<UInt8>) -> [UInt8] { bytes(UInt64(text.count)) + text }

    static func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
