import Glibc
import Harness
import Testing
import Text

/// Models come from a publisher, whole or not at all.
@Suite(.enabled(if: ModelServer.isInstalled, "needs python3 and sha256sum")) struct ModelsInstall {
    private let ground: ModelsHome
    private static let file = ModelServer.weights(2_000_000)

    init() throws {
        ground = try ModelsHome()
    }

    @Test func aModelOfTheCatalogue() throws {
        let server = try ModelServer(Self.file, "serve")
        try ground.publish(
            "tiny", server, "licence = \"CC-BY-4.0\"", "attribution = \"Somebody\"", "languages = [\"en\", \"de\"]",
            "word_errors = 2.5", "word_errors_on = \"a novel\"", "streams = true", "rank = 7", "family = \"whisper\"")
        let result = try ground.models("install", "tiny")
        #expect(result.status == 0 && result.text == "", "\(result)")
        #expect(result.errors == "vt-models: tiny is installed: 2.0 MB; CC-BY-4.0, by Somebody\n")
        #expect(ground.weights("tiny") == Self.file)
        #expect(
            try ground.about("tiny") == [
                "file model.gguf", "family whisper", "task recognition", "languages en de", "size 2000000",
                "sha256 \(ModelServer.sha256(Self.file))", "licence CC-BY-4.0", "source \(server.url)/tiny.gguf",
                "word-errors 2.5", "word-errors-on a novel", "streams yes", "rank 7",
            ])
        #expect(ground.isClean)
        #expect(server.requests.map { $0["path"]?.string } == ["/tiny.gguf"])

        // Again: nobody is asked; by force somebody is.
        let again = try ground.models("install", "tiny")
        #expect(again.status == 0 && again.errors == "vt-models: tiny is installed already\n", "\(again)")
        #expect(server.requests.count == 1)
        #expect(try ground.models("install", "--force", "--quiet", "tiny").errors == "")
        #expect(server.requests.count == 2 && ground.isClean)
    }

    @Test func itGoesOnWhereTheConnectionBroke() throws {
        let server = try ModelServer(Self.file, "break=700000", "break=600000", "serve")
        try ground.publish("tiny", server)
        let result = try ground.models("install", "tiny")
        #expect(result.status == 0, "\(result)")
        #expect(ground.weights("tiny") == Self.file)
        #expect(server.requests.map { $0["range"]?.string } == [nil, "bytes=700000-", "bytes=1300000-"])
        #expect(server.requests.map { $0["if-range"]?.string } == [nil, "\"version-1\"", "\"version-1\""])
    }

    @Test func itGoesOnAfterTheProcessWasKilled() throws {
        let server = try ModelServer(Self.file, "stay=900000", "serve")
        try ground.publish("tiny", server)
        let first = try start(Command("vt-models", ["install", "tiny"]), home: ground.home)
        try eventually("a part has come", detail: { first.errors }) { ground.partial("tiny") == 900_000 }
        first.kill()
        #expect(
            try ground.models("list", "--format", "jsonl").text.contains(
                #""name":"tiny","engine":"local","state":"partial""#))
        let result = try ground.models("install", "tiny")
        #expect(result.status == 0, "\(result)")
        #expect(ground.weights("tiny") == Self.file && ground.isClean)
        #expect(server.requests.map { $0["range"]?.string } == [nil, "bytes=900000-"])
    }

    /// The first byte again, if the server knows no parts, or names no version and nobody knows the hash.
    @Test(arguments: [("plain", true), ("weak", false)])
    func itBeginsAnew(_ behaviour: String, isPublished: Bool) throws {
        let server = try ModelServer(Self.file, "break=900000", behaviour)
        // Without an ETag in the second answer nothing else is known of it.
        if isPublished { try ground.publish("tiny", server) }
        let result = try ground.models("install", isPublished ? "tiny" : "\(server.url)/tiny.gguf")
        #expect(result.status == 0, "\(result)")
        #expect(ground.weights("tiny") == Self.file)
        #expect(server.requests.count == 2 && ground.isClean)
    }

    @Test func anotherVersionMeanwhileIsFetchedWhole() throws {
        let server = try ModelServer(Self.file, "break=900000", "other")
        let result = try ground.models("install", "\(server.url)/tiny.gguf")
        #expect(result.status == 0, "\(result)")
        var expected = Self.file
        expected[1000] ^= 1
        #expect(ground.weights("tiny") == expected)
        #expect(result.errors.contains("nobody says what its SHA-256 must be"))
    }

    /// A part of an older file under the same name is no part of this one.
    @Test func aWrongPartIsNoticedByTheHash() throws {
        let server = try ModelServer(Self.file, "flip", "serve")
        try ground.publish("tiny", server)
        try makeDirectories(ground.local)
        var old = Array(Self.file[..<500_000])
        old[2000] ^= 1
        try write(old, to: "\(ground.local)/.tiny.part")
        let notes = "url \(server.url)/tiny.gguf\netag \nsha256 \(try ModelServer.sha256(Self.file))\n"
        try write(notes.utf8, to: "\(ground.local)/.tiny.part.notes")
        let result = try ground.models("install", "tiny")
        #expect(result.status == 0, "\(result)")
        #expect(server.requests.map { $0["range"]?.string } == ["bytes=500000-", nil])
        #expect(ground.weights("tiny") == Self.file && ground.isClean)
    }

    @Test func aServerThatSaysNoLength() throws {
        let server = try ModelServer(Self.file, "open-break=900000", "open")
        try ground.publish("tiny", server)
        #expect(try ground.models("install", "tiny").status == 0)
        #expect(ground.weights("tiny") == Self.file)
    }

    @Test(arguments: [
        ("open-long=5", "more than the 2000000 bytes"), ("open-short=1500000", "ends after 1500000 of 2000000 bytes"),
        ("length=1999999", "announces 1999999 bytes"), ("flip", "the SHA-256 of what came is"),
        ("hub-wrong", "another SHA-256"),
    ]) func whatIsNotTheFileIsThrownAway(_ behaviour: String, _ message: String) throws {
        let server = try ModelServer(Self.file, behaviour, "serve")
        try ground.publish("tiny", server)
        let result = try ground.models("install", "tiny")
        #expect(result.status == 78, "\(result)")
        #expect(result.errors.contains(message) && result.errors.contains("\nhint: "), "\(result)")
        #expect(entries(of: ground.local) == [], "nothing is left")
        // What was there before stays as it is.
        #expect(try ground.models("install", "tiny").status == 0)
        let again = try ModelServer(Self.file, behaviour)
        try ground.publish("tiny", again)
        #expect(try ground.models("install", "--force", "tiny").status == 78)
        #expect(ground.weights("tiny") == Self.file && ground.isClean)
    }

    @Test(
        arguments: [
            ("html", 69, "is a web page, not a model: perhaps this network wants a login"),
            ("page", 69, "is a web page, not a model"), ("text", 65, "it begins with “version https://git-lfs"),
            ("status=404", 69, "it is not there (404)"), ("status=403", 77, "refuses it (403)"),
            ("status=451", 69, "answers 451"), ("to=/x", 69, "redirected without end"),
        ] as [(String, CInt, String)]) func whatIsNoModelIsSaid(_ behaviour: String, _ status: CInt, _ message: String)
        throws
    {
        let server = try ModelServer(Self.file, behaviour)
        let result = try ground.models("install", "\(server.url)/tiny.gguf")
        #expect(result.status == status, "\(result)")
        #expect(result.errors.contains(message), "\(result)")
        #expect(entries(of: ground.local) == [])
    }

    @Test func aBusyServerIsAskedAgain() throws {
        let server = try ModelServer(Self.file, "status=503", "break=0", "serve")
        try ground.publish("tiny", server)
        #expect(try ground.models("install", "tiny").status == 0)
        #expect(server.requests.count == 3)
    }

    @Test func whoIsAlwaysBusyIsLeftForLater() throws {
        let server = try ModelServer(Self.file, "status=503")
        let result = try ground.models("install", "\(server.url)/tiny.gguf")
        #expect(result.status == 75 && result.errors.contains("503"), "\(result)")
        #expect(server.requests.count == 5)
    }

    @Test func nobodyAnswers() throws {
        let port = try LoopbackPort.free()
        try ground.catalogue("tiny", "url = \"http://127.0.0.1:\(port)/tiny.gguf\"")
        let result = try ground.models("install", "tiny")
        #expect(result.status == 69 && result.errors.contains("127.0.0.1:\(port)"), "\(result)")
        #expect(entries(of: ground.local) == [])
    }
}

