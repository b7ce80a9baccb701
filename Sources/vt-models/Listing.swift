internal import Glibc
internal import ModelInstalling
internal import Models
internal import POSIX
internal import Program
internal import Text

/// A model in the list.
struct ListedModel {
    enum State: String {
        case installed
        /// A part of it has come.
        case partial
        case available
    }

    var engine: String
    var name: String
    var state: State
    /// Whether it is used if none is named.
    var isDefault = false
    var task = InstalledModel.Task.recognition.rawValue
    var family = ""
    var languages: [String] = []
    /// Nil if nobody says.
    var streams: Bool?
    var size: Int?
    var licence = ""
    var wordErrors: Double?
    var wordErrorsOn = ""
    var summary = ""
    var path: String?
    var source = ""

    /// What the user calls it.
    var shownName: String { engine == "local" || engine == "vt" ? name : "\(engine)/\(name)" }

    init(_ model: EngineModels.Model) {
        engine = model.engine
        name = model.name
        state = model.isInstalled ? .installed : .available
        isDefault = model.isDefault
        family = model.family
        languages = model.languages
        streams = model.streams
        size = model.size
        licence = model.licence
        wordErrors = model.wordErrors
        summary = model.summary
        path = model.path
    }

    init(_ model: CatalogueModel, isPartial: Bool) {
        engine = "local"
        name = model.name
        state = isPartial ? .partial : .available
        task = model.task.rawValue
        family = model.family
        languages = model.languages
        streams = model.streams
        size = model.size
        licence = model.licence
        wordErrors = model.wordErrors
        wordErrorsOn = model.wordErrorsOn
        summary = model.summary
        source = model.address()
    }

    /// - Parameter known: what the catalogue says of it.
    init(_ model: InstalledModel, known: CatalogueModel?, isDefault: Bool) {
        engine = "local"
        name = model.name
        state = .installed
        self.isDefault = isDefault
        source = model.source
        task = model.task.rawValue
        family = model.family
        languages = model.languages
        streams = model.streams
        size = model.size
        licence = model.licence
        wordErrors = model.wordErrors
        wordErrorsOn = model.wordErrorsOn
        // Of a file of somebody's nobody knows.
        if family.isEmpty { streams = nil }
        summary = known?.summary ?? (source.isEmpty ? "" : "from \(source)")
        path = model.path
    }

    /// The speech detector.
    init(detectorAt path: String?) {
        engine = "vt"
        name = DetectorWeights.name
        state = path == nil ? .available : .installed
        task = "detection"
        family = "silero"
        size = 891_264
        licence = "MIT"
        summary = "hears whether somebody speaks"
        self.path = path
    }

    /// For programs.
    var json: String {
        var members: [JSONValue.Member] = [
            .init("name", .string(shownName)), .init("engine", .string(engine)),
            .init("state", .string(state.rawValue)),
            .init("default", .bool(isDefault)), .init("task", .string(task)),
            .init("languages", .array(languages.map { .string($0) })),
        ]
        func add(_ name: String, _ text: String) {
            if !text.isEmpty { members.append(.init(name, .string(text))) }
        }
        if let streams { members.append(.init("streams", .bool(streams))) }
        if let size { members.append(.init("size", .integer(size))) }
        if let wordErrors { members.append(.init("word_errors", .number(decimal(wordErrors, places: 2)))) }
        add("word_errors_on", wordErrors == nil ? "" : wordErrorsOn)
        add("family", family)
        add("licence", licence)
        add("source", source)
        if let path { add("path", path) }
        add("summary", summary)
        return JSONValue.object(members).line
    }
}

extension ModelsProgram {
    /// `list`.
    func list(_ interruption: Interruption) throws -> ExitStatus {
        let models = try listed(interruption)
        if chosenFormat == .jsonl {
            try say(models.map { $0.json + "\n" }.joined())
            return .done
        }
        if models.isEmpty { Log.notice("no model is installed; vt-models install fetches one") }
        try say(ModelTable(models).text(width: isatty(STDOUT_FILENO) == 1 ? TerminalLine.columns : nil))
        return .done
    }

    private func listed(_ interruption: Interruption) throws -> [ListedModel] {
        let store = ModelStore.standard
        let catalogue = try Catalogue.standard()
        let present = store.models()
        let best = store.best()?.name
        let partial = (try? ModelsFolder.own())?.partial ?? []
        func row(_ model: InstalledModel) -> ListedModel {
            ListedModel(model, known: catalogue[model.name], isDefault: model.name == best)
        }
        var rows = catalogue.models.map { model in
            present.first { $0.name == model.name }.map(row)
                ?? ListedModel(model, isPartial: partial.contains(model.name))
        }
        // Those that no catalogue names come first: they are the user's own.
        rows = present.filter { catalogue[$0.name] == nil }.map(row) + rows
        rows.append(ListedModel(detectorAt: DetectorWeights.path(in: store)))
        for model in try Engines(interruption).models() where model.isInstalled || all {
            rows.append(ListedModel(model))
        }
        return installed ? rows.filter { $0.state == .installed } : rows
    }
}
