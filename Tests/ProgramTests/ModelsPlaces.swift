import Glibc
import Harness
import Testing
import Text

/// Where models go, and where they cannot.
@Suite(.enabled(if: ModelServer.isInstalled, "needs python3 and sha256sum")) struct ModelsPlaces {
    private let ground: ModelsHome
    private static let file = ModelServer.weights(400_000)

    init() throws {
        ground = try ModelsHome()
        try write(Self.file, to: ground.home.files + "/tiny.gguf")
    }

    @Test func withoutAHomeNothingIsMade() throws {
        let missing = ground.home.directory("missing")
        for (home, data) in [(nil, nil), (missing, nil), (missing, missing + "/a/share")] as [(String?, String?)] {
            let environment: [String: String?] = [
                "HOME": home, "XDG_DATA_HOME": data, "XDG_CONFIG_HOME": nil, "XDG_CACHE_HOME": nil,
            ]
            for arguments in [["install", "tiny.gguf"], ["install", "silero"], ["library"]] {
                let result = try run(Command("vt-models", arguments, environment: environment), home: ground.home)
                #expect(result.status == 73 && result.errors.contains("\nhint: "), "\(result)")
                #expect(result.errors.contains(home == nil ? "neither HOME nor XDG_DATA_HOME" : "not vt's to make"))
            }
            #expect(try ground.models("list", environment: environment).status == 0)
            #expect(access(missing, F_OK) != 0, "\(missing) was made")
        }
    }

    @Test(.enabled(if: isRoot, "needs root")) func rootMakesNothingInAnothersHome() throws {
        let other = ground.home.directory("other")
        try makeDirectories(other)
        #expect(chown(other, 12345, 12345) == 0)
        let environment: [String: String?] = ["HOME": other, "XDG_DATA_HOME": nil]
        let result = try ground.models("install", "tiny.gguf", environment: environment)
        #expect(result.status == 73 && result.errors.contains("another user's"), "\(result)")
        #expect(entries(of: other).allSatisfy { $0 != ".local" })
    }

    @Test(.enabled(if: isRoot && Tool.isInstalled("setpriv"), "needs root and setpriv"))
    func aFolderThatMayNotBeWritten() throws {
        // Installed by root, for everybody; a user reads it, and is told where he stands.
        let data = ground.home.directory("readonly")
        try makeDirectories(data + "/vt/models/local")
        for path in [
            ground.home.directory.path, ground.home.files, data, data + "/vt", data + "/vt/models",
            data + "/vt/models/local",
        ] {
            chmod(path, 0o755)
        }
        let command = Command(
            "setpriv",
            [
                "--reuid=12345", "--regid=12345", "--clear-groups", "\(BuiltPrograms.directory)/vt-models", "install",
                "tiny.gguf",
            ],
            environment: ["XDG_DATA_HOME": data, "XDG_CONFIG_HOME": data, "HOME": data])
        let result = try run(command, home: ground.home)
        #expect(result.status == 73 && result.errors.contains("cannot write: Permission denied"), "\(result)")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a disk")) func aFullDisk() throws {
        let disk = try SmallDisk(kibibytes: 1024)
        let file = ModelServer.weights(2_000_000)
        let server = try ModelServer(file, "open", "serve")
        let place: [String: String?] = ["XDG_DATA_HOME": disk.path]
        // Nobody knows how long it is: what has come stays for when there is room.
        let unknown = try ground.models("install", "--no-library", "\(server.url)/tiny.gguf", environment: place)
        #expect(unknown.status == 73 && unknown.errors.contains("No space left on device"), "\(unknown)")
        #expect(unknown.errors.contains("hint: make room"))
        #expect(entries(of: disk.path + "/vt/models/local").contains(".tiny.part"))
        #expect(try ground.models("remove", "tiny", environment: place).status == 0)
        #expect(entries(of: disk.path + "/vt/models/local") == [])
        // Who announces it is not even asked for the first byte.
        try ground.publish("tiny", server)
        let known = try ground.models("install", "--no-library", "tiny", environment: place)
        #expect(known.status == 73 && known.errors.contains("2.0 MB are needed, and 1.0 MB are free"), "\(known)")
        #expect(entries(of: disk.path + "/vt/models/local") == [])
    }

    @Test func severalAtOnceFetchItOnce() throws {
        let server = try ModelServer(Self.file, "serve")
        try ground.publish("tiny", server)
        let all = try (0..<4).map { _ in try start(Command("vt-models", ["install", "tiny"]), home: ground.home) }
        for program in all { #expect(try program.finish().status == 0) }
        #expect(server.requests.count == 1)
        #expect(ground.weights("tiny") == Self.file && ground.isClean)
    }

    @Test func theSecondWaitsForTheFirst() throws {
        let server = try ModelServer(Self.file, "stay=100000", "serve")
        try ground.publish("tiny", server)
        let first = try start(Command("vt-models", ["install", "tiny"]), home: ground.home)
        try eventually("a part has come") { ground.partial("tiny") == 100_000 }
        let second = try start(Command("vt-models", ["install", "tiny"]), home: ground.home)
        try second.waitForErrors(containing: "another process is at it")
        first.signal(SIGTERM)
        #expect(try first.finish().ending == .signalled(SIGTERM))
        let result = try second.finish()
        #expect(result.status == 0, "\(result)")
        #expect(server.requests.last?["range"]?.string == "bytes=100000-")
        #expect(ground.weights("tiny") == Self.file && ground.isClean)
    }

    @Test func whatIsMappedStaysWhole() throws {
        #expect(try ground.models("install", "tiny.gguf").status == 0)
        let open = Glibc.open("\(ground.local)/tiny/model.gguf", O_RDONLY | O_CLOEXEC)
        defer { close(open) }
        let map = mmap(nil, Self.file.count, PROT_READ, MAP_SHARED, open, 0)
        defer { munmap(map, Self.file.count) }
        let other = ModelServer.weights(300_000, seed: 2)
        try write(other, to: ground.home.files + "/tiny.gguf")
        #expect(try ground.models("install", "tiny.gguf").status == 0)
        #expect(ground.weights("tiny") == other && ground.isClean)
        #expect(Array(UnsafeRawBufferPointer(start: map, count: Self.file.count)) == Self.file)
        #expect(try ground.models("remove", "tiny").status == 0)
        #expect(Array(UnsafeRawBufferPointer(start: map, count: Self.file.count)) == Self.file)
    }

    @Test func whatAKilledOneLeftIsCleared() throws {
        try makeDirectories("\(ground.local)/.tiny.4194305/below")
        try makeDirectories("\(ground.local)/.tinyer.4194305")
        try write([], to: "\(ground.local)/.tiny.4194305/model.gguf")
        #expect(try ground.models("install", "tiny.gguf").status == 0)
        #expect(entries(of: ground.local) == [".tinyer.4194305", "tiny"])
    }

    @Test func everybodysModelsLieBesideTheProgram() throws {
        let prefix = try ModelsPrefix(ground.home.directory("prefix"), wheel: nil)
        let result = try run(
            Command(prefix.program, ["install", "--shared", "--no-library", "tiny.gguf"]), home: ground.home)
        #expect(result.status == 0, "\(result)")
        #expect(try contents(of: "\(prefix.path)/share/vt/models/local/tiny/model.gguf") == Self.file)
        #expect(entries(of: ground.local) == [])
        #expect(try run(Command(prefix.program, ["path", "tiny"]), home: ground.home).text.hasPrefix(prefix.path))
        // No home is needed for it.
        let nobody: [String: String?] = ["HOME": nil, "XDG_DATA_HOME": nil]
        #expect(
            try run(Command(prefix.program, ["remove", "tiny"], environment: nobody), home: ground.home).status == 0)
        #expect(entries(of: "\(prefix.path)/share/vt/models/local") == [])
    }
}