/// The ways to where the bytes are.
@Suite(.enabled(if: ModelServer.isInstalled && SpeechServer.isInstalled, "needs python3, sha256sum and openssl"))
struct ModelsAddresses {
    private let ground: ModelsHome
    private static let file = ModelServer.weights(500_000)

    init() throws {
        ground = try ModelsHome()
    }

    /// The hub says hash and size in the redirect; they are believed if the catalogue has none.
    @Test func aHubRedirects() throws {
        let server = try ModelServer(Self.file, "hub", "serve")
        let result = try ground.models("install", "\(server.url)/a/resolve/main/tiny.gguf")
        #expect(result.status == 0 && !result.errors.contains("not checked"), "\(result)")
        #expect(server.requests.map { $0["path"]?.string } == ["/a/resolve/main/tiny.gguf", "/stored"])
        #expect(ground.weights("tiny") == Self.file)

        let wrong = try ModelServer(Self.file, "hub-wrong", "serve")
        let second = try ground.models("install", "\(wrong.url)/other.gguf")
        #expect(second.status == 78, "\(second)")
        #expect(ground.weights("other") == nil && ground.isClean)
    }

    @Test func aRedirectIsFollowedWithThePart() throws {
        let server = try ModelServer(Self.file, "hub", "break=300000", "hub", "serve")
        let result = try ground.models("install", "\(server.url)/tiny.gguf")
        #expect(result.status == 0, "\(result)")
        #expect(server.requests.last?["range"]?.string == "bytes=300000-")
        #expect(ground.weights("tiny") == Self.file)
    }

