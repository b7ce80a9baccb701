/// A speech service on the network: a row of facts about where it is, what it takes and what it can do.
///
/// To add one, add a row to `Provider.all` and a recorded reply to Tests/Fixtures/replies.
package struct Provider: Sendable {
    /// As `--engine` names it.
    package var name: String
    /// One line for `--list-engines`.
    package var summary: String
    package var dialect: Dialect
    /// Scheme, host and path prefix, without a slash at the end; nil where the user has to say it.
    package var baseURL: String?
    /// What is requested below the base URL, with its slash.
    package var path: String
    /// What is requested instead while the audio still grows; nil where that is the same.
    package var livePath: String?
    package var authorization: Authorization
    /// The environment variable that holds its key.
    package var keyVariable: String
    /// Domains below which every host is its own, beside that of its address.
    package var domains: [String] = []
    /// Whether it answers without a key, too.
    package var keyIsOptional = false
    /// Whether it takes `auto` for a language, and another one if it is told none.
    package var knowsAuto = false
    /// nil: the server has one model, or the user has to name it.
    package var defaultModel: String?
    package var modelUse = ModelUse.needed
    /// What its models can do, the first that fits the name; the last row fits all.
    package var models: [Model]
    /// Fields that `--option` may set, beside those that our own options set; nil lets all pass.
    package var options: [String]?
    /// What it takes, the best first.
    package var formats: [AudioContainer]
    /// Whether it takes a body whose length is not known when it begins.
    package var takesUnknownLength = true
    package var limits: Limits
    /// Shorter audio is charged for as if it were as long.
    package var minimumBilledSeconds = 0.0
    /// Whether nobody charges for it: it is the user's own.
    package var isFree = false
    /// Statuses after which it wants to be asked once more, and not again and again.
    package var triedOnce: Set<Int> = []
    /// Hints for statuses that do not mean there what they mean elsewhere.
    package var hints: [Int: String] = [:]

    /// The request's and the reply's language.
    package enum Dialect: Sendable {
        /// OpenAI's: fields and a file in multipart/form-data.
        case openAI
        /// Deepgram's: the audio is the body, everything else is in the query.
        case deepgram
        /// AssemblyAI's: a JSON part, then the audio.
        case assemblyAI
        /// OpenAI's, at an address that names the deployment of a model, with the version of the interface.
        case azure
    }

    /// What a model can do; the rows of `models` in order.
    ///
    /// - Parameter name: nil is the server's own model.
    package func model(_ name: String?) -> Model {
        let name = name ?? defaultModel ?? ""
        return models.first { name.hasPrefix($0.prefix) } ?? Model(prefix: "")
    }

    package enum ModelUse: Sendable {
        /// It can't do without the name of one.
        case needed
        case optional
        /// It has the one that it was started with.
        case ignored
    }

    /// How the key is sent.
    package enum Authorization: Sendable, Equatable {
        /// `Authorization: SCHEME KEY`.
        case scheme(String)
        /// `Authorization: KEY`.
        case bare
        /// `api-key: KEY`, or a token of Entra's as a bearer (`AzureAddress`).
        case azure
        case none
    }

    /// How much audio a request may hold; nil is no limit that is known.
    package struct Limits: Sendable, Equatable {
        /// Of the request, its fields included.
        package var bytes: Int?
        package var seconds: Double?
        /// Shorter audio is refused.
        package var minimumSeconds = 0.0

        package init(bytes: Int? = nil, seconds: Double? = nil, minimumSeconds: Double = 0) {
            self.bytes = bytes
            self.seconds = seconds
            self.minimumSeconds = minimumSeconds
        }
    }

    /// What the models of one kind can do, and how they are asked for it.
    package struct Model: Sendable {
        /// What the name begins with.
        package var prefix: String
        package var language = LanguageField.none
        package var hasPrompt = false
        /// The field for words to expect.
        package var keywords: KeywordField?
        package var temperature: ClosedRange<Double>?
        package var timestamps = Timestamps.none
        package var speakers = Speakers.none
        /// Whether `stream` makes it answer with events.
        package var streams = false
        /// Options of the provider's that this model is not known to heed.
        package var doubtful: [String] = []
        /// Where it is not the provider's.
        package var baseURL: String?
        package var limits: Limits?
        /// Said once where it is used: that it will go, and what comes instead.
        package var warning: String?
    }

    package enum LanguageField: Sendable, Equatable {
        case none
        /// One tag in a field of that name.
        case one(String)
        /// Any number, each in a field of that name.
        case many(String)
    }

    package enum KeywordField: Sendable, Equatable {
        /// Each in a field of that name.
        case repeated(String)
        /// All in one field, with commas.
        case joined(String)
    }

    /// When words were said, as far as the model says it.
    package enum Timestamps: Sendable, Equatable {
        case none
        /// For segments only.
        case segments
        /// For segments and words, as asked for.
        case words
        /// For both at once, in one field with a comma (Fireworks).
        case wordsJoined
        /// Always, without being asked.
        case always
    }

    /// Who said it, as far as the model says it.
    package enum Speakers: Sendable, Equatable {
        case none
        /// Where a field says so.
        case field(String, String)
        /// Always: it is what the model is for.
        case always
    }
}
