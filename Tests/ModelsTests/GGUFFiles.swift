import Harness
import Testing

@testable import Models

@Suite struct GGUFFiles {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test(arguments: [32, 1, 8, 64, 100]) func isReadAsItWasWritten(alignment: Int) throws {
        var example = TinyGGUF.example()
        example.alignment = alignment
        if alignment != 32 { example.add("general.alignment", UInt32(alignment)) }
        let file = try GGUF(directory.map(example.bytes))
        #expect(file.entries.map(\.key) == example.entries.map(\.key))
        #expect(file.entries.map(\.typed) == example.entries.map { little($0.type) + $0.value })
        #expect(file.tensors.map(\.name) == example.tensors.map(\.name))
        #expect(file.tensors.map(\.dimensions) == example.tensors.map(\.dimensions))
        for tensor in example.tensors { #expect(file.data(tensor.name) == tensor.data) }
        #expect(file.isMeasured)
        #expect(file.architecture == "example")
        #expect(file.integer("a.number") == 7)
        #expect(file.integer("general.architecture") == nil)
        #expect(file.integer("of.type.7") == nil)
        #expect(file.text("a.number") == nil)
        #expect(file.text("nothing") == nil)
    }

    @Test(arguments: [1, 4, 0, 0x0300_0000] as [UInt32]) func anotherVersionIsNotRead(version: UInt32) throws {
        var example = TinyGGUF.example()
        example.version = 2
        #expect(try directory.problem(example.bytes) == nil)
        example.version = version
        #expect(try directory.problem(example.bytes) == .damaged)
    }

    @Test func whatIsSomethingElse() throws {
        #expect(try directory.problem(Array("GGML".utf8) + TinyGGUF.example().bytes.dropFirst(4)) == .notAModel)
        #expect(try directory.problem(Array("<!DOCTYPE html>".utf8)) == .notAModel)
        #expect(try directory.problem(Array("GG".utf8)) == .notAModel)
        #expect(try directory.problem([]) == .unreadable)
        #expect(throws: ModelFileError.self) { try ModelFormat.check(directory.path) }
        #expect(throws: ModelFileError.self) { try ModelFormat.check(directory("nowhere")) }
    }

    /// Cut anywhere, it is damaged: the last tensor ends the file.
    @Test func isCutOff() throws {
        var example = TinyGGUF.example()
        example.tensors.removeAll { $0.data.isEmpty }
        let whole = example.bytes
        #expect(try directory.problem(whole) == nil)
        #expect(try directory.problem(whole + [0]) == nil)
        for length in 1..<whole.count {
            #expect(try directory.problem(Array(whole[..<length])) == (length < 4 ? .notAModel : .damaged), "\(length)")
        }
    }

    /// Numbers that no file can keep to.
    @Test func absurdNumbers() throws {
        let (magic, version) = (Array("GGUF".utf8), little(UInt32(3)))
        for count in [1 << 20, UInt64(Int.max), .max, 1 << 63] {
            #expect(try directory.problem(magic + version + little(count) + little(UInt64(0))) == .damaged)
            #expect(try directory.problem(magic + version + little(UInt64(0)) + little(count)) == .damaged)
            let one = magic + version + little(UInt64(0)) + little(UInt64(1))
            #expect(try directory.problem(one + little(count) + little(UInt32(4))) == .damaged)
            for element in 0...13 as ClosedRange<UInt32> {
                let array = counted("a") + little(UInt32(9)) + little(element) + little(count)
                #expect(try directory.problem(one + array + [1, 2, 3]) == .damaged)
            }
            #expect(try directory.problem(one + counted("a") + little(UInt32(8)) + little(count)) == .damaged)
        }
        let one = magic + version + little(UInt64(0)) + little(UInt64(1))
        for type in [13, 255, .max] as [UInt32] {
            #expect(try directory.problem(one + counted("a") + little(type) + little(UInt64(0))) == .damaged)
        }
        // An array of arrays.
        let nested = little(UInt32(9)) + little(UInt64(1)) + little(UInt32(0)) + little(UInt64(1)) + [0]
        #expect(try directory.problem(one + counted("a") + little(UInt32(9)) + nested) == .damaged)
    }

    @Test(
        arguments: [
            ([1 << 62, 4], 0), ([1 << 40, 1 << 40], 0), ([-1], 0), ([1 << 56], 0), ([1 << 55], 27), ([1 << 55], 15),
            ([1, 1, 1, 1, 1], 0), ([1000], 0),
        ] as [([Int], UInt32)])
    func absurdTensors(dimensions: [Int], type: UInt32) throws {
        var file = TinyGGUF()
        let marked = 0x0123_4567_89AB_CDEF
        file.tensors = [("a", dimensions.map { $0 < 0 ? marked : $0 }, type, [0])]
        // All ones in the file.
        let bytes = replacing(little(UInt64(marked)), with: little(UInt64.max), in: file.bytes)
        #expect(try directory.problem(bytes) == .damaged)
    }

