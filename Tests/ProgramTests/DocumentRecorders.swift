import Harness
import Testing

/// The recorder that vt-plugin(7) tells its readers to write does work.
@Suite(.enabled(if: Tool.isInstalled("arecord"), "needs alsa-utils"))
struct DocumentRecorders {
    @Test func theOneInThePluginPage() throws {
        let page = try EveryProgram.text("man/vt-plugin.7")
        let section = try #require(page.firstRange(of: ".Sh RECORDERS\n")?.upperBound)
        let begin = try #require(page[section...].firstRange(of: "#!/bin/sh"))
        let end = try #require(page[begin.lowerBound...].firstRange(of: ".Ed"))
        let home = try homeWithMicrophones()
        try home.addPlugin("vt-record-alsa-utils", String(page[begin.lowerBound..<end.lowerBound]))
        let result = try run("vt-record", "--recorder", "alsa-utils", "--duration", "500ms", home: home)
        #expect(result.status == 0, "\(result)")
        #expect(samples(ofStream: result.output).samples == (0..<8000).map { UInt16($0) })
        let devices = try run("vt-record", "--recorder", "alsa-utils", "--list-devices", home: home)
        #expect(devices.status == 0, "\(devices)")
        #expect(devices.text.split(separator: "\n").contains("counter\t"))
        let busy = try run("vt-record", "--recorder", "alsa-utils", "--device", "busy", home: home)
        #expect(busy.status == 69, "\(busy)")
        #expect(busy.errors.contains("Device or resource busy"))
    }
}
