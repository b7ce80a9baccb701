internal import Text

/// What a provider's refusal means.
struct ServiceFailure: Error, Equatable, Sendable {
    /// What the user is told.
    var error: EngineError
    /// Whether the same request may succeed later.
    var isTransient = false
    /// What it says of a field that was sent; nil if it is about none, or about one that is needed.
    var refusedField: String?

    /// What is known about a refusal, whoever it came from.
    private struct Said {
        var message = ""
        /// `code`, `type`, `err_code` and the like, in lower case.
        var codes: [String] = []
        /// The field that it names as the culprit.
        var parameter: String?
    }

    private static let noCredit: Set<String> = [
        "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active",
        "payment_required", "asr_payment_required", "account_deactivated", "quota_exceeded", "insufficient_credits",
    ]
    private static let badAudio: Set<String> = [
        "audio_too_short", "audio_too_long", "audio_too_large", "bad_audio", "unsupported_audio_format",
        "invalid_audio", "unsupported_media_type",
    ]
    /// Words of messages whose code says nothing (OpenAI: `invalid_value` for audio that is too long).
    private static let badAudioWords = [
        "audio duration", "audio file is too short", "audio file might be corrupted", "unsupported file format",
        "invalid file format", "could not be decoded", "failed to process audio", "failed to decode",
        "failed to read audio",
        "corrupt or unsupported data", "file must be one of the following types", "unsupported audio",
    ]

    /// Reads a refusal.
    ///
    /// - Parameters:
    ///   - status: the answer's, not of the 200s.
    ///   - body: as it came.
    ///   - format: what the audio was packed as.
    ///   - keySource: where the key is from, for the hint.
    ///   - secrets: do not appear in the message, even where the server repeats them.
    ///   - fields: names and values of what was sent.
    init(
        status: Int, body: [UInt8], from provider: Provider, format: UploadFormat, keySource: KeySource,
        secrets: [Secret] = [], fields: [(name: String, value: String)] = []
    ) {
        let text = String(decoding: body.prefix(1 << 20), as: UTF8.self)
        var said = Said()
        if let document = JSONValue(tolerating: text.trimmingSpace) {
            ServiceFailure.read(document, &said, depth: 0)
        } else if !text.trimmingSpace.hasPrefix("<") {
            said.message = text
        }
        said.message = secrets.redacted(in: said.message).onOneLine
        self.init(status: status, said, provider, format, keySource)
        guard RefusedField.statuses.contains(status), error.code == .unavailable || isTransient else { return }
        refusedField = RefusedField.found(among: fields, in: said.message, parameter: said.parameter)
        if refusedField != nil, isTransient {
            isTransient = false
            error.code = .unavailable
            error.message = "\(provider.name) refused the request (\(status)): \(said.message.excerpt)"
        }
    }

    /// Reads an error inside of an answer that began as a success; nil where it is none.
    init?(inside document: JSONValue, named name: String) {
        let error = document["error"]
        let isError: Bool
        switch error {
        case nil, .null?, .bool(false)?: isError = document["type"]?.string == "error"
        case .string(let text)?: isError = !text.isEmpty
        default: isError = true
        }
        guard isError else { return nil }
        var said = Said()
        ServiceFailure.read(document, &said, depth: 0)
        let message = "\(name): " + (said.message.isEmpty ? "it gave up" : said.message.onOneLine.excerpt)
        if !ServiceFailure.noCredit.isDisjoint(with: said.codes) {
            self.init(error: EngineError(.noPermission, message))
        } else if ServiceFailure.isAboutAudio(said) {
            self.init(error: EngineError(.badAudio, message))
        } else {
            self.init(error: EngineError(.tryLater, message), isTransient: true)
        }
    }

    private init(error: EngineError, isTransient: Bool = false) {
        self.error = error
        self.isTransient = isTransient
    }