    @Test func absurdPlaces() throws {
        var file = TinyGGUF()
        file.tensors = [("a", [1], 0, [0, 0, 0, 0])]
        let whole = file.bytes
        #expect(try directory.problem(whole) == nil)
        // The offset is the last number of the head.
        let place = 24 + 9 + 4 + 8 + 4
        for offset in [UInt64(32), 1 << 60, UInt64(Int.max), .max, 1 << 63] {
            var bytes = whole
            bytes.replaceSubrange(place..<place + 8, with: little(offset))
            #expect(try directory.problem(bytes) == .damaged)
        }
    }

    @Test func aTypeThatIsNotKnownHasNoSize() throws {
        var file = TinyGGUF()
        file.tensors = [("a", [1 << 40], 99, [1, 2, 3])]
        let read = try GGUF(directory.map(file.bytes))
        #expect(!read.isMeasured)
        #expect(read.tensors.first?.place.isEmpty == true)
    }

    /// Sizes of ggml's blocks.
    @Test(
        arguments: [
            (0, 256, 1024), (1, 256, 512), (2, 256, 144), (3, 256, 160), (6, 256, 176), (7, 256, 192), (8, 256, 272),
            (10, 256, 84), (11, 256, 110), (12, 256, 144), (13, 256, 176), (14, 256, 210), (15, 256, 292),
            (30, 256, 512),
            (12, 257, 288), (8, 1, 34),
        ] as [(UInt32, Int, Int)])
    func sizesOfTypes(type: UInt32, elements: Int, bytes: Int) {
        #expect(GGUF.bytes(of: elements, type) == bytes)
    }

    /// Whatever bytes there are: an error, or a head whose tensors lie in the file.
    @Test func damagedAnywhere() throws {
        let whole = TinyGGUF.example().bytes
        var dice = Dice(7)
        var sound = 0
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0...dice(3) {
                bytes[dice(bytes.count)] = [0, 0xFF, 0x7F, 0x80, UInt8(dice(256))][dice(5)]
            }
            guard let read = try? GGUF(directory.map(bytes)) else { continue }
            sound += 1
            for tensor in read.tensors { #expect(tensor.place.upperBound <= bytes.count) }
        }
        #expect(sound > 100)
    }

    @Test(arguments: [32, 64, 8]) func writesWhatItRead(alignment: Int) throws {
        var example = TinyGGUF.example()
        example.alignment = alignment
        if alignment != 32 { example.add("general.alignment", UInt32(alignment)) }
        let read = try GGUF(directory.map(example.bytes))
        var writer = GGUFWriter()
        for entry in read.entries { writer.add(entry) }
        for tensor in read.tensors {
            writer.addTensor(
                tensor.name, tensor.dimensions, type: tensor.type,
                tensor.name == "one" ? .bytes(try #require(read.data("one"))) : .part(of: read.file, tensor.place))
        }
        try writer.write(to: directory("copy"))
        // The last tensor is padded, too.
        let copy = try contents(of: directory("copy"))
        #expect(copy.count % alignment == 0)
        #expect(copy.starts(with: example.bytes))
        #expect(copy.dropFirst(example.bytes.count).allSatisfy { $0 == 0 })
    }

    @Test func writesEachKindOfValue() throws {
        var writer = GGUFWriter()
        writer.add("number", UInt32(0xFEDC_BA98))
        writer.add("yes", true)
        writer.add("no", false)
        writer.add("text", "Grüße 🎉")
        writer.add("numbers", [1, -1, .max] as [Int32])
        writer.add("texts", ["", "a", "ß"])
        try writer.write(to: directory("file"))
        let read = try GGUF(MappedFile(directory("file")))
        #expect(read.integer("number") == 0xFEDC_BA98)
        #expect(read.text("text") == "Grüße 🎉")
        #expect(read.entry("yes")?.typed == little(UInt32(7)) + [1])
        #expect(read.entry("no")?.typed == little(UInt32(7)) + [0])
        let numbers = [1, -1, .max] as [Int32]
        #expect(
            read.entry("numbers")?.typed == little(UInt32(9)) + little(UInt32(5)) + little(UInt64(3))
                + numbers.flatMap { little($0) })
        #expect(
            read.entry("texts")?.bytes == little(UInt32(8)) + little(UInt64(3)) + counted("") + counted("a")
                + counted("ß"))
    }

    private func replacing(_ old: [UInt8], with new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: old) }) else { return bytes }
        return bytes[..<place] + new + bytes[(place + old.count)...]
    }
}