    @Test func fromProtectedToUnprotectedIsRefused() throws {
        let plain = try ModelServer(Self.file, "serve")
        let certificate = try Certificate()
        let secure = try ModelServer(Self.file, "to=\(plain.url)/stolen.gguf", certificate: certificate)
        let trust: [String: String?] = ["SSL_CERT_FILE": certificate.path]
        let result = try ground.models("install", "\(secure.url)/tiny.gguf", environment: trust)
        #expect(result.status == 69 && result.errors.contains("which is not protected"), "\(result)")
        #expect(plain.requests.isEmpty && ground.weights("tiny") == nil)
        // The other way round is an improvement.
        let good = try ModelServer(Self.file, "serve", certificate: certificate)
        let up = try ModelServer(Self.file, "to=\(good.url)/tiny.gguf")
        #expect(try ground.models("install", "\(up.url)/tiny.gguf", environment: trust).status == 0)
        // Nobody vouches for this one.
        #expect(try ground.models("install", "--name", "x", "\(good.url)/tiny.gguf").status == 69)
    }

    @Test func aMirrorStandsForThePublisher() throws {
        let server = try ModelServer(Self.file, "serve")
        try ground.catalogue(
            "tiny", "repository = \"who/what\"", "revision = \"0123abcd\"", "file = \"tiny-Q8_0.gguf\"",
            "sha256 = \"\(ModelServer.sha256(Self.file))\"")
        let mirror: [String: String?] = ["VT_MODEL_MIRROR": server.url + "/hub/"]
        let result = try ground.models("install", "tiny", environment: mirror)
        #expect(result.status == 0, "\(result)")
        #expect(server.requests.map { $0["path"]?.string } == ["/hub/who/what/resolve/0123abcd/tiny-Q8_0.gguf"])
    }

