import Program
import Testing

@testable import vt_record_pulse

/// Which source of PulseAudio's a name means; Bluetooth headsets too, which no test machine has.
@Suite struct SourceChoices {
    private static let sources = [
        PulseSource(name: "alsa_output.usb-Yeti.monitor", description: "Monitor of Yeti", monitoredSink: 1),
        PulseSource(name: "alsa_input.usb-Yeti", description: "Yeti Stereo Microphone"),
        PulseSource(name: "alsa_input.pci", description: "Built-in Audio", isDefault: true),
        PulseSource(name: "bluez_sink.AA.monitor", description: "Monitor of Headset", monitoredSink: 2),
    ]
    private static let headset = PulseCard(
        name: "bluez_card.AA", description: "Headset", activeProfile: "a2dp_sink",
        profiles: [
            .init(name: "a2dp_sink", hasSources: false, isAvailable: true),
            .init(name: "headset_head_unit", hasSources: true, isAvailable: true),
        ])

    private func choose(_ wanted: String?, cards: [PulseCard] = []) throws -> String {
        try SourceChoice.choose(wanted, among: Self.sources) { cards }.name
    }

    @Test(arguments: [
        (nil, "alsa_input.pci"), ("default", "alsa_input.pci"), ("yeti", "alsa_input.usb-Yeti"),
        ("built-in", "alsa_input.pci"), ("alsa_output.usb-Yeti.monitor", "alsa_output.usb-Yeti.monitor"),
        ("monitor of yeti", "alsa_output.usb-Yeti.monitor"),
    ])
    func aMicrophoneGoesBeforeAMonitor(_ wanted: String?, _ name: String) throws {
        #expect(try choose(wanted) == name)
    }

    @Test func whatFitsSeveralIsRefused() throws {
        let failure = try #require(throws: Failure.self) { try choose("alsa") }
        #expect(failure.status == .usage)
        #expect(failure.message == "alsa fits several sources: alsa_input.usb-Yeti, alsa_input.pci")
    }

    @Test func aHeadsetWithoutItsMicrophoneIsExplained() throws {
        let failure = try #require(throws: Failure.self) { try choose("headset", cards: [Self.headset]) }
        #expect(failure.status == .unavailable)
        #expect(failure.message == "headset has no microphone in its present profile, a2dp_sink")
        #expect(failure.hint == "pactl set-card-profile bluez_card.AA headset_head_unit gives it one")

        var speaker = Self.headset
        speaker.profiles.removeLast()
        let none = try #require(throws: Failure.self) { try choose("headset", cards: [speaker]) }
        #expect(none.message == "headset has no microphone: none of its profiles brings one")
    }

    @Test func aStandInIsNoMicrophone() throws {
        let dummy = PulseSource(
            name: "auto_null.monitor", description: "Monitor of Dummy Output", isDefault: true, monitoredSink: 0)
        let failure = try #require(throws: Failure.self) { _ = try SourceChoice.choose(nil, among: [dummy]) { [] } }
        #expect(failure.message == "there is no default microphone")
    }
}
