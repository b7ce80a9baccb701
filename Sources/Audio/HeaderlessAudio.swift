/// A format that has nothing in front which says what it is: as telephony stores and sends it.
package enum HeaderlessFormat: String, Sendable, CaseIterable {
    case s8
    case s16le
    case s16be
    case ulaw
    case alaw
    case gsm
    case vox
    case g722
    case g729
    case amr
    case awb

    /// What messages call it.
    package var name: String {
        switch self {
        case .s8, .s16le, .s16be: "\(rawValue) samples"
        case .ulaw: "µ-law"
        case .alaw: "A-law"
        case .gsm: "GSM 06.10"
        case .vox: "Dialogic ADPCM"
        case .g722: "G.722"
        case .g729: "G.729"
        case .amr: "AMR without a header"
        case .awb: "AMR-WB without a header"
        }
    }

    /// The rate that it has unless somebody says otherwise, in hertz.
    package var usualRate: Int {
        switch self {
        case .s8, .s16le, .s16be, .g722, .awb: 16000
        case .ulaw, .alaw, .gsm, .vox, .g729, .amr: 8000
        }
    }

    /// Whether it is one channel at a rate of its own.
    package var hasFixedShape: Bool {
        switch self {
        case .s8, .s16le, .s16be, .ulaw, .alaw: false
        case .vox, .gsm, .g722, .g729, .amr, .awb: true
        }
    }
}

/// What `--raw` says of an input without a header.
package enum HeaderlessInput: Equatable, Sendable {
    /// Samples as we have them ourselves.
    case samples(AudioFormat)
    /// Others, for a decoder.
    case coded(HeaderlessAudio)
}

/// Audio without a header: a coding, and what it does not say itself.
package struct HeaderlessAudio: Equatable, Sendable {
    package var format: HeaderlessFormat
    /// In hertz.
    package var rate: Int
    package var channels: Int

    package init(_ format: HeaderlessFormat, rate: Int = 8000, channels: Int = 1) {
        self.format = format
        self.rate = rate
        self.channels = channels
    }
}

extension HeaderlessAudio {
    /// What a file's name says, where only the name can tell.
    ///
    /// - Parameter name: of a file.
    package init?(named name: String) {
        guard let dot = name.lastIndex(of: "."), !name[dot...].contains("/") else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "ul", "ulaw", "mulaw", "mu", "pcmu": self.init(.ulaw)
        case "al", "alaw", "pcma": self.init(.alaw)
        case "gsm": self.init(.gsm)
        case "vox": self.init(.vox)
        case "g722", "722": self.init(.g722, rate: 16000)
        case "g729", "729": self.init(.g729)
        case "amr": self.init(.amr)
        case "awb": self.init(.awb, rate: 16000)
        // Asterisk's "signed linear".
        case "sln", "sln8": self.init(.s16le)
        case "sln12": self.init(.s16le, rate: 12000)
        case "sln16": self.init(.s16le, rate: 16000)
        case "sln24": self.init(.s16le, rate: 24000)
        case "sln32": self.init(.s16le, rate: 32000)
        case "sln44": self.init(.s16le, rate: 44100)
        case "sln48": self.init(.s16le, rate: 48000)
        case "sln96": self.init(.s16le, rate: 96000)
        case "sln192": self.init(.s16le, rate: 192_000)
        default: return nil
        }
    }
}