    @Test func theCataloguesMirrorStandsInForWhoCannotBeReached() throws {
        let server = try ModelServer(Self.file, "serve")
        let gone = try LoopbackPort.free()
        let (place, mirror) = ("url = \"http://127.0.0.1:\(gone)/tiny.gguf\"", "mirror = \"\(server.url)/copy.gguf\"")
        try ground.catalogue("tiny", place, mirror, "sha256 = \"\(ModelServer.sha256(Self.file))\"")
        let result = try ground.models("install", "tiny")
        #expect(result.status == 0 && result.errors.contains("going on with the mirror \(server.url)"), "\(result)")
        // Without a hash nobody would notice what a mirror puts in.
        try ground.catalogue("other", place, mirror)
        #expect(try ground.models("install", "other").status == 69)
        #expect(server.requests.count == 1)
        // Whoever can be reached is believed when he says that there is none.
        let publisher = try ModelServer(Self.file, "status=404")
        try ground.catalogue(
            "third", "url = \"\(publisher.url)/x\"", mirror, "sha256 = \"\(ModelServer.sha256(Self.file))\"")
        #expect(try ground.models("install", "third").status == 69)
        #expect(server.requests.count == 1)
    }

    @Test func aFileOfTheMachine() throws {
        let path = ground.home.files + "/ggml-small.en.bin"
        let bytes = WhisperWeights.bin()
        try write(bytes, to: path)
        let result = try ground.models("install", path)
        #expect(result.status == 0 && result.errors.contains("whisper-small.en is installed: "), "\(result)")
        // It is made into what can be mapped, with a file for short recordings.
        #expect(entries(of: "\(ground.local)/whisper-small.en") == ["about", "model.gguf", "window-10.gguf"])
        let about = try ground.about("whisper-small.en")
        #expect(about.contains("file model.gguf") && about.contains("window 10 window-10.gguf"), "\(about)")
        #expect(try ground.models("verify", "whisper-small.en").status == 0)
        #expect(try ground.models("install", "file://\(path)", "--name", "mine").status == 0)
        #expect(ground.weights("mine") == ground.weights("whisper-small.en"))
        #expect(try contents(of: path) == bytes, "the file stays")
        // By name in the folder, too.
        #expect(try ground.models("install", "ggml-small.en.bin").status == 0)
    }

    /// What was fetched elsewhere is known by its name and its hash.
    @Test func aFileOfTheCatalogues() throws {
        try ground.catalogue(
            "tiny", "repository = \"who/what\"", "revision = \"0123abcd\"", "file = \"tiny-Q8_0.gguf\"",
            "sha256 = \"\(ModelServer.sha256(Self.file))\"", "languages = [\"de\"]", "family = \"parakeet\"",
            "rank = 3",
            "licence = \"CC-BY-4.0\"", "attribution = \"Somebody\"")
        try write(Self.file, to: ground.home.files + "/tiny-Q8_0.gguf")
        let result = try ground.models("install", "./tiny-Q8_0.gguf")
        #expect(
            result.status == 0 && result.errors.contains("tiny is installed") && result.errors.contains("by Somebody"),
            "\(result)")
        let about = try ground.about("tiny")
        #expect(about.contains("languages de") && about.contains("rank 3") && about.contains("source ./tiny-Q8_0.gguf"))
        #expect(try ground.models("install", "tiny").errors == "vt-models: tiny is installed already\n")
    }

    @Test(
        arguments: [
            ("none.gguf", [], 66), ("text.gguf", [], 65), ("empty.gguf", [], 65), ("cut.gguf", [], 65),
            ("cut.bin", [], 65), ("/dev/null", ["--name", "x"], 66),
            ("good.gguf", ["--sha256", String(repeating: "0", count: 64)], 78), ("a b.gguf", [], 64),
            ("good.gguf", ["--name", "../x"], 64), ("ftp://127.0.0.1/x.gguf", [], 64),
        ] as [(String, [String], CInt)]) func filesThatAreRefused(_ name: String, _ options: [String], _ status: CInt)
        throws
    {
        for (name, bytes) in [
            ("text.gguf", Array("hello, world\n".utf8)), ("empty.gguf", []), ("good.gguf", ModelServer.weights(100)),
            ("cut.gguf", Array("GGUF".utf8) + [3, 0, 0, 0, 9]), ("cut.bin", Array(WhisperWeights.bin().prefix(3000))),
            ("a b.gguf", ModelServer.weights(100)),
        ] {
            try write(bytes, to: "\(ground.home.files)/\(name)")
        }
        let result = try run(Command("vt-models", ["install", name] + options), home: ground.home)
        #expect(result.status == status, "\(result)")
        #expect(result.errors.hasPrefix("vt-models: "))
        #expect(entries(of: ground.local) == [])
    }
}
