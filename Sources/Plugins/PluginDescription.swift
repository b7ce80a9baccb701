internal import Text

/// What a plugin says about itself when it is asked to `describe` (vt-plugin(7)).
package struct PluginDescription: Equatable, Sendable {
    /// The shape of audio on a pipe.
    package enum Audio: String, Sendable {
        case wav
        case s16le
    }

    /// A setting of the user's that not every engine understands, by its name in `heeds`.
    package enum Setting: String, CaseIterable, Sendable {
        /// Several, of which one or another is spoken: `VT_LANGUAGES`.
        case languages
        case keywords
        case temperature
        case speakers
        case timestamps
    }

    package struct Option: Equatable, Sendable {
        package var name: String
        package var summary: String
    }

    /// One line, for listings.
    package var summary = ""
    /// How an engine wants its audio; a WAV stream if it does not say.
    package var input = Audio.wav
    /// How a recorder gives its audio; a WAV stream if it does not say.
    package var output = Audio.wav
    /// Whether it gives partial results.
    package var givesPartials = false
    /// Whether it takes a batch of files.
    package var takesFiles = false
    /// Whether it may be started before anybody speaks: it then gets ready, waits, and does nothing that anybody could notice.
    package var standsBy = false
    /// Whether it has models that can be listed and installed (`models-v1`).
    package var hasModels = false
    /// What it can be told beside language, model and prompt; of the rest it hears nothing.
    package var heeds: Set<Setting> = []
    /// Seconds of silence that it wants to hear in a pause, so that it notices that an utterance has ended; nil is up to the host.
    package var pause: Double?
    /// Variables with credentials that it needs to see.
    package var secrets: [String] = []
    package var options: [Option] = []
    /// Commands (searched in PATH) and files (with a `/`) without which it can't work.
    package var requirements: [String] = []

    /// Reads the answer to `describe`.
    ///
    /// - Parameters:
    ///   - answer: lines `key value`, the first one `vt-plugin 1`; unknown keys are ignored.
    ///   - name: the plugin's, for messages.
    /// - Throws: `.protocolError`.
    package init(parsing answer: String, of name: String) throws(PluginError) {
        func wrong(_ what: String) -> PluginError { PluginError(.protocolError, "\(name): describe: \(what)") }
        var lines = answer.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)[...]
        let first = lines.popFirst() ?? ""
        guard first == "vt-plugin 1" else {
            if first.hasPrefix("vt-plugin ") {
                throw wrong("it speaks “\(first.prefix(40).sanitizedLine)”, and this program vt-plugin 1")
            }
            throw wrong("the first line is not “vt-plugin 1”")
        }
        var (hasInput, hasOutput) = (false, false)
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard let key = parts.first else { continue }
            let value = parts.count > 1 ? parts[1].trimmedSpaces : ""
            switch key {
            case "summary": summary = value.sanitized
            case "input":
                guard let wanted = Audio(rawValue: value) else {
                    throw wrong("input is wav or s16le, not “\(value.sanitizedLine)”")
                }
                if !hasInput { input = wanted }
                hasInput = true
            case "output":
                guard let given = Audio(rawValue: value) else {
                    throw wrong("output is wav or s16le, not “\(value.sanitizedLine)”")
                }
                if !hasOutput { output = given }
                hasOutput = true
            case "partial": givesPartials = try yesOrNo(value, wrong("partial is yes or no"))
            case "files": takesFiles = try yesOrNo(value, wrong("files is yes or no"))
            case "standby": standsBy = try yesOrNo(value, wrong("standby is yes or no"))
            case "models": hasModels = try yesOrNo(value, wrong("models is yes or no"))
            case "heeds":
                // Of what is not known yet, nothing is said to it.
                heeds.formUnion(value.split(separator: " ").compactMap { Setting(rawValue: String($0)) })
            case "pause":
                guard let seconds = Double(value), (0...60).contains(seconds) else {
                    throw wrong("pause is a number of seconds, not “\(value.sanitizedLine)”")
                }
                pause = seconds
            case "secret":
                guard isVariable(value) else { throw wrong("“secret \(value.sanitizedLine)” names no variable") }
                secrets.append(value)
            case "option":
                let words = value.split(separator: " ", maxSplits: 1)
                guard let name = words.first, Plugin.isName(name) else {
                    throw wrong("“option \(value.sanitizedLine)” has no proper name")
                }
                options.append(
                    Option(name: String(name), summary: words.count > 1 ? words[1].trimmedSpaces.sanitized : ""))
            case "requires":
                guard !value.isEmpty else { throw wrong("requires nothing") }
                requirements.append(value)
            default: break
            }
        }
    }

    /// The variables `VT_OPTION_*` for the options that the user gave.
    ///
    /// - Throws: `.usage` for an option that the plugin does not declare.
    package func variables(for given: [(key: String, value: String)], of name: String) throws(PluginError) -> [String:
        String]
    {
        var result: [String: String] = [:]
        for (key, value) in given {
            guard options.contains(where: { $0.name == key }) else {
                let known = options.map(\.name).joined(separator: ", ")
                throw PluginError(
                    .usage, "\(name) has no option “\(key.sanitizedLine)”",
                    hint: known.isEmpty ? "it has no options" : "its options are: \(known)")
            }
            result["VT_OPTION_" + PluginDescription.variable(key)] = value
        }
        return result
    }

    /// An option's name as part of a variable's: capitals and digits, `_` for all else.
    private static func variable(_ option: String) -> String {
        String(
            decoding: option.utf8.map {
                switch $0 {
                case 0x61...0x7A: $0 - 0x20
                case 0x30...0x39, 0x41...0x5A: $0
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }
}

private func yesOrNo(_ value: String, _ otherwise: PluginError) throws(PluginError) -> Bool {
    switch value {
    case "yes": return true
    case "no": return false
    default: throw otherwise
    }
}

private func isVariable(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
        switch $0 {
        case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x5F: true
        default: false
        }
    }
}

extension StringProtocol {
    fileprivate var trimmedSpaces: String {
        var rest = self[...]
        while rest.last == " " || rest.last == "\r" { rest.removeLast() }
        while rest.first == " " { rest.removeFirst() }
        return String(rest)
    }

    /// At most 80 characters for a message.
    fileprivate var sanitizedLine: String { String(self).sanitized.prefix(80).description }
}
