import HTTP
import Testing
import Transcription

/// A refusal: status, body, what becomes of it, and whether the same may succeed later.
private let refusals: [(Int, String, EngineError.Code, Bool)] = [
    (401, #"{"error":{"message":"Incorrect API key provided: sk-x","code":"invalid_api_key"}}"#, .noPermission, false),
    (
        402, #"{"err_code":"ASR_PAYMENT_REQUIRED","err_msg":"Project does not have enough credits","request_id":"u"}"#,
        .noPermission, false
    ),
    (
        403, #"{"error":{"message":"Country not supported","code":"unsupported_country_region_territory"}}"#,
        .noPermission, false
    ),
    (
        429,
        #"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        .noPermission, false
    ),
    (429, #"{"error":{"message":"out of credit","code":"credit_balance_exhausted"}}"#, .noPermission, false),
    (
        429,
        #"{"error":{"message":"Rate limit reached; see https://platform.openai.com/account/billing","code":"rate_limit_exceeded"}}"#,
        .tryLater, true
    ),
    (429, "", .tryLater, true),
    (408, "", .tryLater, true), (409, "", .tryLater, true),
    (500, #"{"error":{"message":"The server had an error","type":"server_error"}}"#, .tryLater, true),
    (502, "<html><body>Bad Gateway</body></html>", .tryLater, true),
    (503, #"{"error":{"message":"overloaded","code":"server_is_overloaded"}}"#, .tryLater, true),
    (503, #"{"error_code":"capacity_exceeded","message":"try again"}"#, .tryLater, true),
    (504, #"{"status":504,"title":"inference_timeout","detail":"took too long"}"#, .tryLater, true),
    (498, "", .tryLater, true),
    (404, "File Not Found (/inference)", .tryLater, true),
    (404, #"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#, .unavailable, false),
    (404, #"{"detail":"Not Found"}"#, .unavailable, false),
    (405, "", .unavailable, false), (301, "", .unavailable, false), (411, "", .unavailable, false),
    (
        413,
        #"{"error":{"message":"413: Maximum content size limit (26214400) exceeded (26294972 bytes read)","type":"server_error","param":null,"code":null},"usage":{"type":"duration","seconds":0}}"#,
        .badAudio, false
    ),
    (415, #"{"detail":"Failed to decode audio."}"#, .badAudio, false),
    (
        400,
        #"{"error":{"message":"Audio file is too short. Minimum audio length is 0.1 seconds.","type":"invalid_request_error","param":"file","code":"audio_too_short"}}"#,
        .badAudio, false
    ),
    (
        400,
        #"{"error":{"message":"audio duration 1500.1 seconds is longer than 1400 seconds which is the maximum for this model","type":"invalid_request_error","code":"invalid_value"}}"#,
        .badAudio, false
    ),
    (400, #"{"error":{"message":"Unsupported file format opus"}}"#, .badAudio, false),
    (
        400,
        #"{"error":{"message":"file must be one of the following types: [flac mp3]","type":"invalid_request_error","code":"unsupported_audio_format"}}"#,
        .badAudio, false
    ),
    (
        400,
        #"{"err_code":"Bad Request","err_msg":"Bad Request: failed to process audio: corrupt or unsupported data","request_id":"x"}"#,
        .badAudio, false
    ),
    (
        400,
        #"{"category":"INVALID_AUDIO","message":"Bad Request","details":"failed to process audio","request_id":"x"}"#,
        .badAudio, false
    ),
    (400, #"{"error_code":"bad_audio","message":"no"}"#, .badAudio, false),
    (400, "Invalid request", .unavailable, false),
    (400, #"{"error":"language not supported"}"#, .unavailable, false),
    (422, #"{"detail":[{"type":"missing","loc":["body","model"],"msg":"Field required"}]}"#, .unavailable, false),
]

private func explained(
    _ status: Int, _ body: String, _ provider: Provider = .openAI, key: String = "sk-secret-key",
    fields: [(name: String, value: String)] = []
) throws -> UploadFailure {
    let service = try ProviderService(provider, environment: { _ in key })
    _ = try service.uploadRequest(service.uploadFormats[0], isLive: true, settings: EngineSettings(model: "m"))
    return service.explain(
        Response(head: ResponseHead(status: status), body: Array(body.utf8)), to: fields)
}

@Suite struct Refusals {
    @Test(arguments: refusals)
    func everyShapeBecomesItsStatus(_ status: Int, _ body: String, _ code: EngineError.Code, _ isTransient: Bool) throws
    {
        let failure = try explained(status, body)
        #expect(failure.error.code == code, "\(failure.error.message)")
        #expect((failure.remedy == .retry) == isTransient)
        #expect(failure.error.message.contains("openai") && failure.error.message.contains("(\(status))"))
        #expect(!failure.error.message.contains("<") && !failure.error.message.contains("{"))
    }

    @Test func theServersOwnWordsAreInTheMessage() throws {
        for (body, words) in [
            (#"{"error":{"message":"one"}}"#, "one"), (#"{"error":"two"}"#, "two"), (#"{"detail":"three"}"#, "three"),
            (#"{"detail":[{"loc":["body","model"],"msg":"Field required"}]}"#, "model: Field required"),
            (#"{"err_code":"X","err_msg":"four"}"#, "four"), (#"{"status":400,"title":"five","detail":"six"}"#, "six"),
            ("plain", "plain"), (#"{"error":{"message":{"detail":"deep"}}}"#, "deep"),
        ] {
            #expect(try explained(400, body).error.message.hasSuffix(": " + words), "\(body)")
        }
    }

    @Test func aKeyThatTheServerRepeatsIsNotRepeated() throws {
        let failure = try explained(401, #"{"error":{"message":"bad key sk-secret-key!"}}"#)
        #expect(failure.error.message == "openai refused the credentials (401): bad key ****!")
        #expect(failure.error.hint?.contains("OPENAI_API_KEY") == true)
    }

    /// A refusal, and the field that is left out then; nil if that helps nobody.
    @Test(arguments: [
        (500, #"{"error":{"code":500,"message":"invalid response_format","type":""}}"#, "response_format"),
        (400, #"{"error":{"message":"Unsupported response format verbose_json"}}"#, "response_format"),
        (400, #"{"error":{"message":"x","param":"timestamp_granularities"}}"#, "timestamp_granularities[]"),
        (
            422,
            #"{"detail":[{"type":"extra_forbidden","loc":["body","prompt"],"msg":"Extra inputs are not permitted"}]}"#,
            "prompt"
        ),
        (400, #"{"error":"unknown parameter: temperature_inc"}"#, "temperature_inc"),
        (400, #"{"error":"temperature must be 0"}"#, "temperature"),
        (400, #"{"error":"language not supported"}"#, nil), (400, #"{"error":"invalid model"}"#, nil),
        (500, #"{"error":{"message":"The server had an error","type":"server_error"}}"#, nil),
        (400, #"{"error":"Audio file is too short for a prompt, is not audio duration"}"#, nil),
        (429, #"{"error":"temperature is not allowed"}"#, nil), (400, "the prompt", nil),
    ]) func aFieldThatIsRefusedIsNamed(status: Int, body: String, field: String?) throws {
        let sent = [
            ("model", "m"), ("language", "en"), ("prompt", "x"), ("temperature", "0.2"), ("temperature_inc", "0.1"),
            ("response_format", "verbose_json"), ("timestamp_granularities[]", "segment"),
        ]
        let failure = try explained(status, body, fields: sent.map { (name: $0.0, value: $0.1) })
        #expect(failure.refusedField == field)
        if field != nil { #expect(failure.remedy == .none && failure.error.code == .unavailable) }
    }

    /// What is wrong with the request stays wrong, whatever the status says.
    @Test(arguments: [
        (500, #"{"error":{"message":"invalid response_format"}}"#, EngineError.Code.unavailable),
        (500, #"{"error":{"message":"model not found"}}"#, .unavailable),
        (500, #"{"error":{"message":"failed to decode audio: unsupported codec"}}"#, .badAudio),
        (500, #"{"error":{"message":"runtime error: invalid memory address or nil pointer dereference"}}"#, .tryLater),
    ]) func aRefusalUnderAStatusOfTrouble(status: Int, body: String, code: EngineError.Code) throws {
        let failure = try explained(status, body)
        #expect(failure.error.code == code && (failure.remedy == .retry) == (code == .tryLater))
    }

    @Test func fireworksMayRefuseGoodKeys() throws {
        #expect(try explained(401, "{}", .fireworks).error.hint?.contains("refused good keys") == true)
    }
}
