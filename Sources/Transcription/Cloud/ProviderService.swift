package import HTTP
internal import Plugins
internal import POSIX
internal import Text

/// A provider, where it is, and how its key is come by.
///
/// A key goes nowhere but to the address that it was meant for, and over plain http to this machine only.
package final class ProviderService: CloudService {
    package let provider: Provider
    /// Where it is, if not where the provider's row says.
    package let baseURL: String?
    private let keySource: KeySource
    /// What the user wants audio to be packed as; nil leaves it to the row.
    private let wantedFormat: UploadFormat?
    private let environment: @Sendable (String) -> String?
    private let extra: ExtraHeaders
    private let permitsPlain: Bool
    private let warn: @Sendable (String) -> Void
    /// The key once it has been read: a command is not run for each recording.
    private let key = Monitor<Secret??>(nil)

    package var name: String { provider.name }

    /// - Parameters:
    ///   - baseURL: nil is the provider's own address.
    ///   - keySource: nil is the variable that fits the address: the provider's own for its own hosts, `VT_API_KEY` elsewhere.
    ///   - format: what audio is packed as; nil is what the provider likes best.
    ///   - headers: the user's own.
    ///   - permitsPlain: whether a key may go over plain http to a private address, too.
    ///   - warn: gets what the user should know of where the key is from.
    ///   - environment: looks variables up.
    /// - Throws: `EngineError` where the address is none, the provider doesn't take the format, or the key would travel in the open.
    package init(
        _ provider: Provider, baseURL: String? = nil, keySource: KeySource? = nil, format: UploadFormat? = nil,
        headers: ExtraHeaders = ExtraHeaders(), permitsPlain: Bool = false,
        warn: @escaping @Sendable (String) -> Void = { _ in },
        environment: @escaping @Sendable (String) -> String?
    ) throws(EngineError) {
        extra = headers
        self.permitsPlain = permitsPlain
        self.warn = warn
        self.provider = provider
        self.baseURL = baseURL
        self.environment = environment
        wantedFormat = format
        if let format, !provider.formats.contains(where: { $0.uploadFormat == format }) {
            let known = provider.formats.compactMap(\.uploadFormat?.rawValue).joined(separator: ", ")
            throw EngineError(.usage, "\(provider.name) does not take \(format.rawValue)", hint: "it takes \(known)")
        }
        var own = true
        if let baseURL {
            guard let parts = URLParts(baseURL) else {
                throw EngineError(
                    .usage, "\(provider.name): \(baseURL.excerpt) is no address",
                    hint: "an address begins with https:// or http://")
            }
            guard !parts.hasCredentials else {
                throw EngineError(
                    .usage, "\(provider.name): an address with a password in it is seen by everybody",
                    hint: "put the key into VT_API_KEY, or name a key_file or key_command in the configuration")
            }
            guard !baseURL.utf8.contains(UInt8(ascii: "#")) else {
                throw EngineError(
                    .usage, "\(provider.name): an address has no “#” in it: \(parts.withoutSecrets)")
            }
            own = provider.owns(parts)
        }
        let variable = own ? provider.keyVariable : "VT_API_KEY"
        var source = keySource ?? .environment(variable)
        if case .environment(let variable) = source, (environment(variable) ?? "").isEmpty,
            provider.keyIsOptional || !own
        {
            source = .none
        }
        // Without a scheme for it there is no key to send; and one is enough.
        if provider.authorization == .none || headers.holdAuthorization { source = .none }
        if case .environment(let variable) = source, (environment(variable) ?? "").isEmpty {
            // Known before the first word is spoken.
            _ = try source.key(for: provider.name, environment: environment)
        }
        self.keySource = source
        if source != .none || !headers.headers.isEmpty { try checkWay(source != .none ? "the key" : "a header") }
    }

    /// Over plain http a secret is read by everybody on the way.
    private func checkWay(_ what: String) throws(EngineError) {
        guard let parts = URLParts(baseURL ?? provider.baseURL ?? ""), parts.scheme == "http", !parts.isLoopback,
            !(permitsPlain && parts.isPrivate)
        else { return }
        var hint = "use https://, or take it away"
        if permitsPlain {
            hint = "--key-over-http is for private addresses, and \(parts.host.sanitized) is none; use https://"
        } else if parts.isPrivate {
            hint += "; --key-over-http sends it all the same, in a network that you trust"
        }
        throw EngineError(
            .noPermission, "\(provider.name): \(what) would travel in the open to \(parts.origin)", hint: hint)
    }

    /// What no message shows, however the server repeats it.
    private var secrets: [Secret] { [key.read { $0 ?? nil }].compactMap(\.self) + extra.secrets }

    package var permitsSecretsInPrivate: Bool { permitsPlain }

    package var uploadFormats: [UploadFormat] {
        if let wantedFormat { return [wantedFormat] }
        return provider.formats.compactMap(\.uploadFormat)
    }

    package var takesUnknownLength: Bool { provider.takesUnknownLength }

    package func limits(for settings: EngineSettings) -> Provider.Limits {
        provider.model(settings.model).limits ?? provider.limits
    }

    package func takesFiles(_ container: AudioContainer) -> Bool {
        wantedFormat == nil && provider.formats.contains(container)
    }

    package func fileRequest(
        _ container: AudioContainer, settings: EngineSettings
    ) throws(EngineError) -> UploadRequest {
        var request = try provider.plan(settings, baseURL: baseURL, container: container, isLive: false).request
        if let header = try authorization() { request.headers.append(header) }
        request.headers += extra.headers
        return request
    }

    package func tellsTimes(_ settings: EngineSettings) -> Bool {
        provider.model(settings.model).timestamps != .none
    }

    package func shortestAudio(_ settings: EngineSettings) -> Double {
        limits(for: settings).minimumSeconds
    }

    package func uploadRequest(
        _ format: UploadFormat, isLive: Bool, settings: EngineSettings
    ) throws(EngineError) -> UploadRequest {
        guard let container = AudioContainer(rawValue: format.rawValue) else {
            throw EngineError(.usage, "\(name) does not take \(format.rawValue)")
        }
        var request = try provider.plan(settings, baseURL: baseURL, container: container, isLive: isLive).request
        if let header = try authorization() { request.headers.append(header) }
        request.headers += extra.headers
        return request
    }

    package func takesPrompts(_ settings: EngineSettings) -> Bool { provider.model(settings.model).hasPrompt }

    package func model(for settings: EngineSettings) -> String? {
        provider.modelUse == .ignored ? nil : settings.model ?? provider.defaultModel
    }

    package func billedSeconds(for seconds: Double) -> Double {
        provider.isFree ? 0 : max(seconds, provider.minimumBilledSeconds)
    }

    package func makeReplyReader(
        _ head: ResponseHead, settings: EngineSettings, audio: Double?
    ) -> any ReplyReader {
        AnswerCollector(
            AnswerReader(provider.dialect, named: name, audio: audio), mediaType: head.contentType,
            secrets: secrets)
    }

    package func explain(_ response: Response, to fields: [(name: String, value: String)]) -> UploadFailure {
        let status = response.head.status
        let failure = ServiceFailure(
            status: status, body: response.body, from: provider, format: uploadFormats[0], keySource: keySource,
            secrets: secrets, fields: fields)
        guard failure.isTransient else {
            return UploadFailure(failure.error, remedy: .none, refusedField: failure.refusedField)
        }
        return UploadFailure(failure.error, remedy: provider.triedOnce.contains(status) ? .retryOnce : .retry)
    }

    /// Looks whether the settings can be asked for, without asking.
    ///
    /// - Returns: what the user should know although they can.
    package func check(_ settings: EngineSettings) throws(EngineError) -> [String] {
        try provider.plan(settings, baseURL: baseURL, container: provider.formats[0], isLive: true).warnings
    }

    private func authorization() throws(EngineError) -> Header? {
        var known = key.read { $0 }
        if known == nil {
            let read = try keySource.key(for: name, environment: environment, warn: warn)
            known = .some(read)
            key.note { $0 = .some(read) }
        }
        guard let key = known ?? nil else { return nil }
        switch provider.authorization {
        case .none: return nil
        case .azure: return AzureAddress.header(for: key)
        case .bare: return key.withValue { Header("Authorization", $0, isSecret: true) }
        case .scheme(let scheme): return key.withValue { Header("Authorization", "\(scheme) \($0)", isSecret: true) }
        }
    }
}

