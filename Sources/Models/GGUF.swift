internal import POSIX

/// A file of the format GGUF, which holds a model with all that belongs to it: its head, read and checked.
///
/// The format is that of ggml's docs/gguf.md, versions 2 and 3, little-endian.
struct GGUF {
    /// A value of the head.
    struct Entry {
        var key: String
        /// `ValueType`, of the value or of an array's elements.
        var type: UInt32
        /// The value as the file has it, without its type; an array's begins with the type and number of its elements.
        var bytes: [UInt8]

        /// A whole number of 32 bits; nil for anything else.
        var integer: Int? {
            guard bytes.count == 4, type == ValueType.uint32 || type == ValueType.int32 else { return nil }
            return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }

    struct Tensor {
        var name: String
        /// The fastest-changing one first.
        var dimensions: [Int]
        /// ggml's number of the type.
        var type: UInt32
        /// Where its values are in the file.
        var place: Range<Int>
    }

    enum ValueType {
        static let uint32: UInt32 = 4
        static let int32: UInt32 = 5
        static let float32: UInt32 = 6
        static let bool: UInt32 = 7
        static let string: UInt32 = 8
        static let array: UInt32 = 9
    }

    static let magic: [UInt8] = Array("GGUF".utf8)
    static let float32: UInt32 = 0
    static let float16: UInt32 = 1
    /// What places of tensors are multiples of, unless the head has the key.
    static let alignment = 32
    static let alignmentKey = "general.alignment"

    let file: MappedFile
    private(set) var entries: [Entry] = []
    private(set) var tensors: [Tensor] = []
    /// Whether the sizes of all tensors are known.
    private(set) var isMeasured = true

    /// Reads the head.
    ///
    /// - Throws: `ModelFileError` if the file is not of this format, is damaged, or ends before its tensors do.
    init(_ file: MappedFile) throws(ModelFileError) {
        self.file = file
        do throws(ByteCursor.Ended) {
            try readHead()
        } catch {
            throw ModelFileError(.damaged, file.path, "it is cut off or damaged: its head makes no sense")
        }
        let end = tensors.map(\.place.upperBound).max() ?? 0
        guard end <= file.size else {
            throw ModelFileError(
                .damaged, file.path, "it is cut off: \(file.size) bytes of at least \(end) are there")
        }
    }

    /// A whole number of the head.
    func integer(_ key: String) -> Int? {
        entries.first { $0.key == key }?.integer
    }

    /// A text of the head.
    func text(_ key: String) -> String? {
        guard let entry = entries.first(where: { $0.key == key }), entry.type == ValueType.string,
            entry.bytes.count >= 8
        else { return nil }
        return String(decoding: entry.bytes.dropFirst(8), as: UTF8.self)
    }

    /// What the model is: `whisper`, `parakeet`, ...
    var architecture: String? { text("general.architecture") }

    private mutating func readHead() throws(ByteCursor.Ended) {
        var cursor = ByteCursor(file)
        guard try cursor.bytes(4) == GGUF.magic else { throw ByteCursor.Ended() }
        guard (2...3).contains(try cursor.integer(UInt32.self)) else { throw ByteCursor.Ended() }
        let tensorCount = try cursor.count(UInt64.self)
        let entryCount = try cursor.count(UInt64.self)
        for _ in 0..<entryCount {
            let key = try GGUF.string(&cursor)
            let type = try cursor.integer(UInt32.self)
            let begin = cursor.position
            try GGUF.skipValue(type, &cursor)
            var value = ByteCursor(file, at: begin)
            entries.append(Entry(key: key, type: type, bytes: try value.bytes(cursor.position - begin)))
        }
        var found: [(tensor: Tensor, offset: Int, size: Int)] = []
        for _ in 0..<tensorCount {
            let name = try GGUF.string(&cursor)
            let rank = try cursor.integer(UInt32.self)
            guard rank <= 4 else { throw ByteCursor.Ended() }
            var dimensions: [Int] = []
            var elements = 1
            for _ in 0..<rank {
                guard let size = Int(exactly: try cursor.integer(UInt64.self)) else { throw ByteCursor.Ended() }
                let (product, isTooMuch) = elements.multipliedReportingOverflow(by: size)
                guard !isTooMuch else { throw ByteCursor.Ended() }
                elements = product
                dimensions.append(size)
            }
            let type = try cursor.integer(UInt32.self)
            guard let offset = Int(exactly: try cursor.integer(UInt64.self)), offset < 1 << 60, elements < 1 << 56
            else { throw ByteCursor.Ended() }
            // Of a type that is not known only the beginning can be checked.
            let size = GGUF.bytes(of: elements, type)
            if size == nil { isMeasured = false }
            found.append((Tensor(name: name, dimensions: dimensions, type: type, place: 0..<0), offset, size ?? 0))
        }
        let alignment = max(integer(GGUF.alignmentKey) ?? GGUF.alignment, 1)
        let start = (cursor.position + alignment - 1) / alignment * alignment
        tensors = found.map { tensor, offset, size in
            var tensor = tensor
            tensor.place = start + offset..<start + offset + size
            return tensor
        }
    }

    private static func string(_ cursor: inout ByteCursor) throws(ByteCursor.Ended) -> String {
        let count = try cursor.count(UInt64.self)
        return String(decoding: try cursor.bytes(count), as: UTF8.self)
    }

    private static func skipValue(_ type: UInt32, _ cursor: inout ByteCursor) throws(ByteCursor.Ended) {
        switch type {
        case ValueType.string:
            try cursor.skip(try cursor.count(UInt64.self))
        case ValueType.array:
            let element = try cursor.integer(UInt32.self)
            let count = try cursor.count(UInt64.self)
            if let size = size(of: element) {
                try cursor.skip(count * size)
            } else {
                // An array of arrays is not to be met in models.
                guard element == ValueType.string else { throw ByteCursor.Ended() }
                for _ in 0..<count { try skipValue(element, &cursor) }
            }
        default:
            guard let size = size(of: type) else { throw ByteCursor.Ended() }
            try cursor.skip(size)
        }
    }

    /// Bytes of a value of a type of fixed size.
    private static func size(of type: UInt32) -> Int? {
        switch type {
        case 0, 1, 7: 1
        case 2, 3: 2
        case 4, 5, 6: 4
        case 10, 11, 12: 8
        default: nil
        }
    }

    /// Bytes of so many values of a tensor; nil for a type that is not known here. Blocks and their sizes are those of ggml.h.
    static func bytes(of elements: Int, _ type: UInt32) -> Int? {
        let blocks: [UInt32: (elements: Int, bytes: Int)] = [
            0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36),
            10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
            24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2),
        ]
        guard let block = blocks[type] else { return nil }
        return (elements + block.elements - 1) / block.elements * block.bytes
    }
}

/// Why a file is not a model that can be used.
package struct ModelFileError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// It can't be read.
        case unreadable
        /// It is something else.
        case notAModel
        /// It is cut off, or not as it should be.
        case damaged
        /// What is made of it can't be written.
        case unwritable
    }

    package let code: Code
    package let path: String
    /// Without the path.
    package let reason: String

    init(_ code: Code, _ path: String, _ reason: String) {
        (self.code, self.path, self.reason) = (code, path, reason)
    }

    package var description: String { "\(path): \(reason)" }
}
