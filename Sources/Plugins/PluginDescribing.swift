internal import Glibc
internal import Text

extension Plugin {
    /// Asks the plugin what it is, within 2 seconds and 64 KiB, and whether what it needs is there.
    ///
    /// - Parameters:
    ///   - timeout: how long it may take.
    ///   - cache: where answers are kept, so that an unchanged file is asked once; nil asks it every time.
    ///   - isToWork: whether what it needs must be there; not so for one that installs what is missing.
    /// - Throws: `.protocolError`; `.missingRequirement` names what is missing; `.cannotStart`.
    package func describe(
        timeout: Duration = .seconds(2), cache: DescriptionCache? = .standard, isToWork: Bool = true
    ) throws(PluginError) -> PluginDescription {
        let description: PluginDescription
        if let answer = cache?.answer(of: self), let known = try? PluginDescription(parsing: answer, of: name) {
            description = known
        } else {
            let answer = try ask(timeout)
            description = try PluginDescription(parsing: answer, of: name)
            cache?.keep(answer, of: self)
        }
        let missing = isToWork ? description.missingRequirements : []
        guard missing.isEmpty else {
            let names = missing.map(\.sanitized).joined(separator: ", ")
            throw PluginError(
                .missingRequirement, "\(name) needs \(names), which is not there", hint: "install it, or choose another"
            )
        }
        return description
    }

    /// What the plugin has said of itself before, without running it.
    ///
    /// - Returns: nil where nobody has asked it since it was changed, or what it needs is not there.
    package func knownDescription(cache: DescriptionCache? = .standard) -> PluginDescription? {
        guard let answer = cache?.answer(of: self), let known = try? PluginDescription(parsing: answer, of: name),
            known.missingRequirements.isEmpty
        else { return nil }
        return known
    }

    /// What it says of itself, and what it needs and is not there, for a listing.
    ///
    /// - Parameters:
    ///   - mayRun: whether it is asked if nobody has asked it before.
    ///   - cache: where answers are kept.
    /// - Returns: nil where it has not been asked, or can't say.
    package func listed(
        mayRun: Bool, cache: DescriptionCache? = .standard
    ) -> (description: PluginDescription, missing: [String])? {
        let known = cache?.answer(of: self)
        guard let answer = known ?? (mayRun ? try? ask(.seconds(2)) : nil),
            let description = try? PluginDescription(parsing: answer, of: name)
        else { return nil }
        if known == nil { cache?.keep(answer, of: self) }
        return (description, description.missingRequirements)
    }

    private func ask(_ timeout: Duration) throws(PluginError) -> String {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try withProcess(for: Call("describe")) { child in
                try child.run(outputLimit: 1 << 16, timeout: timeout)
            }
        } catch let error as PluginError {
            // One that cannot even say what it is in time is broken, not busy.
            guard error.code == .timedOut else { throw error }
            throw PluginError(.protocolError, "\(name): describe: \(error.message)")
        } catch {
            throw PluginError(.system, "\(name): \(error)")
        }
        guard outcome.isSuccess else {
            let how =
                switch outcome.termination {
                case .exited(let status): "status \(status)"
                case .signalled(let signal): "signal \(signal)"
                }
            let why = outcome.lastErrorLine.map { ": \($0.sanitized.prefix(500))" } ?? ""
            // Somebody else has killed it, as the system does if memory runs out.
            let wasKilled = outcome.termination == .signalled(SIGKILL)
            throw PluginError(
                wasKilled ? .cannotStart : .protocolError, "\(name): describe ended with \(how)\(why)")
        }
        return String(decoding: outcome.output, as: UTF8.self)
    }
}

extension PluginDescription {
    /// What it needs and is not there.
    fileprivate var missingRequirements: [String] { requirements.filter { !isInstalled($0) } }
}

/// Whether a file (with a `/`) or a command (in PATH) is there.
private func isInstalled(_ requirement: String) -> Bool {
    if requirement.utf8.contains(UInt8(ascii: "/")) { return access(requirement, F_OK) == 0 }
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return path.searchPath.contains { access($0 + "/" + requirement, X_OK) == 0 }
}
