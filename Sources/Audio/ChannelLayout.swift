/// Where the channels of a recording belong: in front, beside or behind the listener, or in the subwoofer.
package struct ChannelLayout: Equatable, Sendable {
    /// A place, numbered as the bits of WAV's `dwChannelMask` (ksmedia.h).
    enum Place: Int, Sendable, CaseIterable {
        case frontLeft, frontRight, frontCentre, lowFrequencies, backLeft, backRight, leftOfCentre, rightOfCentre,
            backCentre
        case sideLeft, sideRight, topCentre, topFrontLeft, topFrontCentre, topFrontRight, topBackLeft, topBackCentre
        case topBackRight

        var name: String {
            switch self {
            case .frontLeft: "left"
            case .frontRight: "right"
            case .frontCentre: "centre"
            case .lowFrequencies: "low frequencies"
            case .backLeft: "back left"
            case .backRight: "back right"
            case .leftOfCentre: "left of centre"
            case .rightOfCentre: "right of centre"
            case .backCentre: "back centre"
            case .sideLeft: "side left"
            case .sideRight: "side right"
            case .topCentre: "top centre"
            case .topFrontLeft: "top front left"
            case .topFrontCentre: "top front centre"
            case .topFrontRight: "top front right"
            case .topBackLeft: "top back left"
            case .topBackCentre: "top back centre"
            case .topBackRight: "top back right"
            }
        }

        /// What it is worth in one channel (ITU-R BS.775: what is beside the middle 3 dB down, what is behind 6 dB). A subwoofer
        /// holds no speech.
        var weight: Float {
            switch self {
            case .frontCentre: 1
            case .lowFrequencies: 0
            case .frontLeft, .frontRight, .leftOfCentre, .rightOfCentre: 0.70710678
            default: 0.5
            }
        }
    }

    /// In the order of the channels; nil for one that nobody has placed.
    let places: [Place?]

    init(_ places: [Place?]) {
        self.places = places
    }

    /// What a WAV header says.
    ///
    /// - Parameters:
    ///   - mask: `dwChannelMask`: its bits are the places, in order.
    ///   - channels: how many there are; those without a bit have no place.
    /// - Returns: nil if it says nothing.
    package init?(mask: UInt32, channels: Int) {
        let named = Place.allCases.filter { mask & 1 << UInt32($0.rawValue) != 0 }.prefix(channels)
        if named.isEmpty { return nil }
        places = (0..<channels).map { $0 < named.count ? named[$0] : nil }
    }

    /// The layouts that FLAC (RFC 9639, 9.1.3) and WAV without a mask mean by a number of channels; nil for one and two, which need
    /// none, and beyond eight.
    package static func standard(channels: Int) -> ChannelLayout? {
        let masks: [Int: UInt32] = [3: 0x7, 4: 0x33, 5: 0x37, 6: 0x3F, 7: 0x70F, 8: 0x63F]
        return masks[channels].flatMap { ChannelLayout(mask: $0, channels: channels) }
    }

    /// What people call a channel; nil if nobody has placed it.
    ///
    /// - Parameter channel: counted from 0.
    package func name(of channel: Int) -> String? {
        places.indices.contains(channel) ? places[channel]?.name : nil
    }
}
