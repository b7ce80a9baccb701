internal import Plugins
internal import Text

/// Rules that hold for every plugin, tried on a driver: what it does with what it cannot know, and what it leaves behind.
struct DriverManners {
    let plugin: Plugin
    let description: PluginDescription
    let variables: [String: String]
    let patience: Duration

    /// `describe` is asked with nobody at the other end of its input.
    func describing() throws -> DriverCheck.Finding {
        let check = Conformance.general().filter { $0.what == "describe reads nothing and leaves nothing behind" }
        return finding(try Conformance(plugin, check).run { _ in }.first?.verdict ?? .passed)
    }

    /// Variables that nobody knows, and some that are no UTF-8.
    func unknownVariables() throws -> DriverCheck.Finding {
        var trial = trial()
        trial.call.variables["VT_TOMORROW"] = "1"
        trial.call.variables["VT_AUDIO_CODEC"] = "flac; exit 3; \"$(exit 3)\""
        trial.rawVariables = [("VT_LATER", [0xFE, 0x80]), ("TOMORROW", [0xED, 0xA0, 0x80])]
        return judge(try trial.run(plugin))
    }

    /// All that it starts is in its process group, and gone when it has ended.
    func processes() throws -> DriverCheck.Finding {
        let outcome = try trial().run(plugin)
        if let problem = outcome.leftovers { return .broken(problem) }
        if outcome.groups.count > 1 { return .broken("it has processes in \(outcome.groups.count) process groups") }
        return judge(outcome)
    }

    private func trial() -> Trial {
        let text = Array(EventLine("text", text: "\(DriverCheck.marker) ").line.utf8)
        let call = Plugin.Call("type-v1", variables: variables, secrets: description.secrets)
        var trial = Trial(call, [.bytes(text), .awaitLines(prefix: "done", count: 1), .look], limit: patience)
        // That an answer never comes has to be noticed while its input is open.
        trial.total = patience * 2
        return trial
    }

    private func judge(_ outcome: Trial.Outcome) -> DriverCheck.Finding {
        if let problem = outcome.leftovers { return .broken(problem) }
        switch outcome.ending {
        case .exited(0): return .kept
        case .exited(let status) where Conformance.excuses.contains(status): return .untried("it \(outcome.howItEnded)")
        default: return .broken("it \(outcome.howItEnded)")
        }
    }

    private func finding(_ verdict: Conformance.Verdict) -> DriverCheck.Finding {
        switch verdict {
        case .passed: .kept
        case .failed(let what): .broken(what)
        case .untried(let why, _): .untried(why)
        }
    }
}
