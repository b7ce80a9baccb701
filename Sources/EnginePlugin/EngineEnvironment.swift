package import Program

/// What vt-transcribe passes to an engine in the environment (vt-plugin(7)). Empty variables count as unset.
package struct EngineEnvironment: Sendable {
    /// Language tags (BCP 47); none is the engine's own choice.
    package let languages: [String]
    package let model: String?
    /// Words or a text that the recogniser should expect.
    package let prompt: String?
    /// Single words and names that it should expect.
    package let keywords: [String]
    /// How much the recogniser may guess: 0 is not at all.
    package let temperature: Double?
    /// `segment` or `word`; nil is whatever the engine gives unasked.
    package let timestamps: String?
    /// Whether it is wanted who said what.
    package let wantsSpeakers: Bool

    /// Reads the environment.
    ///
    /// - Throws: `Failure` 64 for audio that is not mono at 16000 Hz, or a temperature that is not a number from 0 to 1.
    package init() throws(Failure) {
        if let rate = EngineEnvironment.variable("VT_RATE"), rate != "16000" {
            throw Failure(.usage, "VT_RATE=\(rate): the engine reads 16000 Hz only")
        }
        if let channels = EngineEnvironment.variable("VT_CHANNELS"), channels != "1" {
            throw Failure(.usage, "VT_CHANNELS=\(channels): the engine reads one channel only")
        }
        let several = EngineEnvironment.variable("VT_LANGUAGES")?.split(separator: ",").map(String.init) ?? []
        let single = EngineEnvironment.variable("VT_LANGUAGE").flatMap { $0 == "auto" ? nil : $0 }
        languages = single.map { [$0] } ?? several
        model = EngineEnvironment.variable("VT_MODEL")
        prompt = EngineEnvironment.variable("VT_PROMPT")
        keywords =
            EngineEnvironment.variable("VT_KEYWORDS")?.split(whereSeparator: \.isNewline).map(String.init) ?? []
        timestamps = EngineEnvironment.variable("VT_TIMESTAMPS")
        wantsSpeakers = EngineEnvironment.variable("VT_SPEAKERS") == "yes"
        if let value = EngineEnvironment.variable("VT_TEMPERATURE") {
            guard let number = Double(value), (0...1).contains(number) else {
                throw Failure(.usage, "VT_TEMPERATURE=\(value): a temperature is a number from 0 to 1")
            }
            temperature = number
        } else {
            temperature = nil
        }
    }

    /// The value of an option of the engine's own (`--option NAME=VALUE`); nil if it was not given.
    ///
    /// - Parameter name: as the description has it.
    package static func option(_ name: String) -> String? {
        let variable = name.map { $0.isLetter || $0.isNumber ? $0 : "_" }
        // Some people call plugins by hand and write the name as it is.
        return self.variable("VT_OPTION_" + String(variable).uppercased()) ?? self.variable("VT_OPTION_" + name)
    }

    private static func variable(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
