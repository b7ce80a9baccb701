import Audio

/// A format that ffmpeg reads for us.
struct ForeignFormat {
    /// What messages call it.
    let name: String
    /// ffmpeg's name of it: forced, so that no other of its demuxers gets to see what strangers made.
    let demuxer: String
    /// Whether it can't be read from its beginning to its end, but only by seeking.
    let needsSeeking: Bool
    /// By which files that were joined are told apart; nil where ffmpeg itself reads on.
    let structure: ContainerStructure?
    private let magics: [(bytes: [UInt8], offset: Int)]

    init(
        _ name: String, demuxer: String, needsSeeking: Bool = false,
        structure: ContainerStructure? = nil, magics: [([UInt8], Int)] = []
    ) {
        self.name = name
        self.demuxer = demuxer
        self.needsSeeking = needsSeeking
        self.structure = structure
        self.magics = magics.map { (bytes: $0.0, offset: $0.1) }
    }

    func matches(_ first: ArraySlice<UInt8>) -> Bool {
        magics.contains { first.dropFirst($0.offset).starts(with: $0.bytes) }
    }

    private static func text(_ magics: String..., at offset: Int = 0) -> [([UInt8], Int)] {
        magics.map { (Array($0.utf8), offset) }
    }

    /// All that are known by their first bytes; a new one is a row.
    static let all = [
        // Its index usually stands at the end.
        ForeignFormat(
            "MP4 (M4A, MOV)", demuxer: "mov", needsSeeking: true, structure: .boxes,
            magics: text("ftyp", "moov", "mdat", "wide", "free", "skip", at: 4)),
        ForeignFormat(
            "Matroska or WebM", demuxer: "matroska", structure: .elements, magics: [([0x1A, 0x45, 0xDF, 0xA3], 0)]),
        ForeignFormat("AVI", demuxer: "avi", needsSeeking: true, structure: .riff, magics: text("AVI ", at: 8)),
        ForeignFormat("Flash video", demuxer: "flv", structure: .tags, magics: text("FLV")),
        ForeignFormat(
            "WMA or ASF", demuxer: "asf", structure: .objects,
            magics: [([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], 0)]),
        ForeignFormat("AMR", demuxer: "amr", magics: text("#!AMR")),
        ForeignFormat("Monkey's Audio", demuxer: "ape", needsSeeking: true, magics: text("MAC ")),
        ForeignFormat("WavPack", demuxer: "wv", needsSeeking: true, structure: .wavpack, magics: text("wvpk")),
        ForeignFormat("TTA", demuxer: "tta", needsSeeking: true, magics: text("TTA1")),
        ForeignFormat("MPEG video", demuxer: "mpeg", magics: [([0, 0, 1, 0xBA], 0)]),
        ForeignFormat("Musepack", demuxer: "mpc", needsSeeking: true, magics: text("MP+")),
        ForeignFormat("Musepack", demuxer: "mpc8", needsSeeking: true, magics: text("MPCK")),
        ForeignFormat("TAK", demuxer: "tak", needsSeeking: true, magics: text("tBaK")),
        ForeignFormat(
            "Creative Voice", demuxer: "voc", needsSeeking: true, structure: .voc,
            magics: text("Creative Voice File\u{1A}")),
        ForeignFormat("RealMedia", demuxer: "rm", needsSeeking: true, magics: text(".RMF", ".ra\u{FD}")),
        ForeignFormat("Qualcomm PureVoice", demuxer: "qcp", needsSeeking: true, magics: text("QLCM", at: 8)),
        ForeignFormat("IFF 8SVX", demuxer: "iff", needsSeeking: true, magics: text("8SVX", "16SV", "MAUD", at: 8)),
        ForeignFormat("DSD", demuxer: "dsf", needsSeeking: true, magics: text("DSD ")),
        ForeignFormat("DSD", demuxer: "iff", needsSeeking: true, magics: text("FRM8")),
        ForeignFormat("Shorten", demuxer: "shn", needsSeeking: true, magics: text("ajkg")),
        ForeignFormat("NUT", demuxer: "nut", magics: text("nut/multimedia container\0")),
        ForeignFormat(
            "MXF", demuxer: "mxf", needsSeeking: true,
            magics: [([0x06, 0x0E, 0x2B, 0x34, 0x02, 0x05, 0x01, 0x01, 0x0D, 0x01, 0x02, 0x01, 0x01], 0)]),
        ForeignFormat(
            "Windows TV recording", demuxer: "wtv", needsSeeking: true,
            magics: [([0xB7, 0xD8, 0x00, 0x20, 0x37, 0x49, 0xDA, 0x11], 0)]),
        ForeignFormat("AC-3", demuxer: "ac3", magics: [([0x0B, 0x77], 0)]),
        ForeignFormat("DTS", demuxer: "dts", magics: [([0x7F, 0xFE, 0x80, 0x01], 0), ([0xFE, 0x7F, 0x01, 0x80], 0)]),
        // AAC in LATM: eleven bits of sync.
        ForeignFormat("AAC (LATM)", demuxer: "loas", magics: (0xE0...0xE3).map { ([0x56, $0], 0) }),
        // ADTS: twelve bits of sync, then layer 0, which MPEG audio doesn't have.
        ForeignFormat(
            "AAC", demuxer: "aac",
            magics: [([0xFF, 0xF0], 0), ([0xFF, 0xF1], 0), ([0xFF, 0xF8], 0), ([0xFF, 0xF9], 0)]),
    ]

