import Audio
import Encoding
import Glibc

/// Takes what an encoder writes.
private final class Collector: ByteSink {
    let isRewritable = true
    private(set) var bytes: [UInt8] = []

    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }

    func rewrite(_ bytes: [UInt8], at offset: Int) {
        self.bytes.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}

/// A short recording with tags, in one of the formats whose containers we take apart ourselves.
private func encoded(_ target: EncodedFormat, frames: Int = 3200) throws -> [UInt8] {
    let sink = Collector()
    let tags = AudioTags(title: "Ein schöner Tag", date: "2026", comment: "nothing of note")
    let encoder = try target.makeEncoder(.speech, settings: EncoderSettings(tags: tags), sink: sink)
    let samples = (0..<frames).map { Int16(12000 * sin(Double($0) * 0.05 + Double($0 * $0) * 1e-6)) }
    try samples.withUnsafeBytes { try encoder.encode($0) }
    try encoder.finish()
    return sink.bytes
}

/// Files to be damaged: Ogg pages, MPEG frames, ID3 and APE tags, FLAC's header and tail.
private func originals() throws -> [[UInt8]] {
    let (opus, vorbis, mp3, flac) = try (encoded(.opus), encoded(.vorbis), encoded(.mp3), encoded(.flac))
    let apeHead: [UInt8] = [0xD0, 7, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]
    let ape = Array("APETAGEX".utf8) + apeHead + [UInt8](repeating: 0, count: 8)
    // UTF-16, a picture, an extended header: what other programs write.
    let frame = Array("TIT2".utf8) + [0, 0, 0, 9, 0, 0, 1, 0xFF, 0xFE, 0x41, 0, 0xDC, 0, 0, 0]
    let picture = Array("APIC".utf8) + [0, 0, 0, 20, 0, 0] + [UInt8](repeating: 0x2A, count: 20)
    let comment = Array("COMM".utf8) + [0, 0, 0, 12, 0, 0, 0] + Array("deu\0Hallo!!".utf8)
    let body = [0, 0, 0, 6, 0, 0, 0, 0, 0, 0] + frame + picture + comment
    let id3 = Array("ID3".utf8) + [3, 0, 0x40, 0, 0, 0, UInt8(body.count)] + body
    return [
        opus, vorbis, flac, mp3, id3 + mp3, mp3 + ape + mp3, opus + vorbis, id3 + id3 + flac,
        mp3 + Array("TAG".utf8) + mp3, [UInt8](repeating: 0, count: 300) + mp3, Array(opus.dropFirst(40)), flac + flac,
    ]
}

/// Damages encoded files and reads them to the end: no crash, no endless loop, no sample that is not finite.
///
/// What mpg123 has to say of it all goes nowhere; a finding is told on standard output.
func fuzzEncoded(count: Int, seed: Int) {
    let null = open("/dev/null", O_WRONLY)
    dup2(null, STDERR_FILENO)
    var random = Random(seed: seed)
    let files: [[UInt8]]
    do { files = try originals() } catch { find("nothing can be encoded: \(error)") }
    var outcomes: [String: Int] = [:]
    var samples = [Float](repeating: 0, count: 4096)
    for index in 0..<count {
        var bytes = files[index % files.count]
        // Mostly where headers and tags are.
        mutate(&bytes, within: Bool.random(using: &random) ? 300 : bytes.count, &random)
        let source = MemorySource(bytes, isRegularFile: index % 3 == 0, largestRead: index % 2 == 0 ? .max : 97)
        do {
            let options = AudioReader.Options(decoders: EncodedAudio())
            let reader = try SpeechReader(try AudioReader(source, name: "fuzz", options: options))
            var rounds = 0
            while true {
                let read = try samples.withUnsafeMutableBufferPointer { try reader.read(into: $0) }
                if read == 0 { break }
                guard samples[..<read].allSatisfy(\.isFinite) else { find("a sample is not finite: input \(index)") }
                rounds += 1
                if rounds > 100_000 { find("no end: input \(index)") }
            }
            outcomes["read", default: 0] += 1
        } catch let error as AudioError {
            outcomes["\(error.code)", default: 0] += 1
        } catch {
            find("\(error): input \(index)")
        }
    }
    print(outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
}

private func find(_ what: String) -> Never {
    print(what)
    exit(1)
}