extension Provider {
    /// Whether an address is the provider's: only there goes the key in its own variable.
    package func owns(_ address: URLParts) -> Bool {
        let hosts = ([baseURL] + models.map(\.baseURL)).compactMap { $0.flatMap { URLParts($0)?.host } }
        if hosts.contains(address.host) { return true }
        if address.scheme == "https", domains.contains(where: { address.host.hasSuffix("." + $0) }) { return true }
        // Regions: sync.eu.assemblyai.com beside sync.assemblyai.com.
        guard address.scheme == "https" else { return false }
        return hosts.contains { host in
            let domain = host.split(separator: ".").suffix(2).joined(separator: ".")
            return domain.utf8.contains { !(0x30...0x39).contains($0) && $0 != 0x2E }
                && address.host.hasSuffix("." + domain)
        }
    }
}

/// Takes an answer as it comes: events at once, a document at its end.
private struct AnswerCollector: ReplyReader {
    private var reader: AnswerReader
    private let mediaType: String?
    private var parser: ServerSentEventParser?
    private var body: [UInt8] = []
    private(set) var steps = 0
    /// Appears in no message, whatever the server repeats.
    private let secrets: [Secret]

    init(_ reader: AnswerReader, mediaType: String?, secrets: [Secret]) {
        self.reader = reader
        self.mediaType = mediaType
        self.secrets = secrets
        parser = mediaType == "text/event-stream" ? ServerSentEventParser() : nil
    }

    mutating func add(_ bytes: [UInt8]) throws(EngineError) -> [RecognitionEvent] {
        guard parser != nil else {
            body += bytes
            steps += bytes.count
            return []
        }
        var result: [RecognitionEvent] = []
        do {
            for event in parser?.add(bytes) ?? [] { result += try reader.events(ofEvent: event.data) }
        } catch {
            throw redacted(error)
        }
        steps = reader.steps
        if parser?.isTooLarge == true { throw reader.overflow }
        return result
    }

    mutating func takePartial() -> RecognitionEvent? { reader.takePartial() }

    var isComplete: Bool { parser != nil && reader.isComplete }

    mutating func finish() throws(EngineError) -> [RecognitionEvent] {
        do {
            guard parser != nil else { return try reader.events(ofBody: body, mediaType: mediaType) }
            var result: [RecognitionEvent] = []
            if let last = parser?.finish() { result += try reader.events(ofEvent: last.data) }
            return result + (try reader.finish())
        } catch {
            throw redacted(error)
        }
    }

    private func redacted(_ error: EngineError) -> EngineError {
        var error = error
        error.message = secrets.redacted(in: error.message)
        return error
    }
}
