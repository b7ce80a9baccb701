import Audio
import Glibc
import Testing

/// Several channels as one, in which nothing that can be heard is cancelled.
@Suite struct Mixing {
    private static let frames = 16000

    /// Something like a voice: tones whose loudness changes.
    private static func voice(_ pitch: Double, _ frame: Int) -> Float {
        let time = Double(frame) / 16000
        let loudness = 0.15 + 0.1 * sin(2 * .pi * 3 * time + pitch)
        return Float(loudness * (sin(2 * .pi * pitch * time) + 0.6 * sin(2 * .pi * 2.02 * pitch * time)))
    }

    private func file(_ channels: Int, mask: UInt32? = nil, _ sample: (Int, Int) -> Float) -> [UInt8] {
        let samples = (0..<Mixing.frames).flatMap { frame in (0..<channels).map { sample(frame, $0) } }
        var body = formatBody(tag: mask == nil ? 3 : 0xFFFE, channels: UInt16(channels), rate: 16000, bits: 32)
        if let mask {
            body += bytes(UInt16(22)) + bytes(UInt16(32)) + bytes(mask)
            body += bytes(UInt16(3)) + [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        }
        return riff("RIFF", chunk("fmt ", body), chunk("data", bytes(samples)))
    }

    private func level(_ samples: some Collection<Float>) -> Double {
        10 * log10(samples.reduce(0) { $0 + Double($1 * $1) } / Double(samples.count))
    }

    /// What is left of the voice in a part of a recording, in dB; 0 is all of it.
    private func left(of mixed: [Float], _ frames: Range<Int>) -> Double {
        level(mixed[frames]) - level(frames.map { Mixing.voice(180, $0) })
    }

    @Test func channelsOfOppositePhaseAreHeard() throws {
        let mixed = try readFloats(file(2) { Mixing.voice(180, $0) * ($1 == 0 ? 1 : -1) })
        // All of it but the first windows, in which nobody can know.
        #expect(abs(left(of: mixed, 1600..<Mixing.frames)) < 0.1)
    }

    @Test func oneOfManyThatIsWiredWronglyIsTurned() throws {
        let mixed = try readFloats(file(4) { Mixing.voice(180, $0) * ($1 == 2 ? -1 : 1) })
        #expect(abs(left(of: mixed, 1600..<Mixing.frames)) < 0.1)
    }

    @Test func aChannelThatTurnsOnTheWayIsFollowed() throws {
        let mixed = try readFloats(file(2) { Mixing.voice(180, $0) * ($1 == 1 && $0 > 8000 ? -1 : 1) })
        #expect(abs(left(of: mixed, 0..<8000)) < 0.1)
        #expect(abs(left(of: mixed, 10000..<Mixing.frames)) < 0.1)
    }

    @Test func twoPeopleAreMixedAsEver() throws {
        let mixed = try readFloats(file(2) { Mixing.voice($1 == 0 ? 180 : 223, $0) })
        let mean = (0..<Mixing.frames).map { (Mixing.voice(180, $0) + Mixing.voice(223, $0)) / 2 }
        #expect(zip(mixed, mean).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test(arguments: [1, 7, 4096])
    func inWhateverPiecesItComes(piece: Int) throws {
        let wave = file(3) { Mixing.voice(180, $0) * [1, -0.5, 0.25][$1] }
        #expect(try readFloats(wave, piece: piece, room: 97) == (try readFloats(wave)))
    }

    /// 5.1: what the subwoofer plays is no speech; in a file that says nothing of places it may be anything.
    @Test func aSubwooferHasNoVote() throws {
        func wave(mask: UInt32?) -> [UInt8] { file(6, mask: mask) { $1 == 3 ? Mixing.voice(60, $0) : 0 } }
        #expect(try readFloats(wave(mask: 0x3F)).allSatisfy { $0 == 0 })
        #expect(level(try readFloats(wave(mask: nil))) > -40)
    }

    @Test func oneChannelIsTakenAsItIs() throws {
        let wave = file(2) { Mixing.voice($1 == 0 ? 180 : 223, $0) }
        let right = try readFloats(wave, channels: .only(1))
        #expect(right == (0..<Mixing.frames).map { Mixing.voice(223, $0) })
        let error = audioError { try readFloats(wave, channels: .only(2)) }
        #expect(error?.code == .noChannel)
        #expect(error?.description == "input: has 2 channels: there is none with the number 3")
    }
}

/// One person's channel without what it has of the other's.
@Suite struct WithoutCrossTalk {
    /// Words of noise, as speech is for a correlation, with pauses between them.
    private static func words(_ seed: UInt64, _ period: Int, _ count: Int) -> [Float] {
        var state = seed
        return (0..<count).map { frame in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let noise = Float(Int32(truncatingIfNeeded: state >> 33)) / Float(1 << 31)
            return frame % period < period * 2 / 3 ? noise * 0.3 : 0
        }
    }

    private func separated(_ left: [Float], _ right: [Float], channel: Int) throws -> [Float] {
        let body = formatBody(tag: 3, channels: 2, rate: 16000, bits: 32)
        let samples = zip(left, right).flatMap { [$0, $1] }
        return try readFloats(
            riff("RIFF", chunk("fmt ", body), chunk("data", bytes(samples))), channels: .alone(channel))
    }

    private func energy(_ samples: some Collection<Float>) -> Double {
        samples.reduce(0) { $0 + Double($1 * $1) }
    }

    private let count = 5 * 16000

    /// A copy that is quieter and later, in a channel in which nobody speaks, then one in which somebody does.
    @Test(arguments: [(0.1, 0), (0.3, 0), (0.1, 120), (0.3, 480)] as [(Float, Int)])
    func aCopyIsTakenAway(gain: Float, delay: Int) throws {
        let agent = Self.words(1, 12000, count)
        var customer = Self.words(2, 17000, count)
        for frame in 0..<(2 * 16000) { customer[frame] = 0 }
        let heard = (0..<count).map { customer[$0] + ($0 >= delay ? gain * agent[$0 - delay] : 0) }
        let result = try separated(agent, heard, channel: 1)
        #expect(result.count == count)
        // In front of the customer's words nothing is left, and of the copy in them a hundredth at most.
        #expect(energy(result[16000..<32000]) < 1e-4 * energy(agent[16000..<32000]))
        let error = zip(result, customer).map { $0 - $1 }
        #expect(energy(error[33000...]) < 0.01 * energy(heard[33000...]))
        // Who is copied loses nothing.
        #expect(try separated(agent, heard, channel: 0) == agent)
    }

    @Test func twoPeopleAtOnceStayAsTheyAre() throws {
        let (left, right) = (Self.words(1, 12000, count), Self.words(2, 12000, count))
        #expect(try separated(left, right, channel: 0) == left)
        #expect(try separated(left, right, channel: 1) == right)
    }
}

/// Recordings that are too quiet for 16 bits.
@Suite struct LevelSurveys {
    private func survey(_ format: SampleFormat, _ samples: [Float]) -> LevelSurvey {
        var survey = LevelSurvey(of: format)
        for start in stride(from: 0, to: samples.count, by: 777) {
            survey.hear(samples[start..<min(start + 777, samples.count)].span)
        }
        return survey
    }

    private func tone(_ amplitude: Float) -> [Float] {
        // With a pause, as speech has.
        (0..<16000).map { $0 < 4000 ? 0 : amplitude * Float(sin(Double($0) * 0.1)) }
    }

    @Test func usualLevelsStay() {
        #expect(survey(.f32le, tone(0.1)).gain == 1)
        #expect(survey(.f32le, tone(0.1)).isSettled)
        #expect(survey(.s16le, [Float](repeating: 0, count: 16000)).gain == 1)
        #expect(survey(.f32le, []).gain == 1)
    }

    @Test(arguments: [1e-2, 1e-3, 1e-5] as [Float])
    func quietOnesAreRaised(amplitude: Float) {
        let gain = survey(.f32le, tone(amplitude)).gain
        // A tone's root of the mean square is 3 dB below its peak, and that is brought to -20 dB.
        #expect(abs(gain * amplitude / Float(2).squareRoot() - 0.1) < 0.002)
    }

    @Test func aRoomIsNoSpeech() {
        var state: UInt64 = 1
        let noise = (0..<48000).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(Int32(truncatingIfNeeded: state >> 33)) / Float(1 << 31) * 1e-3
        }
        #expect(survey(.f32le, noise).gain == 1)
    }

    @Test func aClickIsNoSpeech() {
        var samples = tone(1e-3)
        for frame in 5000..<5050 { samples[frame] = 0.8 }
        #expect(survey(.f32le, samples).gain > 100)
    }

    @Test func theStepsOfTheSamplesStayUnheard() {
        let gains = [SampleFormat.u8, .s16le, .s24le].map { survey($0, tone(1e-7)).gain }
        #expect(gains[0] == 1)
        #expect(abs(gains[1] / 32768 - 0.00316) < 1e-5)
        #expect(abs(gains[2] / 8_388_608 - 0.00316) < 1e-5)
    }

    @Test func anOffsetIsNotHeard() {
        #expect(survey(.f32le, tone(1e-3).map { $0 + 0.2 }).gain > 50)
    }
}
