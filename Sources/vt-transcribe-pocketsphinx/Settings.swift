import EnginePlugin
import Glibc
import POSIX
import Program

/// What is to be recognised, and with which files: the answer to `describe`, and the environment read back.
struct Settings: Sendable {
    /// What limits the words that can be heard.
    enum Search: Sendable, Equatable {
        /// A statistical language model: dictation.
        case languageModel(path: String)
        /// A grammar in JSGF: commands.
        case jsgf(path: String)
        /// A finite state grammar in Sphinx's own format.
        case fsg(path: String)
        /// One phrase that is waited for, all else is ignored.
        case keyphrase(String)
        /// A file of such phrases.
        case keyphrases(path: String)
    }

    var search: Search
    /// The folder of the acoustic model.
    var acousticModel: String
    /// The pronunciation dictionary.
    var dictionary: String
    /// Options that are handed to PocketSphinx as they are, `-name` and value.
    var passedOn: [(name: String, value: String)]

    /// The engine's options, by the names that PocketSphinx's users know from its own programs.
    enum Option: String, CaseIterable {
        case hmm, dict, lm, jsgf, fsg, toprule, keyphrase, kws, kws_threshold, kws_plp, beam, wbeam, pbeam, maxhmmpf
        case lw, wip, fwdflat

        var help: String {
            switch self {
            case .hmm: "folder of the acoustic model"
            case .dict: "pronunciation dictionary"
            case .lm: "language model, ARPA or binary"
            case .jsgf: "recognise only what this JSGF grammar allows"
            case .fsg: "recognise only what this Sphinx finite state grammar allows"
            case .toprule: "the grammar's start rule as GRAMMAR.RULE (default: its first public one)"
            case .keyphrase: "wait for this phrase and ignore all else"
            case .kws: "wait for the phrases of this file, one a line: phrase /threshold/"
            case .kws_threshold: "how sure to be of a phrase, 1e-50 (often) to 1 (seldom)"
            case .kws_plp: "phone loop probability for phrases (default 1e-1)"
            case .beam: "beam of the search, smaller is wider (default 1e-48)"
            case .wbeam: "beam of word exits (default 7e-29)"
            case .pbeam: "beam of phone transitions (default 1e-48)"
            case .maxhmmpf: "HMMs kept for each frame: more is slower and may be better (default \(Tuning.activeHMMs))"
            case .lw: "weight of the language model (default 6.5)"
            case .wip: "word insertion penalty (default 0.65)"
            case .fwdflat: "yes: a second pass over each utterance, which delays its text (default no)"
            }
        }

        /// Whether the value names a file or folder that must exist.
        var isPath: Bool {
            switch self {
            case .hmm, .dict, .lm, .jsgf, .fsg, .kws: true
            default: false
            }
        }

        /// Whether PocketSphinx reads the value as a number.
        var isNumber: Bool {
            switch self {
            case .kws_threshold, .kws_plp, .beam, .wbeam, .pbeam, .maxhmmpf, .lw, .wip: true
            default: false
            }
        }
    }

    /// Whether phrases are waited for.
    var isSpotting: Bool {
        switch search {
        case .keyphrase, .keyphrases: true
        default: false
        }
    }

    /// The answer to `describe`.
    static var description: EngineDescription {
        EngineDescription(
            summary: "Offline recognition with PocketSphinx: dictation drafts, grammars for commands, key phrases",
            givesPartials: true, pause: Tuning.pauseToHear, heeds: ["timestamps"],
            options: Option.allCases.map { ($0.rawValue, $0.help) })
    }

    /// Reads the settings that vt-transcribe passes in the environment.
    ///
    /// - Parameter events: gets warnings about what is ignored.
    init(warning events: EventOutput) throws(Failure) {
        let asked = try EngineEnvironment()
        // A fallback chain passes the same settings to every engine, so these are no errors; nor are they silent.
        if let model = asked.model {
            try events.warning(
                "the model \(model) is ignored: PocketSphinx has none of that kind",
                hint: "--option hmm=FOLDER --option dict=FILE --option lm=FILE choose its model")
        }
        if asked.prompt != nil {
            try events.warning(
                "the prompt is ignored: PocketSphinx takes none",
                hint: "--option jsgf=GRAMMAR or --option lm=FILE tell it what to expect")
        }
        var values: [Option: String] = [:]
        for option in Option.allCases {
            values[option] = try Settings.checked(option)
        }
        try self.init(values, language: asked.languages.first)
    }

    /// An option's value, with what can be said about it without PocketSphinx.
    private static func checked(_ option: Option) throws(Failure) -> String? {
        guard let value = EngineEnvironment.option(option.rawValue) else { return nil }
        if option.isPath, unsafe access(value, R_OK) != 0 {
            throw Failure(
                .noInput, "option \(option.rawValue): \(value): \(SystemError(code: errno, call: "access").reason)")
        }
        if option.isNumber, Double(value).map({ $0.isFinite && $0 >= 0 }) != true {
            throw Failure(.usage, "option \(option.rawValue): \(value) is no number")
        }
        if option == .fwdflat, value != "yes", value != "no" {
            throw Failure(.usage, "option fwdflat: \(value) is neither yes nor no")
        }
        return value
    }

    private init(_ values: [Option: String], language: String?) throws(Failure) {
        let searches: [Option] = [.lm, .jsgf, .fsg, .keyphrase, .kws].filter { values[$0] != nil }
        guard searches.count <= 1 else {
            throw Failure(.usage, "options \(searches.map(\.rawValue).joined(separator: " and ")) exclude each other")
        }
        if values[.toprule] != nil, values[.jsgf] == nil {
            throw Failure(.usage, "option toprule needs the option jsgf")
        }
        // With all three given, no model of the system's is needed, whatever the language.
        if let hmm = values[.hmm], let dict = values[.dict], !searches.isEmpty {
            acousticModel = hmm
            dictionary = dict
            search = .keyphrase("")
        } else {
            let model = try InstalledModel(language: language)
            acousticModel = values[.hmm] ?? model.acousticModel
            dictionary = values[.dict] ?? model.dictionary
            search = .languageModel(path: model.languageModel)
        }
        if let option = searches.first, let value = values[option] {
            search =
                switch option {
                case .jsgf: .jsgf(path: value)
                case .fsg: .fsg(path: value)
                case .keyphrase: .keyphrase(value)
                case .kws: .keyphrases(path: value)
                default: .languageModel(path: value)
                }
        }
        passedOn = [.toprule, .kws_threshold, .kws_plp, .beam, .wbeam, .pbeam, .maxhmmpf, .lw, .wip, .fwdflat]
            .compactMap {
                (option: Option) in values[option].map { ("-" + option.rawValue, $0) }
            }
    }
}
