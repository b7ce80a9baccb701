import Audio
import Glibc
import Harness
import POSIX
import Testing
import Transcription

private func all(of source: any ByteSource, blockSize: Int = 7) throws -> [UInt8] {
    var result: [UInt8] = []
    var block = [UInt8](repeating: 0, count: blockSize)
    while true {
        let count = try block.withUnsafeMutableBytes { try source.read(into: $0) }
        if count == 0 { return result }
        result += block[..<count]
    }
}

@Suite struct KeptRecordings {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func aReaderFollowsTheWriter() throws {
        let kept = KeptAudio(try Descriptor.temporaryFile())
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let writer = try POSIX.Thread("writer") {
            for start in stride(from: 0, to: bytes.count, by: 1000) {
                bytes[start..<start + 1000].withUnsafeBytes { _ = try? kept.append($0) }
            }
            kept.finish()
        }
        #expect(try all(of: kept.makeSource(), blockSize: 333) == bytes)
        writer.join()
        #expect(try all(of: kept.makeSource()) == bytes, "a second reader begins at the beginning")
    }

    @Test func waitingHasAnEnd() throws {
        let kept = KeptAudio(try Descriptor.temporaryFile())
        let source = kept.makeSource()
        source.limitWaiting(to: .milliseconds(20), untilFirstByte: true)
        var block = [UInt8](repeating: 0, count: 8)
        #expect(throws: KeptAudio.NothingYet.self) { try block.withUnsafeMutableBytes { try source.read(into: $0) } }
        try [1, 2, 3].withUnsafeBytes { _ = try kept.append(UnsafeRawBufferPointer(rebasing: $0[..<3])) }
        #expect(try block.withUnsafeMutableBytes { try source.read(into: $0) } == 3)
    }

    /// Half a header, then half a frame, arrive late: nothing is lost, and nobody waits for long.
    @Test func speechArrivesByteByByte() throws {
        let samples = (0..<500).map { Int16($0 * 13 - 3000) }
        let data = samples.withUnsafeBytes { Array($0) }
        func little(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(value >> (8 * $0) & 255) } }
        let header =
            Array("RIFF".utf8) + little(-1, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2) + little(1, 2)
            + little(16000, 4) + little(32000, 4) + little(2, 2) + little(16, 2) + Array("data".utf8) + little(-1, 4)
        let kept = KeptAudio(try Descriptor.temporaryFile())
        let speech = RecordedSpeech(kept, name: "test", options: .init())
        var heard: [Int16] = []
        var block = [Int16](repeating: 0, count: 64)
        var wasAskedToWait = false
        for (index, byte) in (header + data).enumerated() {
            try [byte].withUnsafeBytes { _ = try kept.append($0) }
            // In the middle of a frame it waits for the rest of it, so ask at whole frames only.
            guard index < header.count || (index - header.count) % 2 == 1 else { continue }
            while let count = try block.withUnsafeMutableBufferPointer({ try speech.read(into: $0, within: .zero) }) {
                heard += block[..<count]
            }
            wasAskedToWait = true
        }
        kept.finish()
        #expect(try block.withUnsafeMutableBufferPointer { try speech.read(into: $0, within: .seconds(20)) } == 0)
        #expect(heard == samples)
        #expect(wasAskedToWait)
    }

    @Test(.enabled(if: access("/dev/full", W_OK) == 0, "needs /dev/full"))
    func whatTheDiskCannotTakeGoesElsewhere() throws {
        let kept = KeptAudio(try Descriptor.open("/dev/full", O_RDWR))
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(try bytes.withUnsafeBytes { try kept.append($0) }?.code == ENOSPC)
        #expect(try bytes.withUnsafeBytes { try kept.append($0) } == nil, "it is said once")
        kept.finish()
        #expect(try all(of: kept.makeSource(), blockSize: 64) == bytes + bytes)
        #expect(kept.consolidate() == 2000, "there is still no room")
    }

    @Test func whatWentElsewhereComesBack() throws {
        let path = directory("a")
        // Writing past the limit fails as on a full disk, and works again when the limit is gone.
        let file = try Descriptor.open(path, O_RDWR | O_CREAT)
        let number = file.number
        let kept = KeptAudio(file)
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        try bytes.withUnsafeBytes { _ = try kept.append($0) }
        // The file becomes unwritable under the writer's feet.
        let readOnly = try Descriptor.open(path, O_RDONLY)
        let saved = fcntl(number, F_DUPFD_CLOEXEC, 3)
        dup2(readOnly.number, number)
        #expect(try bytes.withUnsafeBytes { try kept.append($0) }?.code == EBADF)
        dup2(saved, number)
        close(saved)
        #expect(kept.consolidate() == 0)
        #expect(try contents(of: path) == bytes + bytes)
    }

    @Test func synchronisingEndsWhenItIsSettled() throws {
        let kept = KeptAudio(try Descriptor.temporaryFile())
        let thread = try POSIX.Thread("sync") { kept.synchroniseEverySecond {} }
        kept.settle()
        thread.join()
        #expect(kept.isSettled)
    }
}
