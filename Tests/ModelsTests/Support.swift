import Harness

@testable import Models

/// Little-endian bytes, written here without the code that is tested.
func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A text as GGUF has it.
func counted(_ text: String) -> [UInt8] { little(UInt64(text.utf8.count)) + text.utf8 }

/// The same numbers on every machine.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func callAsFunction(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % sides
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(self(256)) } }
}

/// A file of the format GGUF, byte by byte.
struct TinyGGUF {
    var version: UInt32 = 3
    var alignment = 32
    /// Keys with a type and the value's bytes.
    var entries: [(key: String, type: UInt32, value: [UInt8])] = []
    var tensors: [(name: String, dimensions: [Int], type: UInt32, data: [UInt8])] = []

    mutating func add(_ key: String, _ value: UInt32) { entries.append((key, 4, little(value))) }
    mutating func add(_ key: String, _ value: String) { entries.append((key, 8, counted(value))) }

    var bytes: [UInt8] {
        var head = Array("GGUF".utf8) + little(version)
        head += little(UInt64(tensors.count)) + little(UInt64(entries.count))
        for entry in entries { head += counted(entry.key) + little(entry.type) + entry.value }
        var body: [UInt8] = []
        for tensor in tensors {
            body += [UInt8](repeating: 0, count: (alignment - body.count % alignment) % alignment)
            head += counted(tensor.name) + little(UInt32(tensor.dimensions.count))
            for size in tensor.dimensions { head += little(UInt64(size)) }
            head += little(tensor.type) + little(UInt64(body.count))
            body += tensor.data
        }
        return head + [UInt8](repeating: 0, count: (alignment - head.count % alignment) % alignment) + body
    }

    /// One with every kind of value and a few tensors, which ends with its last one.
    static func example() -> TinyGGUF {
        var dice = Dice(1)
        var file = TinyGGUF()
        file.add("general.architecture", "example")
        file.add("a.number", 7)
        for (type, size) in [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8] {
            file.entries.append(("of.type.\(type)", UInt32(type), dice.bytes(size)))
            file.entries.append(
                ("array.of.\(type)", 9, little(UInt32(type)) + little(UInt64(3)) + dice.bytes(3 * size)))
        }
        file.entries.append(
            ("array.of.texts", 9, little(UInt32(8)) + little(UInt64(2)) + counted("eins") + counted("")))
        file.entries.sort { $0.key < $1.key }
        file.tensors = [
            ("one", [5, 3], 0, dice.bytes(60)), ("two", [4], 1, dice.bytes(8)), ("three", [64, 2], 8, dice.bytes(136)),
            ("none", [0], 0, []), ("scalar", [], 0, dice.bytes(4)),
        ]
        return file
    }
}

extension GGUF {
    /// The bytes of a tensor.
    func data(_ name: String) -> [UInt8]? {
        tensors.first { $0.name == name }.map { tensor in file.withBytes(in: tensor.place) { Array($0) } }
    }

    func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }
}

extension GGUF.Entry {
    /// Type and value.
    var typed: [UInt8] { little(type) + bytes }
}

extension TemporaryDirectory {
    /// Writes a file and maps it.
    func map(_ bytes: [UInt8], _ name: String = "file") throws -> MappedFile {
        try write(bytes, to: self(name))
        return try MappedFile(self(name))
    }

    /// The error of a look at a file with these bytes; nil if it is sound.
    func problem(_ bytes: [UInt8]) throws -> ModelFileError.Code? {
        try write(bytes, to: self("file"))
        do throws(ModelFileError) {
            _ = try ModelFormat.check(self("file"))
            return nil
        } catch {
            return error.code
        }
    }
}
