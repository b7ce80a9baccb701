import Audio
import Glibc
import Harness
import POSIX
import Testing

@Suite struct WAVWriting {
    static let formats: [AudioFormat] = SampleFormat.allCases.flatMap { sampleFormat in
        [1, 2, 6].map { AudioFormat(sampleRate: 48000, channels: $0, sampleFormat: sampleFormat) }
    }

    /// Writes a file; the header is finished where the caller says so.
    func write(
        _ data: [UInt8], _ format: AudioFormat, to path: String, flags: CInt = O_TRUNC, finish: Bool = true
    ) throws {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | flags)
        var writer = try WAVWriter(file.number, format: format, name: path)
        try data.withUnsafeBytes { try writer.write($0) }
        if finish { try writer.finish() }
    }

    @Test func aStreamHeaderOfSpeechIs44Bytes() {
        let expected =
            Array("RIFF".utf8) + [255, 255, 255, 255] + Array("WAVEfmt ".utf8) + bytes(UInt32(16)) + formatBody()
            + Array("data".utf8) + [255, 255, 255, 255]
        #expect(WAVHeader.streaming(.speech) == expected)
        #expect(expected.count == 44)
    }

    @Test(arguments: formats)
    func whatIsWrittenIsReadBack(format: AudioFormat) throws {
        let directory = try TemporaryDirectory()
        let data = (0..<format.bytesPerFrame * 3).map { UInt8(truncatingIfNeeded: $0) }
        for finish in [true, false] {
            try write(data, format, to: directory("a.wav"), finish: finish)
            let reading = try read(DescriptorSource(path: directory("a.wav")), strict: true)
            #expect(reading.format == format)
            #expect(reading.data == data)
            #expect(reading.declaredFrames == (finish ? 3 : nil))
        }
        let stream = try read(WAVHeader.streaming(format) + data, strict: true)
        #expect(stream.format == format)
        #expect(stream.data == data)
    }

    @Test func sizesAndPaddingAreThoseOfTheFile() throws {
        let directory = try TemporaryDirectory()
        let format = AudioFormat(sampleRate: 8000, channels: 1, sampleFormat: .u8)
        try write([1, 2, 3], format, to: directory("odd.wav"))
        let file = try contents(of: directory("odd.wav"))
        #expect(file.count == 80 + 4)
        #expect(file[4..<8] == bytes(UInt32(file.count - 8))[...])
        #expect(file[76..<80] == bytes(UInt32(3))[...])
        #expect(try read(file, regular: true, strict: true).data == [1, 2, 3])
    }

    @Test func aPipeGetsAStream() throws {
        let pipe = try Descriptor.pipe()
        var writer = try WAVWriter(pipe.writing.number, format: .speech, name: "pipe")
        try ([1, 2] as [UInt8]).withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        var buffer = [UInt8](repeating: 0, count: 1000)
        let count = try buffer.withUnsafeMutableBytes { try readOnce(pipe.reading.number, into: $0) }
        #expect(Array(buffer[..<44]) == WAVHeader.streaming(.speech))
        #expect(count == 44 + writer.dataBytes)
    }

    @Test func aFileOpenToAppendGetsAStreamBehindWhatIsThere() throws {
        let directory = try TemporaryDirectory()
        try Harness.write([9, 9], to: directory("log"))
        try write([1, 2], .speech, to: directory("log"), flags: O_APPEND)
        #expect(try contents(of: directory("log")) == [9, 9] + WAVHeader.streaming(.speech) + [1, 2])
    }

    @Test func aFileThatBeganBeforeKeepsItsBeginning() throws {
        let directory = try TemporaryDirectory()
        let file = try Descriptor.open(directory("f"), O_RDWR | O_CREAT)
        try writeAll(file.number, "before")
        var writer = try WAVWriter(file.number, format: .speech, name: "f")
        try ([1, 2, 3, 4] as [UInt8]).withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        let written = try contents(of: directory("f"))
        #expect(Array(written[..<6]) == Array("before".utf8))
        #expect(try read(Array(written[6...]), regular: true).declaredFrames == 2)
    }

    @Test func beyondFourGiBytesItIsRF64() throws {
        let directory = try TemporaryDirectory()
        let path = directory("long.wav")
        // 4 GiB of silence that takes no room on the disk.
        let file = try Descriptor.open(path, O_RDWR | O_CREAT)
        var writer = try WAVWriter(file.number, format: .speech, name: path)
        let length = 1 << 32
        #expect(lseek(file.number, length, SEEK_CUR) > 0)
        try bytes([7, 8] as [Int16]).withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        #expect(writer.dataBytes == length + 4)
        #expect(fcntl(file.number, F_GETFL) >= 0)
        let reader = try AudioReader(DescriptorSource(path: path), name: path)
        #expect(reader.format == .speech)
        #expect(reader.declaredFrames == length / 2 + 2)
        var header = [UInt8](repeating: 0, count: 80)
        #expect(pread(file.number, &header, 80, 0) == 80)
        #expect(Array(header[..<4]) == Array("RF64".utf8))
        #expect(Array(header[12..<16]) == Array("ds64".utf8))
        #expect(header[20..<28] == bytes(UInt64(length + 4 + 72))[...])
    }

    @Test func theLargestThatIsNoRF64() {
        let most = Int(UInt32.max) - 72 - 1
        #expect(Array(WAVHeader.file(.speech, dataBytes: most - 1)[..<4]) == Array("RIFF".utf8))
        #expect(Array(WAVHeader.file(.speech, dataBytes: most + 1)[..<4]) == Array("RF64".utf8))
        let lengths = Set([nil, 0, most - 1, most + 1, 1 << 40].map { WAVHeader.file(.speech, dataBytes: $0).count })
        #expect(lengths == [80])
    }

    @Test func afterAFullDiskTheSizesSayWhatIsThere() throws {
        let directory = try TemporaryDirectory()
        try #require(mkdir(directory("disk"), 0o700) == 0)
        try withSmallDisk(directory("disk"), bytes: 64 << 10) {
            let path = directory("disk/a.wav")
            let file = try Descriptor.open(path, O_RDWR | O_CREAT)
            var writer = try WAVWriter(file.number, format: .speech, name: path)
            let data = [UInt8](repeating: 5, count: 100_000)
            let error = #expect(throws: SystemError.self) { try data.withUnsafeBytes { try writer.write($0) } }
            #expect(error?.code == ENOSPC)
            try writer.finish()
            let reading = try read(DescriptorSource(path: path), strict: true)
            #expect(reading.declaredFrames == reading.data.count / 2)
            #expect(reading.data.count > 60000)
        }
    }

    @Test func nobodyReading() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Descriptor.pipe()
        let writing = try pipe.writing.duplicate()
        _ = consume pipe
        let error = #expect(throws: SystemError.self) {
            _ = try WAVWriter(writing.number, format: .speech, name: "pipe")
        }
        #expect(error?.code == EPIPE)
    }
}

/// A file system of so many bytes on a folder, while the body runs. Skips the body where none can be mounted.
func withSmallDisk(_ path: String, bytes: Int, _ body: () throws -> Void) throws {
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
        try Test.cancel("cannot mount a tmpfs: \(String(cString: strerror(errno)))")
    }
    defer { umount2(path, CInt(MNT_DETACH)) }
    try body()
}
