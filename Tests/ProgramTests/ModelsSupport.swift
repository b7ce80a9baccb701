import Glibc
import Harness
import Testing
import Text

/// A home into which models are installed.
struct ModelsHome {
    let home: Home
    /// `.../vt/models/local`
    let local: String

    init() throws {
        home = try Home()
        local = home.directory("data/vt/models/local")
        // As if libtranscribe were there: these tests don't fetch it.
        try makeDirectories(home.directory("data/vt/lib"))
        try write([], to: home.directory("data/vt/lib/libtranscribe.so"))
    }

    /// Runs vt-models.
    func models(
        _ arguments: String..., environment: [String: String?] = [:], within deadline: Duration = .seconds(60)
    ) throws -> Harness.Result {
        try run(Command("vt-models", arguments, environment: environment), home: home, within: deadline)
    }

    /// Writes the user's catalogue, with one model.
    ///
    /// - Parameters:
    ///   - place: lines that say where it is.
    ///   - more: further lines.
    func catalogue(_ name: String, _ place: String, _ more: String...) throws {
        try makeDirectories(home.directory("config/vt"))
        let lines = ["[[model]]", "name = \"\(name)\"", place] + more
        try write((lines.joined(separator: "\n") + "\n").utf8, to: home.directory("config/vt/models.toml"))
    }

    /// The catalogue entry of what a server publishes, with size and hash.
    func publish(_ name: String, _ server: ModelServer, _ more: String...) throws {
        try catalogue(
            name, "url = \"\(server.url)/\(name).gguf\"", "size = \(server.content.count)",
            "sha256 = \"\(ModelServer.sha256(server.content))\"", more.joined(separator: "\n"))
    }

    /// The bytes of an installed model's weights; nil if it is not there.
    func weights(_ name: String, file: String = "model.gguf") -> [UInt8]? {
        try? contents(of: "\(local)/\(name)/\(file)")
    }

    /// The `about` of an installed model.
    func about(_ name: String) throws -> [String] {
        try text(of: "\(local)/\(name)/about").split(separator: "\n").map(String.init)
    }

    /// Bytes of a model that have come.
    func partial(_ name: String) -> Int {
        (try? contents(of: "\(local)/.\(name).part").count) ?? 0
    }

    /// Whether nothing but whole models is there.
    var isClean: Bool { entries(of: local).allSatisfy { !$0.hasPrefix(".") } }
}

/// Where vt-models is installed, with a stand-in for vt-wheel beside it.
struct ModelsPrefix {
    let path: String

    /// - Parameters:
    ///   - folder: what is made below.
    ///   - wheel: the script that is vt-wheel; nil if there is none.
    init(_ folder: String, wheel: String?) throws {
        path = folder
        for name in ["bin", "libexec/vt", "share/vt"] { try makeDirectories("\(folder)/\(name)") }
        let copied = try run("cp", "\(BuiltPrograms.directory)/vt-models", "\(folder)/bin/vt-models")
        guard copied.status == 0 else { throw HarnessError("\(copied)") }
        try write(
            contents(of: "\(BuiltPrograms.packageDirectory)/Sources/vt-models/models.toml"),
            to: "\(folder)/share/vt/models.toml")
        if let wheel { try writeScript("\(folder)/libexec/vt/vt-wheel", "#!/bin/sh\n\(wheel)\n") }
    }

    var program: String { path + "/bin/vt-models" }
}
