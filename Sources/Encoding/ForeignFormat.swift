/// A format that ffmpeg reads for us.
struct ForeignFormat {
    /// What messages call it.
    let name: String
    /// ffmpeg's name of it: forced, so that no other of its demuxers gets to see what strangers made.
    let demuxer: String
    /// Whether it can't be read from its beginning to its end, but only by seeking.
    let needsSeeking: Bool
    private let magics: [(bytes: [UInt8], offset: Int)]

    init(_ name: String, demuxer: String, needsSeeking: Bool = false, magics: [([UInt8], Int)]) {
        self.name = name
        self.demuxer = demuxer
        self.needsSeeking = needsSeeking
        self.magics = magics.map { (bytes: $0.0, offset: $0.1) }
    }

    func matches(_ first: ArraySlice<UInt8>) -> Bool {
        magics.contains { first.dropFirst($0.offset).starts(with: $0.bytes) }
    }

    private static func text(_ magics: String..., at offset: Int = 0) -> [([UInt8], Int)] {
        magics.map { (Array($0.utf8), offset) }
    }

    /// All of them; a new one is a row.
    static let all = [
        // Its index usually stands at the end.
        ForeignFormat(
            "MP4 (M4A, MOV)", demuxer: "mov", needsSeeking: true,
            magics: text("ftyp", "moov", "mdat", "wide", "free", "skip", at: 4)),
        ForeignFormat("Matroska or WebM", demuxer: "matroska", magics: [([0x1A, 0x45, 0xDF, 0xA3], 0)]),
        ForeignFormat("AVI", demuxer: "avi", needsSeeking: true, magics: text("AVI ", at: 8)),
        ForeignFormat("Flash video", demuxer: "flv", magics: text("FLV")),
        ForeignFormat("WMA or ASF", demuxer: "asf", magics: [([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], 0)]),
        ForeignFormat("AMR", demuxer: "amr", magics: text("#!AMR")),
        ForeignFormat("Monkey's Audio", demuxer: "ape", needsSeeking: true, magics: text("MAC ")),
        ForeignFormat("WavPack", demuxer: "wv", needsSeeking: true, magics: text("wvpk")),
        ForeignFormat("TTA", demuxer: "tta", needsSeeking: true, magics: text("TTA1")),
        ForeignFormat("MPEG video", demuxer: "mpeg", magics: [([0, 0, 1, 0xBA], 0)]),
        // ADTS: twelve bits of sync, then layer 0, which MPEG audio doesn't have.
        ForeignFormat(
            "AAC", demuxer: "aac",
            magics: [([0xFF, 0xF0], 0), ([0xFF, 0xF1], 0), ([0xFF, 0xF8], 0), ([0xFF, 0xF9], 0)]),
    ]
}