    private init(status: Int, _ said: Said, _ provider: Provider, _ format: UploadFormat, _ keySource: KeySource) {
        let name = provider.name
        var words = said.message.isEmpty ? ServiceFailure.phrase(status) : said.message.excerpt
        // The sentence goes on behind it.
        if words.hasSuffix("."), !words.hasSuffix("..") { words.removeLast() }
        var code = EngineError.Code.unavailable
        var hint: String?
        let shorter = "vt-vad split makes shorter recordings"
        switch status {
        case 401, 403:
            code = .noPermission
            hint = ServiceFailure.keyHint(keySource, provider)
        // Of a proxy on the way to a server without TLS; with TLS it refuses the connection.
        case 407:
            code = .noPermission
            hint = "the proxy wants to know who you are: put name and password into http_proxy"
        case 402:
            code = .noPermission
            hint = "there is no credit left at \(name)"
        case 429 where !ServiceFailure.noCredit.isDisjoint(with: said.codes):
            code = .noPermission
            hint = "there is no credit left at \(name)"
        case 500 where ServiceFailure.isAboutAudio(said):
            code = .badAudio
        // A server's own trouble by its status, and by its words the request's: no second try helps.
        case 500 where ServiceFailure.isRefusal(said): break
        case 408, 409, 425, 429, 498, 500, 502, 503, 504, 506...599:
            code = .tryLater
            isTransient = true
        case 424, 499: code = .tryLater
        // whisper.cpp's server makes this of a 503, too: it is still loading its model.
        case 404 where said.message.hasPrefix("File Not Found ("):
            code = .tryLater
            isTransient = true
        case 404:
            hint =
                said.codes.contains("model_not_found") || said.message.lowercased().contains("model")
                ? "look at the name in --model" : "look at the address, and at the name of the model"
        case 405: hint = "look at the address: something else answers there"
        case 413:
            code = .badAudio
            hint =
                format == .opus || !provider.formats.contains(.opus)
                ? shorter : "--upload-format opus is the smallest; " + shorter
        case 415:
            code = .badAudio
            hint = format == .wav ? nil : "--upload-format wav is what nearly every server decodes"
        case 411:
            hint = "it was told the length: something between, a proxy or a gateway, loses it"
        case 400, 422:
            if ServiceFailure.isAboutAudio(said) {
                code = .badAudio
                hint =
                    said.message.contains("longer") || said.codes.contains("audio_too_long") ? shorter : nil
            }
        default: break
        }
        error = EngineError(
            code, "\(name) refused the request (\(status)): \(words)", hint: provider.hints[status] ?? hint)
        if code == .tryLater { error.message = "\(name) can't do it now (\(status)): \(words)" }
        if code == .noPermission { error.message = "\(name) refused the credentials (\(status)): \(words)" }
        if code == .noPermission, status == 402 || status == 429 {
            error.message = "\(name) wants to be paid (\(status)): \(words)"
        }
        if status == 407 { error.message = "the proxy on the way to \(name) refuses (407): \(words)" }
        if code == .badAudio { error.message = "\(name) refused the audio (\(status)): \(words)" }
    }

    /// Where to look when a key is refused, or was never sent.
    private static func keyHint(_ source: KeySource, _ provider: Provider) -> String? {
        switch source {
        case .environment(let variable): "look at the key in \(variable), and at what it may do"
        case .file(let path): "look at the key in \(path), and at what it may do"
        case .command(let command): "look at the key that “\(command.excerpt)” prints, and at what it may do"
        case .none:
            provider.authorization == .none
                ? nil : "it wants a key: put it into VT_API_KEY, or name a key_file in the configuration (vt.toml(5))"
        }
    }

    /// Words of messages about what was asked, under a status that is about the server.
    private static let refusals = [
        "unsupported", "not supported", "not implemented", "unimplemented", "unknown parameter", "unknown field",
        "unknown model", "model not found", "no such model", "does not exist", "not a valid",
    ]

    private static func isRefusal(_ said: Said) -> Bool {
        let message = said.message.lowercased()
        // Of a program that has died, and not of a request.
        if message.contains("invalid memory") || message.contains("nil pointer") { return false }
        return message.contains("invalid ") || refusals.contains { message.contains($0) }
    }

    private static func isAboutAudio(_ said: Said) -> Bool {
        if !badAudio.isDisjoint(with: said.codes) { return true }
        let message = said.message.lowercased()
        return badAudioWords.contains { message.contains($0) }
    }

    /// Finds the message and the codes in whatever shape: `error` as an object or a string, FastAPI's `detail`, Deepgram's `err_msg`,
    /// RFC 9457's `title`.
    private static func read(_ value: JSONValue, _ said: inout Said, depth: Int) {
        guard depth < 4 else { return }
        func note(_ text: String) {
            if said.message.isEmpty { said.message = text }
        }
        switch value {
        case .string(let text): note(text)
        case .array(let values):
            // FastAPI: a list of {loc, msg, type}, each of one field.
            for value in values.prefix(3) { read(value, &said, depth: depth + 1) }
        case .object:
            for name in ["param", "parameter", "field"] where said.parameter == nil {
                said.parameter = value[name]?.string
            }
            for name in ["code", "type", "err_code", "error_code", "category"] {
                if let code = value[name]?.string { said.codes.append(code.lowercased()) }
            }
            if let field = value["loc"]?.array?.last?.string, let message = value["msg"]?.string {
                said.parameter = said.parameter ?? field
                return note("\(field): \(message)")
            }
            for name in ["error", "errors", "message", "detail", "err_msg", "msg", "details", "title", "description"] {
                guard let inner = value[name] else { continue }
                if name == "message", case .string(let text) = inner, let more = value["details"]?.string, text != more
                {
                    note("\(text) (\(more))")
                } else {
                    read(inner, &said, depth: depth + 1)
                }
            }
        default: break
        }
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 300..<400: "it is somewhere else"
        case 401, 403: "it wants another key"
        case 404: "there is no such thing"
        case 413: "it is too large"
        case 415: "it does not decode it"
        case 429: "too many requests"
        case 500...: "it is in trouble"
        default: "it says no more"
        }
    }
}
