import Capture
import Testing

/// A desktop as ALSA lists it, shortened.
private let desktop = [
    CaptureDevice(name: "pulse", description: "PulseAudio Sound Server"),
    CaptureDevice(name: "hw:CARD=PCH,DEV=0", description: "HDA Intel PCH, ALC257 Analog, Direct hardware device"),
    CaptureDevice(name: "plughw:CARD=PCH,DEV=0", description: "HDA Intel PCH, ALC257 Analog, with conversions"),
    CaptureDevice(name: "sysdefault:CARD=PCH", description: "HDA Intel PCH, ALC257 Analog, Default Audio Device"),
    CaptureDevice(name: "hw:CARD=PCH,DEV=6", description: "HDA Intel PCH, Dock Mic, Direct hardware device"),
    CaptureDevice(name: "plughw:CARD=PCH,DEV=6", description: "HDA Intel PCH, Dock Mic, with conversions"),
    CaptureDevice(name: "hw:CARD=Yeti,DEV=0", description: "Yeti Stereo Microphone, USB Audio, Direct hardware device"),
    CaptureDevice(name: "plughw:CARD=Yeti,DEV=0", description: "Yeti Stereo Microphone, USB Audio, with conversions"),
    CaptureDevice(name: "sysdefault:CARD=Yeti", description: "Yeti Stereo Microphone, USB Audio, Default Audio Device"),
]

private func resolve(_ wanted: String) throws(CaptureError) -> String {
    try CaptureDevice.resolve(wanted, among: desktop, isDefined: { ["default", "mine"].contains($0) })
}

@Suite struct Resolving {
    @Test(arguments: [
        ("default", "default"),
        ("mine", "mine"),
        ("pulse", "pulse"),
        ("hw:1,0", "hw:1,0"),
        ("hw:CARD=Yeti,DEV=0", "hw:CARD=Yeti,DEV=0"),
        ("yeti", "plughw:CARD=Yeti,DEV=0"),
        ("Stereo Microphone", "plughw:CARD=Yeti,DEV=0"),
        ("dock", "plughw:CARD=PCH,DEV=6"),
        ("sound server", "pulse"),
        ("PulseAudio Sound Server", "pulse"),
    ])
    func takesExactNamesAndPartsThatFitOneMicrophone(_ wanted: String, _ name: String) throws {
        #expect(try resolve(wanted) == name)
    }

    @Test(arguments: ["PCH", "mic", "conversions"]) func refusesToGuess(_ wanted: String) throws {
        let error = try #require(throws: CaptureError.self) { try resolve(wanted) }
        #expect(error.code == .ambiguous)
        #expect(error.candidates.count > 1)
        #expect(error.candidates.allSatisfy { name in desktop.contains { $0.name == name } })
    }

    @Test(arguments: ["nothing", ""]) func knowsWhatIsNotThere(_ wanted: String) throws {
        let error = try #require(throws: CaptureError.self) { try resolve(wanted) }
        #expect(error.code == .noSuchDevice)
        #expect(error.device == wanted)
    }

    @Test func listsNothingForAnExactName() throws {
        var asked = false
        func devices() -> [CaptureDevice] {
            asked = true
            return []
        }
        _ = try CaptureDevice.resolve("default", among: devices(), isDefined: { _ in true })
        #expect(!asked)
    }
}
