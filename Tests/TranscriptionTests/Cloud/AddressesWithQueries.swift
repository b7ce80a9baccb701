import HTTP
import Testing

@testable import Transcription

/// Where a request goes, if the address has more to it than a host.
@Suite struct AddressesWithQueries {
    private func url(_ provider: Provider, _ base: String, model: String? = "m", options: [EngineSettings.Option] = [])
        throws -> String
    {
        let settings = EngineSettings(model: model, options: options)
        return try provider.plan(settings, baseURL: base, container: .wav, isLive: true).request.url
    }

    @Test(arguments: [
        ("https://x/v1?api-version=2", "https://x/v1/audio/transcriptions?api-version=2"),
        ("https://x/v1/?a=b&c=/d/", "https://x/v1/audio/transcriptions?a=b&c=/d/"),
        ("https://x?a", "https://x/audio/transcriptions?a"),
        ("https://x/v1/audio/transcriptions", "https://x/v1/audio/transcriptions"),
        ("https://x/v1/audio/transcriptions?a=b", "https://x/v1/audio/transcriptions?a=b"),
        ("https://x/v1//", "https://x/v1/audio/transcriptions"),
    ]) func thePathComesBeforeTheQuery(base: String, expected: String) throws {
        #expect(try url(.compatible(isNear: false), base) == expected)
    }

    @Test func aServiceWithAQueryOfItsOwn() throws {
        let place = try url(.deepgram, "https://x/v1?tier=a")
        #expect(place.hasPrefix("https://x/v1/listen?tier=a&model=m"), "\(place)")
    }

    @Test(
        arguments: [
            (
                "https://r.openai.azure.com", "whisper 1",
                "https://r.openai.azure.com/openai/deployments/whisper%201/audio/transcriptions?api-version=2024-10-21"
            ),
            (
                "https://r.openai.azure.com/openai/", "w",
                "https://r.openai.azure.com/openai/deployments/w/audio/transcriptions?api-version=2024-10-21"
            ),
            (
                "https://r.openai.azure.com?api-version=2025-03-01-preview", "w",
                "https://r.openai.azure.com/openai/deployments/w/audio/transcriptions?api-version=2025-03-01-preview"
            ),
            (
                "https://r.openai.azure.com/openai/deployments/w?api-version=1", nil,
                "https://r.openai.azure.com/openai/deployments/w/audio/transcriptions?api-version=1"
            ),
            (
                "https://r.openai.azure.com/openai/deployments/w/audio/transcriptions?api-version=1", nil,
                "https://r.openai.azure.com/openai/deployments/w/audio/transcriptions?api-version=1"
            ),
            ("https://r.openai.azure.com/openai/v1", "w", "https://r.openai.azure.com/openai/v1/audio/transcriptions"),
        ] as [(String, String?, String)]) func deploymentsAtAzure(base: String, deployment: String?, expected: String)
        throws
    {
        #expect(try url(.azure, base, model: deployment) == expected)
    }

    @Test func theVersionIsAnOptionAndNoField() throws {
        let settings = EngineSettings(model: "w", options: [("api-version", "7")])
        let request = try Provider.azure.plan(
            settings, baseURL: "https://r.openai.azure.com", container: .wav, isLive: true
        ).request
        #expect(request.url.hasSuffix("?api-version=7"))
        guard case .multipart(let fields, _) = request.form else { return }
        #expect(!fields.contains { $0.name == "api-version" })
        #expect(throws: EngineError.self) { try url(.azure, "https://r.openai.azure.com", model: nil) }
    }

    @Test func azuresKeysHaveAHeaderOfTheirOwnAndTokensAreBearers() throws {
        func header(
            _ key: String, _ url: String = "https://r.openai.azure.com", variable: String = "AZURE_OPENAI_API_KEY"
        ) throws -> String? {
            let service = try ProviderService(.azure, baseURL: url) { $0 == variable ? key : nil }
            let request = try service.uploadRequest(.wav, isLive: true, settings: EngineSettings(model: "w"))
            return request.headers.first.map { "\($0.name): \($0.value)" }
        }
        #expect(try header("0123abcd") == "api-key: 0123abcd")
        #expect(try header("eyJ0eXAi.eyJhdWQi.c2ln") == "Authorization: Bearer eyJ0eXAi.eyJhdWQi.c2ln")
        #expect(try header("k", "https://openai.azure.com.evil.example") == nil, "elsewhere goes another key")
        #expect(try header("k", "https://evil.example", variable: "VT_API_KEY") == "api-key: k")
    }

    /// Whisper's own word for a language that nobody names.
    @Test func autoIsNoLanguage() throws {
        func fields(_ provider: Provider) throws -> String {
            let settings = EngineSettings(languages: ["auto"], model: "m")
            let request = try provider.plan(settings, baseURL: "https://x", container: .wav, isLive: true).request
            guard case .multipart(let fields, _) = request.form else { return request.url }
            return fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        }
        for provider in [Provider.openAI, .azure, .compatible(isNear: true), try #require(Provider.named("groq"))] {
            #expect(try !fields(provider).contains("auto"), "\(provider.name)")
        }
        #expect(try fields(.deepgram).contains("detect_language=true"))
        #expect(
            try fields(try #require(Provider.named("whisper-server"))).contains("language=auto"),
            "it would take English")
    }
}
