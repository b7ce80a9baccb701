import Glibc
import Harness
import Testing
import Text

/// A key is in the request to its service, and nowhere else: no argument, no child's environment, no message, no file, no core.
@Suite(.enabled(if: CloudHome.isPossible, "needs python3 and openssl")) struct TranscribeKeys {
    /// Where the key comes from, and who is asked.
    struct Case: CustomTestStringConvertible {
        let place: String
        let engine: String
        let authorization: String
        var testDescription: String { "\(engine) by \(place)" }
    }

    private static let cases = [
        Case(place: "environment", engine: "openai", authorization: "Bearer \(CloudHome.key)"),
        Case(place: "key_file", engine: "openai", authorization: "Bearer \(CloudHome.key)"),
        Case(place: "key_command", engine: "deepgram", authorization: "Token \(CloudHome.key)"),
        Case(place: "environment", engine: "assemblyai", authorization: CloudHome.key),
    ]

    /// All that can be read of a process and of what it leaves, with everything said at the highest level.
    @Test(arguments: cases) func isNowhere(_ item: Case) throws {
        // First it is refused, with the key repeated by the server, in the body's middle and in an event of a stream.
        let cloud = try CloudHome("echo:401", "echo:200", "silent")
        let home = cloud.home
        let folder = home.directory("config/vt")
        try makeDirectories(folder)
        try write(Array(CloudHome.key.utf8), to: "\(folder)/key")
        chmod("\(folder)/key", 0o600)
        var lines = ["[provider.\(item.engine)]", "base_url = \"\(cloud.url)\""]
        if item.place == "key_file" { lines.append("key_file = \"\(folder)/key\"") }
        if item.place == "key_command" {
            lines.append("key_command = \"env >\(home.files)/command.env; cat \(folder)/key\"")
        }
        try write(Array(lines.joined(separator: "\n").utf8), to: "\(folder)/config.toml")
        var environment: [String: String?] = [
            "SSL_CERT_FILE": cloud.server.certificate?.path, "VT_LOG": "debug", "OPENAI_API_KEY": "sk-another-key",
        ]
        if item.place == "environment" { environment["VT_API_KEY"] = CloudHome.key }
        let command = Command(
            "vt-transcribe", ["--no-gate", "--engine", item.engine, "--timings"], environment: environment)
        for status in [CInt(77), 75] {
            let result = try run(command, input: .bytes(Tone.stream(seconds: 0.5)), home: home)
            #expect(result.status == status, "\(result)")
            #expect(result.errors.contains("****"))
            hides(result.errors + result.text, "a message")
        }
        let program = try start(command, input: .open, home: home)
        program.write(Tone.stream(seconds: 0.5))
        try cloud.server.wait(for: "head", ofRequests: 3)
        hides(try text(of: "/proc/\(program.pid)/cmdline"), "an argument")
        let limit = try text(of: "/proc/\(program.pid)/limits").split(separator: "\n")
            .first { $0.hasPrefix("Max core file size") }
        #expect(limit?.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(limit ?? "")")
        // Neither a core nor a report with what is in its memory.
        program.signal(SIGSEGV)
        let crash = try program.finish()
        #expect(crash.ending == .signalled(SIGSEGV), "\(crash)")
        hides(crash.errors, "a crash")
        #expect(!crash.errors.contains("rsp") && !crash.errors.contains("crashed"), "\(crash)")
        #expect(entries(of: home.files).filter { $0.hasPrefix("core") } == [])

        // With all that was kept, remembered and left.
        for name in ["state", "cache", "data", "run", "home", "tmp"] {
            for path in files(below: home.directory(name)) {
                hides(String(decoding: try contents(of: path), as: UTF8.self), path)
            }
        }
        #expect(cloud.ground.kept.count == 3)
        if item.place == "key_command" {
            #expect(try text(of: "\(home.files)/command.env").contains("PATH="))
        }
        let shown = try run(
            Command("vt-transcribe", ["--engine", item.engine, "--show-config"], environment: environment), home: home)
        hides(shown.text + shown.errors, "--show-config")
        let keys = try cloud.server.requests.compactMap { $0["headers"]?["authorization"]?.string }
        #expect(Set(keys) == [item.authorization], "the key of the address, and no other")
    }

    /// What works beside the service: an engine of the user's own, and ffmpeg.
    @Test func childrenDoNotInheritIt() throws {
        let cloud = try CloudHome("unauthorized")
        let home = cloud.home
        try home.addPlugin(
            "vt-transcribe-curious",
            """
            #!/bin/sh
            env >>"\(home.files)/plugin.env"
            case $1 in
            describe) printf 'vt-plugin 1\\n' ;;
            transcribe-v1) cat >/dev/null; printf 'final\\tdone\\n' ;;
            *) exit 64 ;;
            esac
            """)
        let stubs = home.directory("stubs")
        try makeDirectories(stubs)
        try writeScript(
            "\(stubs)/ffmpeg",
            """
            #!/bin/sh
            env >"\(home.files)/ffmpeg.env"
            cat >/dev/null
            exec cat "\(home.files)/a.wav"
            """)
        try cloud.ground.write(Tone.file(seconds: 0.5), to: "a.wav")
        // What ffmpeg is asked to read, by its first bytes.
        try cloud.ground.write(
            [0, 0, 0, 0x20] + Array("ftypM4A ".utf8) + [UInt8](repeating: 0, count: 4096), to: "a.m4a")
        let path = try #require(home.environment["PATH"])
        var environment = cloud.environment
        environment["PATH"] = "\(stubs):\(path)"
        environment["OPENAI_API_KEY"] = CloudHome.key
        try cloud.ground.write(
            Array("[provider.openai]\nbase_url = \"\(cloud.url)\"\n".utf8), to: "config.toml")
        let result = try run(
            Command(
                "vt-transcribe", ["--no-gate", "--config", "config.toml", "--engine", "openai,curious", "a.m4a"],
                environment: environment), home: home)
        #expect(result.text == "done\n", "\(result)")
        for name in ["plugin.env", "ffmpeg.env"] {
            let text = try text(of: "\(home.files)/\(name)")
            #expect(text.contains("PATH="))
            hides(text, name)
        }
    }

    private func hides(_ text: String, _ place: String) {
        #expect(!text.contains(CloudHome.key), "\(place) holds the key")
        #expect(!text.contains("sk-another-key"), "\(place) holds another key")
    }

    private func files(below folder: String) -> [String] {
        entries(of: folder).flatMap { name in
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { return [String]() }
            if status.st_mode & S_IFMT == S_IFDIR { return files(below: path) }
            return status.st_mode & S_IFMT == S_IFREG ? [path] : []
        }
    }
}
