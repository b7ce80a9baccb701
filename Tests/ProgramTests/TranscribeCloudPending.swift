import Glibc
import Harness
import Testing
import Text

/// What a service could not transcribe is had later: by hand, by a timer, by several processes at once.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeCloudPending {
    /// Where the key is, for a process that has neither a terminal nor a user's environment.
    enum KeyPlace: String, CaseIterable {
        case variable, file, fileBesideConfiguration, command, profile
    }

    /// As cron starts it: without a terminal, and with nothing in its environment but a home, a path and what is said here.
    private func fromCron(
        _ arguments: String..., in home: Home, environment: [String: String]
    ) throws -> Result {
        var bare: [String: String?] = home.environment.mapValues { _ in nil as String? }
        bare["HOME"] = home.path
        bare["PATH"] = "/usr/bin:/bin"
        for (name, value) in environment { bare[name] = value }
        let program = "\(BuiltPrograms.directory)/vt-transcribe"
        return try run(Command("/usr/bin/setsid", ["-w", program] + arguments, environment: bare), home: home)
    }

    /// A home whose configuration names the server, as a user's would.
    private func configure(_ cloud: CloudHome, _ place: KeyPlace) throws {
        let folder = "\(cloud.home.path)/.config/vt"
        try makeDirectories(folder)
        try write(Array("\(CloudHome.key)\n".utf8), to: "\(folder)/openai.key")
        chmod("\(folder)/openai.key", 0o600)
        let key =
            switch place {
            case .variable: ""
            case .file, .profile: "key_file = \"~/.config/vt/openai.key\""
            case .fileBesideConfiguration: "key_file = \"openai.key\""
            case .command: "key_command = \"cat ~/.config/vt/openai.key\""
            }
        let settings = "base_url = \"\(cloud.url)\"\n\(key)\n"
        let text =
            place == .profile
            ? "[profile.work]\nengine = \"openai\"\n\(settings)" : "engine = \"openai\"\n[provider.openai]\n\(settings)"
        try write(Array(text.utf8), to: "\(folder)/config.toml")
    }

    @Test(arguments: KeyPlace.allCases) func aTimerGivesTheTextLater(_ place: KeyPlace) throws {
        let cloud = try CloudHome("unauthorized", "status:503,x-should-retry=false", "json")
        try configure(cloud, place)
        var environment = ["SSL_CERT_FILE": try #require(cloud.server.certificate).path]
        if place == .variable { environment["VT_API_KEY"] = CloudHome.key }
        let user = environment.merging(["XDG_STATE_HOME": "\(cloud.home.path)/.local/state"]) { $1 }
            .merging(["XDG_CONFIG_HOME": "\(cloud.home.path)/.config"]) { $1 }
        let options = place == .profile ? ["--profile", "work"] : []
        let failed = try run(
            Command("vt-transcribe", ["--no-gate"] + options, environment: user),
            input: .bytes(Tone.stream(seconds: 0.5)), home: cloud.home)
        #expect(failed.status == 77, "\(failed)")

        // The service is still down: it stays, and the next time it works.
        let early = try fromCron("--pending", "--quiet", in: cloud.home, environment: environment)
        #expect(early.status == 75, "\(early)")
        let list = try fromCron("--list-pending", in: cloud.home, environment: environment).text
        #expect(list.split(separator: "\t").dropFirst(2).prefix(3) == ["waiting", "openai", "2"], "\(list)")
        #expect(list.contains("openai can't do it now (503)"))
        let late = try fromCron("--pending", "--quiet", in: cloud.home, environment: environment)
        #expect(late.status == 0, "\(late)")
        #expect(late.text.hasSuffix("\t\(CloudHome.text)\n"))
        #expect(late.errors.isEmpty)
        let keys = try cloud.server.requests(3).compactMap { $0["headers"]?["authorization"]?.string }
        #expect(keys == Array(repeating: "Bearer \(CloudHome.key)", count: 3))
    }

    /// A password store that is locked, and nobody there to unlock it.
    @Test func aKeyCommandThatWaitsForSomebody() throws {
        let cloud = try CloudHome("unauthorized", "json")
        try configure(cloud, .command)
        #expect(try cloud.transcribe().status == 77)
        try makeDirectories("\(cloud.home.path)/.local/state")
        #expect(rename(cloud.home.state, "\(cloud.home.path)/.local/state/vt") == 0)
        let path = "\(cloud.home.path)/.config/vt/config.toml"
        try write(try text(of: path).replacing("cat ~/.config/vt/openai.key", with: "sleep 600").utf8, to: path)
        let result = try fromCron("--pending", "--engine", "openai", in: cloud.home, environment: [:])
        #expect(result.status == 77, "\(result)")
        #expect(result.errors.contains("the key command “sleep 600” has not ended after 10 s"), "\(result)")
        #expect(result.errors.contains("hint: unlock what it asks first"))
        #expect(try fromCron("--list-pending", in: cloud.home, environment: [:]).text.contains("\twaiting\t"))
    }

    /// Without the key that was there when it was recorded, it is kept for when there is one.
    @Test func aTimerThatHasNoKey() throws {
        let cloud = try CloudHome("unauthorized", "json")
        #expect(try cloud.transcribe().status == 77)
        let result = try cloud.bare("--pending", environment: ["VT_API_KEY": nil])
        // A server of one's own may want none: it is asked.
        #expect(result.status == 0, "\(result)")
        #expect(try cloud.server.requests(2).last?["headers"]?["authorization"] == nil)

        let test = try TranscribeHome()
        let first = try run(
            Command(
                "vt-transcribe", ["--no-gate", "--engine", "openai,fake", "--option", "mode=refuses"],
                environment: ["OPENAI_API_KEY": "sk-x", "HTTPS_PROXY": "http://127.0.0.1:1"]),
            input: .bytes(Tone.stream(seconds: 0.5)), home: test.home)
        #expect(first.status == 75, "\(first)")
        let without = try test.bare("--pending", "--engine", "openai")
        #expect(without.status == 77, "\(without)")
        #expect(without.errors.contains("put it into OPENAI_API_KEY"), "\(without)")
        #expect(test.kept.count == 1)
    }

    @Test func aServerThatComesBack() throws {
        let certificate = try Certificate()
        let test = try TranscribeHome()
        let port = try SpeechServer("json", certificate: certificate).port
        let environment: [String: String?] = ["SSL_CERT_FILE": certificate.path, "VT_API_KEY": CloudHome.key]
        let failed = try run(
            Command(
                "vt-transcribe",
                ["--no-gate", "--engine", "openai", "--base-url", "https://localhost:\(port)/v1", "--language", "en"],
                environment: environment), input: .bytes(Tone.stream(seconds: 0.5)), home: test.home)
        #expect(failed.status == 75, "\(failed)")
        #expect(failed.errors.contains("Couldn't connect"))
        let server = try SpeechServer("json", certificate: certificate, port: port)
        let later = try run(Command("vt-transcribe", ["--pending"], environment: environment), home: test.home)
        #expect(later.text.hasSuffix("\t\(CloudHome.text)\n"), "\(later)")
        // What was asked for then is asked for now.
        #expect(try server.requests(1).first?["fields"]?.line.contains(#"["languages[]","en"]"#) == true)
    }

    /// Three processes; the server sees each recording once.
    @Test func severalProcessesShareTheWork() throws {
        let count = 12
        let cloud = try CloudHome(Array(repeating: "status:503,x-should-retry=false", count: count) + ["slow:0.05"])
        let ids = (0..<count).map { "x\($0 + 10)" }
        for (index, id) in ids.enumerated() {
            let audio = Tone.stream(seconds: 0.1 + Double(index) / 100)
            let result = try cloud.transcribe("--pending-id", id, "--upload-format", "wav", input: .bytes(audio))
            #expect(result.status == 75, "\(result)")
        }
        let programs = try (0..<3).map { _ in
            try start(
                Command("vt-transcribe", ["--pending", "--upload-format", "wav"], environment: cloud.environment),
                home: cloud.home)
        }
        let lines = try programs.map { try $0.finish().text }.joined().split(separator: "\n").map(String.init)
        #expect(lines.sorted() == ids.map { "\($0)\t\(CloudHome.text)" })
        #expect(cloud.ground.kept.isEmpty)
        let later = try cloud.server.requests(2 * count).dropFirst(count)
        #expect(later.count == count)
        #expect(Set(later.compactMap { $0["audio"]?["sha256"]?.string }).count == count, "each one once")
    }

    /// A batch of which one is refused: the others have their text.
    @Test func oneThatIsRefusedHoldsUpNobody() throws {
        let cloud = try CloudHome(
            "status:503,x-should-retry=false", "status:503,x-should-retry=false", "status:503,x-should-retry=false",
            "json", "status:413", "json")
        for id in ["x1", "x2", "x3"] { #expect(try cloud.transcribe("--pending-id", id).status == 75) }
        let result = try cloud.bare("--pending", "--no-gate")
        #expect(result.text == "x1\t\(CloudHome.text)\nx3\t\(CloudHome.text)\n", "\(result)")
        #expect(result.status == 2)
        #expect(cloud.ground.kept == ["x2"])
    }
}
