internal import ArgumentParser
internal import Glibc
internal import ModelInstalling
internal import Models
internal import Plugins
internal import POSIX
internal import Program

/// What is done.
enum Operation: String, CaseIterable, ExpressibleByArgument {
    case list
    case install
    case remove
    case verify
    case path
    case `default`
    case library
}

/// How models are listed.
enum ListFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case jsonl
}

/// `vt-models`: what engines and the speech detector load.
struct ModelsProgram: VoiceProgram {
    static let configuration = CommandConfiguration(
        commandName: "vt-models",
        abstract: "List, install, check and remove the models that speech is recognised with.",
        discussion: """
            vt-models [list]             what is installed, and what can be
            vt-models install [NAME...]  fetch models by name, from an address, or from a file
            vt-models remove NAME...     remove models
            vt-models verify [NAME...]   read models again, and compare them with their hashes
            vt-models path [NAME]        print where a model is
            vt-models default [NAME]     print or choose the model that is used if none is named
            vt-models library            fetch libtranscribe, which the engine local needs
            """,
        version: version)

    // Optional, so that a wrong option is what is complained about where both are wrong.
    @Argument(
        help: ArgumentHelp("list, install, remove, verify, path, default or library.", valueName: "operation"))
    var chosenOperation: Operation?

    var operation: Operation { chosenOperation ?? .list }

    @Argument(
        help: ArgumentHelp("Models: NAME, ENGINE/NAME; install takes an address or a file, too.", valueName: "model"),
        completion: .custom { _, _, _ in ModelsProgram.knownNames })
    var names: [String] = []

    @Flag(help: "With list: also what engines of their own models can install.")
    var all = false

    @Flag(help: "With list: only what is installed.")
    var installed = false

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("With list: text, or jsonl, an object a line (default: text).", valueName: "format"))
    var chosenFormat: ListFormat?

    @Option(
        help: ArgumentHelp(
            "With install: without a name, a model for this language (default: that of the locale).",
            valueName: "tag"))
    var language: String?

    @Option(
        help: ArgumentHelp("With install: what to call the model of an address or a file.", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("With install: the SHA-256 that the address or the file must have.", valueName: "hash"))
    var sha256: String?

    @Flag(help: "With install: fetch it again, although it is there.")
    var force = false

    @Flag(help: "With install: leave libtranscribe out, which comes with the first model.")
    var noLibrary = false

    @Flag(help: "With library: also what works on graphics processors (44 MB).")
    var vulkan = false

    @Flag(help: "For everybody on this machine: beside the program, not in your home.")
    var shared = false

    @Flag(help: "With default: take the choice back.")
    var unset = false

    @OptionGroup var messages: MessageOptions

    func validate() throws {
        for (isGiven, option, owners) in [
            (all, "--all", [.list]), (installed, "--installed", [.list]),
            (chosenFormat != nil, "--format", [.list]), (language != nil, "--language", [.install]),
            (name != nil, "--name", [.install]), (sha256 != nil, "--sha256", [.install]),
            (force, "--force", [.install]), (noLibrary, "--no-library", [.install]),
            (vulkan, "--vulkan", [.library]), (shared, "--shared", [.install, .remove, .library]),
            (unset, "--unset", [.default]),
        ] as [(Bool, String, [Operation])] where isGiven && !owners.contains(operation) {
            throw ValidationError("\(option) belongs to \(owners.map(\.rawValue).joined(separator: ", "))")
        }
        if all, installed { throw ValidationError("--all and --installed exclude each other") }
        if unset, !names.isEmpty { throw ValidationError("--unset takes no name") }
        switch operation {
        case .list, .library:
            if let name = names.first { throw ValidationError("\(operation.rawValue) takes no name: \(name)") }
        case .path, .default:
            if names.count > 1 { throw ValidationError("one name at a time: \(names[1]) is too many") }
        case .remove:
            if names.isEmpty { throw ValidationError("remove needs the name of a model") }
        case .install:
            if names.count != 1, name != nil || sha256 != nil {
                throw ValidationError("\(name != nil ? "--name" : "--sha256") is for one model at a time")
            }
            if language != nil, !names.isEmpty {
                throw ValidationError("--language chooses a model; here it is named")
            }
        case .verify: break
        }
        if let sha256, sha256.utf8.count != 64 || sha256.contains(where: { !$0.isHexDigit }) {
            throw ValidationError("--sha256 has 64 hexadecimal digits")
        }
        if let name, !ModelStore.isName(name) {
            throw ValidationError("--name “\(name)” cannot be the name of a model: letters, digits, ., _, + and -")
        }
    }

    func work() throws -> ExitStatus {
        messages.apply()
        let interruption = try Interruption()
        defer { interruption.endIfCaught() }
        do {
            switch operation {
            case .list: return try list(interruption)
            case .install: return try install(interruption)
            case .remove: return try remove(interruption)
            case .verify: return try verify(interruption)
            case .path: return try printPath(interruption)
            case .default: return try unset || !names.isEmpty ? chooseDefault() : printDefault()
            case .library: return try fetchLibrary(interruption)
            }
        } catch let error as InstallingError where error.code == .cancelled {
            interruption.endIfCaught()
            throw error
        }
    }

    /// What a shell completes: names of the catalogue, of what is installed, and of what is no model.
    private static var knownNames: [String] {
        let catalogue = (try? Catalogue.standard())?.models.map(\.name) ?? []
        let installed = ModelStore.standard.models().map(\.name).filter { !catalogue.contains($0) }
        return installed + catalogue + [DetectorWeights.name, Operation.library.rawValue]
    }

    /// Where things are installed.
    func folder() throws(InstallingError) -> ModelsFolder { try shared ? .shared() : .own() }

    static func explain(_ error: any Error) -> Failure? {
        if let error = error as? PluginError { return Failure(.unavailable, error.message, hint: error.hint) }
        guard let error = error as? InstallingError else { return nil }
        return Failure(status(of: error), error.message, hint: error.hint)
    }

    private static func status(of error: InstallingError) -> ExitStatus {
        switch error.code {
        case .usage: .usage
        case .catalogue, .wrongContent: .configuration
        case .noInput: .noInput
        case .notAModel: .badAudio
        case .unreachable, .webPage, .unavailable: .unavailable
        case .refused: .noPermission
        case .tryLater: .tryLater
        case .noPlace: .cannotCreate
        case .inputOutput: .inputOutput
        case .cancelled: .internalError
        case .failed(let status): ExitStatus(rawValue: status) ?? .protocolError
        }
    }
}

/// Does the same for each name, and goes on where one fails.
///
/// - Returns: the status of all: that of those that failed, or 2 if they failed in different ways or others are done.
func forEach(_ names: [String], _ body: (String) throws -> Void) throws -> ExitStatus {
    var statuses: [ExitStatus] = []
    for name in names {
        do {
            try body(name)
            statuses.append(.done)
        } catch let error as InstallingError where error.code == .cancelled {
            throw error
        } catch {
            let failure = explainFully(ModelsProgram.self, error)
            Log.error(failure.message, hint: failure.hint)
            statuses.append(failure.status)
        }
    }
    guard let first = statuses.first else { return .done }
    return statuses.allSatisfy { $0 == first } ? first : .someFailed
}
