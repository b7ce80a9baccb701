import Glibc
import Harness
import Testing

@Suite struct RecordDevices {
    @Test func listsMicrophones() throws {
        let result = try run("vt-record", "--list-devices", home: homeWithMicrophones())
        #expect(result.status == 0)
        let lines = result.text.split(separator: "\n")
        #expect(lines.contains("counter\tCounting microphone, for tests"))
        #expect(lines.allSatisfy { $0.split(separator: "\t", omittingEmptySubsequences: false).count == 2 })
        // Filters and the endless silence of `null` are no microphones.
        #expect(!lines.contains { $0.hasPrefix("null\t") || $0.hasPrefix("speexrate\t") })
        #expect(result.errors == "")
    }

    @Test(.enabled(if: Tool.isInstalled("jq"), "needs jq")) func listsThemAsJSON() throws {
        let home = try homeWithMicrophones()
        let result = try run(
            .shell("vt-record --list-devices --json | jq -r '.[] | .name + \"\\t\" + .description'"), home: home)
        #expect(result.status == 0)
        #expect(try result.text == run("vt-record", "--list-devices", home: home).text)
    }

    @Test func aPartOfADescriptionIsEnough() throws {
        let result = try run("vt-record", "--device", "counting", "--duration", "50ms", home: homeWithMicrophones())
        #expect(result.status == 0, "\(result)")
        #expect(result.output.count == 44 + 1600)
    }

    @Test func aPartThatFitsSeveralIsRefused() throws {
        let home = try homeWithMicrophones(
            """
            pcm.left { type vt_test hint { show on description "Desk left" } }
            pcm.right { type vt_test hint { show on description "Desk right" } }
            """)
        let result = try run("vt-record", "--device", "desk", home: home)
        #expect(result.status == 64)
        #expect(result.errors.contains("desk fits several devices: left, right\nhint: "))
        #expect(result.output == [])
    }

    @Test(arguments: [
        ("nosuch", "there is no microphone nosuch"), ("hw:7,0", "there is no microphone hw:7,0"),
        ("busy", "busy: another program is recording from it"), ("denied", "denied: access denied"),
        ("unplugged", "there is no microphone unplugged"),
    ])
    func whatCannotBeOpenedIsUnavailable(_ device: String, _ message: String) throws {
        let home = try homeWithMicrophones()
        let result = try run("vt-record", "--device", device, "-o", "x.wav", home: home)
        #expect(result.status == 69)
        #expect(result.errors.hasPrefix("vt-record: \(message)"), "\(result)")
        #expect(result.errors.contains("\nhint: "))
        #expect(entries(of: home.files) == [])
        #expect(try run("vt-record", "--device", device, home: home).output == [])
    }

    @Test func withoutAnySoundSystemItSaysSo() throws {
        // A sound server that does not answer, and no hardware.
        let home = try Home()
        try write("pcm.!default { type hw card 31 }\n".utf8, to: "\(home.path)/.asoundrc")
        let result = try run("vt-record", home: home)
        #expect(result.status == 69)
        #expect(result.errors.hasPrefix("vt-record: there is no default microphone"))
        // ALSA's own complaints are for VT_LOG=debug.
        #expect(!result.errors.contains("ALSA"))
    }
}
