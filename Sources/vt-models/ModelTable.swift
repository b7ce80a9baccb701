internal import ModelInstalling
internal import Models
internal import Text

/// Models as an aligned table, for people.
struct ModelTable {
    private let models: [ListedModel]
    /// What most word errors were measured on.
    private let usualMeasure: String

    init(_ models: [ListedModel]) {
        self.models = models
        var counts: [String: Int] = [:]
        for model in models where model.wordErrors != nil && !model.wordErrorsOn.isEmpty {
            counts[model.wordErrorsOn, default: 0] += 1
        }
        usualMeasure = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
    }

    private static let heads = ["", "NAME", "SIZE", "LANGUAGES", "LIVE", "ERRORS", "LICENCE", "WHAT IT IS"]

    /// The table, and what its marks mean.
    ///
    /// - Parameter width: columns of the terminal, at which lines are cut; nil cuts none.
    func text(width: Int?) -> String {
        if models.isEmpty { return "" }
        let rows = [ModelTable.heads] + models.map(cells)
        let widths = ModelTable.heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                // Numbers end below each other.
                let isNumber = column == 2 || column == 5
                line += (column > 1 ? "  " : column == 1 ? " " : "") + (isNumber ? space + cell : cell + space)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        lines.append("")
        lines.append("* used if no model is named   + installed   ~ partly fetched")
        if !usualMeasure.isEmpty {
            lines.append("ERRORS: words in a hundred, as published, on \(usualMeasure)")
        }
        if let width { lines = lines.map { $0.count > width ? $0.prefix(max(1, width - 1)) + "…" : $0 } }
        return lines.joined(separator: "\n") + "\n"
    }

    private func cells(_ model: ListedModel) -> [String] {
        let mark =
            switch model.state {
            case .installed: model.isDefault ? "*" : "+"
            case .partial: "~"
            case .available: ""
            }
        let languages =
            switch model.languages.count {
            case 0: "-"
            case 1...4: model.languages.joined(separator: " ")
            default: "\(model.languages.count) languages"
            }
        var errors = model.wordErrors.map { decimal($0, places: 1) } ?? "-"
        var summary = model.summary
        if model.wordErrors != nil, !model.wordErrorsOn.isEmpty, model.wordErrorsOn != usualMeasure {
            errors = "\(errors)!"
            summary += "\(summary.isEmpty ? "" : "; ")! on \(model.wordErrorsOn)"
        }
        let live = model.streams.map { $0 ? "yes" : "no" } ?? "-"
        return [
            mark, model.shownName, model.size.map(readableSize) ?? "-", languages,
            model.task == InstalledModel.Task.recognition.rawValue ? live : "-", errors,
            model.licence.isEmpty ? "-" : model.licence, summary,
        ].map(\.sanitized)
    }
}