    /// MPEG transport streams, of television, camcorders and players: packets of 188 bytes, with 4 bytes in front or 16 behind.
    static let transportStream = ForeignFormat("an MPEG transport stream", demuxer: "mpegts")

    /// - Parameter first: a dozen bytes from the beginning.
    static func mayBeTransportStream(_ first: ArraySlice<UInt8>) -> Bool {
        first.first == 0x47 || first.dropFirst(4).first == 0x47
    }

    /// - Parameter first: some hundred bytes from the beginning.
    static func isTransportStream(_ first: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(first)
        return [(188, 0), (192, 4), (204, 0)].contains { (packet, offset) in
            let places = stride(from: offset, to: bytes.count, by: packet)
            return bytes.count > packet * 3 + offset && places.allSatisfy { bytes[$0] == 0x47 }
        }
    }

    /// What libsndfile can't decode of a kind that it knows.
    static func second(for kind: String) -> ForeignFormat? {
        switch kind {
        case "CAF": ForeignFormat("CAF", demuxer: "caf", needsSeeking: true, structure: .caf)
        case "AIFF": ForeignFormat("AIFF", demuxer: "aiff", needsSeeking: true)
        case "AU": ForeignFormat("AU", demuxer: "au", needsSeeking: true)
        case "Wave64": ForeignFormat("Wave64", demuxer: "w64", needsSeeking: true)
        case "compressed WAV": ForeignFormat("compressed WAV", demuxer: "wav", needsSeeking: true)
        case "FLAC": ForeignFormat("FLAC", demuxer: "flac", needsSeeking: true)
        case "Ogg": ForeignFormat("Ogg", demuxer: "ogg")
        default: nil
        }
    }

    /// What ffmpeg may take for the kind of a file that nobody else knows: none that opens further files, and no pictures or text.
    static let probed =
        "3dostr,4xm,aa,aac,aax,ac3,acm,act,adf,adp,ads,adx,aea,afc,aiff,aix,alp,amr,apac,apc,ape,apm,aptx,"
        + "argo_asf,argo_brp,asf,asf_o,ast,au,av1,avi,avr,avs,bfi,bfstm,bink,binka,boa,bonk,brstm,c93,caf,"
        + "cdxl,codec2,derf,dfa,dhav,dsf,dsicin,dss,dts,dtshd,dv,dxa,ea,eac3,epaf,film_cpk,flac,flv,fsb,fwse,"
        + "g729,genh,gsm,gxf,hca,hcom,idf,iff,ifv,ipmovie,ircam,iss,kux,kvag,live_flv,lmlm4,loas,lvf,lxf,"
        + "matroska,mca,mgsts,mlp,mlv,mm,mmf,mods,moflex,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegtsraw,msf,msnwctcp,"
        + "msp,mtaf,mtv,musx,mv,mvi,mxf,mxg,nc,nistsphere,nsp,nsv,nut,nuv,ogg,oma,osq,paf,pmp,pp_bnk,psxstr,"
        + "pva,pvf,qcp,qoa,r3d,redspark,rka,rl2,rm,roq,rpl,rsd,rso,s337m,sbc,sdr2,sds,sdx,shn,siff,sln,smjpeg,"
        + "smk,smush,sol,sox,spdif,svag,svs,swf,tak,thp,tiertexseq,tmv,truehd,tta,txd,ty,vag,vividas,vivo,vmd,"
        + "voc,vpk,vqf,w64,wady,wav,wavarc,wc3movie,wsaud,wsd,wsvqa,wtv,wv,wve,xa,xmd,xvag,xwma,yop"
}
