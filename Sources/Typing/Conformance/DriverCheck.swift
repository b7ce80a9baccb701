internal import Glibc
package import Plugins
internal import POSIX
internal import Text

/// Tries a driver plugin against the rules of vt-plugin(7), one after the other: `vt-type --check-driver`.
///
/// A driver types; so this types a few words into whatever has the focus.
package struct DriverCheck: Sendable {
    /// What came of one rule.
    package enum Finding: Equatable, Sendable {
        case kept
        /// What is wrong.
        case broken(String)
        /// Why it could not be tried: the driver says that it cannot type here.
        case untried(String)
    }

    private let plugin: Plugin
    private let options: [(key: String, value: String)]
    /// How long the driver may take for an answer, and for its end.
    private let patience: Duration

    package init(
        _ plugin: Plugin, options: [(key: String, value: String)] = [], patience: Duration = .seconds(5)
    ) {
        self.plugin = plugin
        self.options = options
        self.patience = patience
    }

    /// Tries every rule.
    ///
    /// - Parameter report: gets each rule and what came of it, as soon as that is known.
    /// - Throws: `PluginError` where the options are wrong.
    package func run(_ report: (_ rule: String, Finding) throws -> Void) throws {
        let description: PluginDescription
        do throws(PluginError) {
            description = try plugin.describe(cache: nil)
        } catch {
            switch error.code {
            case .missingRequirement: try report("describe", .untried(error.message))
            default: try report("describe", .broken(error.message))
            }
            return
        }
        try report("describe", .kept)
        let variables = try description.variables(for: options, of: plugin.name)
        let manners = DriverManners(
            plugin: plugin, description: description, variables: variables, patience: patience)
        try report("describe reads nothing and leaves nothing behind", manners.describing())
        try report("an unknown operation ends with 64", unknownOperation(description))
        var hangs = false
        for (rule, rehearsal, judge) in DriverCheck.rules {
            if hangs {
                try report(rule, .untried("it hangs"))
                continue
            }
            let record = try Rehearsal(plugin, description, variables, patience).run(rehearsal)
            try report(rule, record.unavailable.map { .untried($0) } ?? judge(record) ?? .kept)
            // Each rule would wait for it in vain.
            hangs = record.isLate
        }
        for (rule, attempt) in [
            ("variables that nobody knows, and some that are no UTF-8, change nothing", manners.unknownVariables),
            ("its processes are in its group, and gone with it", manners.processes),
        ] {
            try report(rule, hangs ? .untried("it hangs") : try attempt())
        }
        try report("SIGTERM ends it within 2 seconds", try stopping(description, variables))
    }

    private func unknownOperation(_ description: PluginDescription) -> Finding {
        do {
            let outcome = try plugin.withProcess(for: .init("frobnicate-v9", secrets: description.secrets)) { child in
                try child.run(timeout: patience)
            }
            switch outcome.termination {
            case .exited(64): return .kept
            case .exited(let status): return .broken("it ended with status \(status)")
            case .signalled(let signal): return .broken("it died of signal \(signal)")
            }
        } catch {
            return .broken("\(error)")
        }
    }

    private func stopping(_ description: PluginDescription, _ variables: [String: String]) throws -> Finding {
        let rehearsal = Rehearsal(plugin, description, variables, patience)
        let (record, seconds) = try rehearsal.runAndStop()
        if let reason = record.unavailable { return .untried(reason) }
        return seconds < 1.9 ? .kept : .broken("it went on until SIGKILL")
    }

    // MARK: Rules

    private typealias Rule = (String, [EventLine], @Sendable (Rehearsal.Record) -> Finding?)

    /// A word that is found again in argument lists and environments.
    static let marker = "vtcheckwords"

    private static let unknown = [
        EventLine("sparkle", [.init("of", "new ness"), .init("x", "1")], text: "nobody knows this"),
        EventLine("hologram", text: "7"),
    ]

    private static let rules: [Rule] = [
        ("with nothing to type it ends with 0", [], { $0.wrongEnd }),
        ("events that it does not know get no answer", unknown, { $0.wrongAnswers(0) ?? $0.wrongEnd }),
        (
            "text gets one answer, with unknown attributes too",
            [EventLine("text", [.init("mood", "very \"good\""), .init("x", "1")], text: "\(marker) ")],
            { $0.wrongAnswers(1) ?? $0.refusal ?? $0.wrongEnd }
        ),
        (
            "every event gets its answer, at once",
            [
                EventLine("text", text: "one "), unknown[0], EventLine("text", text: "two "),
                EventLine("key", text: "hyperspace"), EventLine("text", text: "three "),
            ], { $0.wrongAnswers(4) ?? $0.wrongEnd }
        ),
        (
            "no text upsets it",
            ["  blanks  ", "'quotes' \"and\" $HOME `id` \\n %s -n * ;|&", "--help", "-", "grüße 中文 😀 e\u{301}"].map {
                EventLine("text", text: $0)
            }, { $0.wrongAnswers(5) ?? $0.wrongEnd }
        ),
        (
            "what it writes are event lines in UTF-8", [EventLine("text", text: "words ")],
            { record in record.stray.map { .broken("it wrote “\($0)”") } }
        ),
        (
            "a refusal says why", [EventLine("key", text: "hyperspace")],
            { record in
                guard let failed = record.answers.first(where: { $0.status != 0 }), failed.said == nil else {
                    return nil
                }
                return .broken("it answered “done status=\(failed.status)” with no error line before it")
            }
        ),
        (
            "the words are in no argument list and no environment", [EventLine("text", text: "\(marker) ")],
            { record in record.leak.map { .broken("\($0) had them, where every user can read them") } }
        ),
    ]
}

extension Rehearsal.Record {
    /// What is wrong with the number of answers.
    fileprivate func wrongAnswers(_ expected: Int) -> DriverCheck.Finding? {
        if let failure { return .broken(failure) }
        if isLate { return .broken("it gave \(answers.count) of \(expected) answers, and none in time after that") }
        if answers.count != expected { return .broken("it gave \(answers.count) answers, not \(expected)") }
        for status in answers.map(\.status)
        where status != 0 && !Conformance.statuses.contains(CInt(clamping: status)) {
            return .broken("“done status=\(status)” has no status of the table")
        }
        return nil
    }

    /// What is wrong where plain text is not typed. One that says that it can't work here is not asked.
    fileprivate var refusal: DriverCheck.Finding? {
        guard let answer = answers.first, answer.status != 0 else { return nil }
        return .broken("it did not type it: status \(answer.status)" + (answer.said.map { ", \($0)" } ?? ""))
    }

    /// What is wrong with the end.
    fileprivate var wrongEnd: DriverCheck.Finding? {
        if let failure { return .broken(failure) }
        switch termination {
        case .exited(0)?: return answers.count > sent ? .broken("it wrote “done” where nothing was asked of it") : nil
        case .exited(let status)?: return .broken("it ended with status \(status)")
        case .signalled(let signal)?: return .broken("it died of signal \(signal)")
        case nil: return .broken("it did not end")
        }
    }
}
