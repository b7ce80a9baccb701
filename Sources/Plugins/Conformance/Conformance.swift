internal import Text

/// The rules of vt-plugin(7), tried on a plugin one after the other: `--check-engine`, `--check-driver`.
///
/// This is what all hosts share: how checks are run and reported, and those that hold for every plugin. A host adds its own, made
/// of `Trial`s.
package struct Conformance {
    /// One rule.
    package struct Check {
        /// What is tried, a few words: `an unknown operation`.
        package let what: String
        /// The section of vt-plugin(7) that has the rule.
        package let section: String
        let perform: (Plugin) throws -> Verdict

        /// - Parameter perform: tries it. What it throws counts as a failure of the plugin's.
        package init(_ what: String, section: String, perform: @escaping (Plugin) throws -> Verdict) {
            self.what = what
            self.section = section
            self.perform = perform
        }
    }

    /// What came of a check.
    package enum Verdict: Equatable, Sendable {
        case passed
        /// It broke the rule: what it did.
        case failed(String)
        /// It could not be tried: why, and the status with which the plugin said so; nil where it didn't.
        case untried(String, status: CInt? = nil)
    }

    /// A line of the report.
    package struct Finding: Equatable, Sendable {
        package let what: String
        package let section: String
        package let verdict: Verdict

        /// `ok`, `FAILED` or `-`, a TAB, what was tried, and where there is something to say a TAB and that; sanitised.
        package var line: String {
            switch verdict {
            case .passed: "ok\t\(what)"
            case .failed(let why): "FAILED\t\(what)\t\(why.sanitized) (vt-plugin(7), \(section))"
            case .untried(let why, _): "-\t\(what)\t\(why.sanitized)"
            }
        }
    }

    package let plugin: Plugin
    package let checks: [Check]

    /// - Parameter checks: in the order in which they are tried; see `Conformance.general`.
    package init(_ plugin: Plugin, _ checks: [Check]) {
        self.plugin = plugin
        self.checks = checks
    }

    /// Tries them all.
    ///
    /// - Parameter report: gets each finding as soon as it is there.
    /// - Returns: all of them.
    package func run(report: (Finding) throws -> Void) throws -> [Finding] {
        var findings: [Finding] = []
        for check in checks {
            let verdict: Verdict
            do {
                verdict = try check.perform(plugin)
            } catch let error as PluginError {
                // That somebody stops us, or that a call of our own fails, is not the plugin's fault.
                if error.code == .cancelled || error.code == .system { throw error }
                verdict = .failed(error.message)
            }
            let finding = Finding(what: check.what, section: check.section, verdict: verdict)
            findings.append(finding)
            try report(finding)
        }
        return findings
    }
}

extension Conformance {
    /// The exit statuses of vt(7) that a plugin may fail with.
    package static let statuses: Set<CInt> = [64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78]
    /// Those that say that it can't work here and now, which is no fault of the plugin's.
    package static let excuses: Set<CInt> = [69, 75, 77, 78]

    /// The exit status for what was found: 76 where a check failed; where the plugin said that it can't work, what it said; else 0.
    package static func status(of findings: [Finding]) -> CInt {
        if findings.contains(where: { if case .failed = $0.verdict { true } else { false } }) { return 76 }
        let excuses = findings.compactMap { if case .untried(_, let status) = $0.verdict { status } else { nil } }
        return excuses.first ?? 0
    }

    /// What every plugin must do, whatever its host.
    ///
    /// - Parameters:
    ///   - operations: all that its host may call, so far as the plugin does not declare them it must refuse them; without
    ///     `describe`. The checks that follow are for those that it has.
    ///   - cancellation: ends the trial that is under way.
    package static func general(undeclared operations: [String] = [], cancellation: Cancellation? = nil) -> [Check] {
        var checks = [
            Check("describe answers in 2 s and 64 KiB", section: "HOW IT IS CALLED") { plugin in
                _ = try plugin.describe(cache: nil)
                return .passed
            },
            Check("describe reads nothing and leaves nothing behind", section: "HOW IT IS CALLED") { plugin in
                // It is asked with nobody at the other end of its input.
                let trial = Trial(
                    Plugin.Call("describe"), [.pause(.milliseconds(1900))], limit: .seconds(2),
                    cancellation: cancellation)
                let result = try trial.run(plugin)
                if let problem = result.leftovers { return .failed(problem) }
                if result.duration >= .milliseconds(1900) { return .failed("it waits for input") }
                return .passed
            },
        ]
        // A name of tomorrow's, and what nobody will ever call so.
        for operation in ["grease-v1", "describe-v9"] + operations {
            checks.append(
                Check("\(operation), which it does not know, ends with 64", section: "HOW IT IS CALLED") { plugin in
                    let trial = Trial(Plugin.Call(operation), limit: .seconds(5), cancellation: cancellation)
                    let result = try trial.run(plugin)
                    if let problem = result.leftovers { return .failed(problem) }
                    guard result.ending == .exited(64) else { return .failed("it \(result.howItEnded)") }
                    guard result.outputBytes == 0 else { return .failed("it writes to standard output") }
                    return .passed
                })
        }
        return checks
    }
}
