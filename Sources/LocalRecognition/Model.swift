internal import CTranscribe
internal import EnginePlugin
internal import Glibc
internal import Models
internal import Program
internal import Synchronization

/// A loaded model with one session, for one thread.
@safe final class Model {
    let library: Library
    /// For messages.
    let name: String
    let abilities: Abilities
    private let model: transcribe_model_ref
    private let session: transcribe_session_ref
    private let interruption: Interruption

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - path: its file.
    ///   - name: for messages.
    ///   - device: where it computes.
    ///   - threads: of the processor.
    ///   - interruption: ends a run when it is raised by another thread.
    /// - Throws: `Failure` 78 for a file that is damaged or of a family that the library does not know, 66 if it can't be read, 69 if
    ///   there is not enough memory or the device fails, 64 for a model that does not recognise speech.
    init(
        _ path: String, name: String, _ library: Library, _ device: ComputeDevice, threads: Int,
        _ interruption: Interruption
    ) throws(Failure) {
        try Model.check(path, name)
        (self.library, self.name, self.interruption) = (library, name, interruption)
        unsafe model = unsafe try Model.load(path, name, library, device)
        abilities = unsafe Abilities(library, model)
        guard abilities.recognises else {
            unsafe library.functions.model_free(model)
            throw Failure(
                .usage, "the model \(name) does not recognise speech: it is for \(abilities.purpose)",
                hint: "vt-models list shows those that do")
        }
        var parameters = transcribe_session_params()
        unsafe library.functions.session_params_init(&parameters)
        parameters.n_threads = CInt(threads)
        var made: transcribe_session_ref?
        let status = unsafe library.functions.session_init(model, &parameters, &made)
        guard status == TRANSCRIBE_OK, let session = unsafe made else {
            unsafe library.functions.model_free(model)
            throw Model.failure(status, name, library)
        }
        unsafe self.session = session
        unsafe library.functions.set_abort_callback(
            session,
            { user in
                guard let user = unsafe user else { return false }
                return unsafe Unmanaged<Interruption>.fromOpaque(user).takeUnretainedValue().isRaised
            }, Unmanaged.passUnretained(interruption).toOpaque())
    }

    deinit {
        unsafe library.functions.session_free(session)
        unsafe library.functions.model_free(model)
    }

    /// A run was interrupted.
    struct Interrupted: Error {}

    /// Recognises some audio.
    ///
    /// - Parameters:
    ///   - samples: mono, full scale ±1, 16000 Hz.
    ///   - request: what is wanted.
    /// - Returns: what was heard; nothing for audio that is too short.
    /// - Throws: `Interrupted`, or `Failure`.
    func run(_ samples: [Float], _ request: Request) throws -> Transcript {
        if samples.isEmpty { return Transcript() }
        let status = unsafe request.withParameters(for: self) { parameters in
            unsafe samples.withUnsafeBufferPointer { samples in
                guard let start = samples.baseAddress else { return TRANSCRIBE_OK }
                return unsafe library.functions.run(session, start, CInt(samples.count), parameters)
            }
        }
        switch status {
        case TRANSCRIBE_OK: return transcript(request)
        case TRANSCRIBE_ABORTED: throw Interrupted()
        case TRANSCRIBE_INPUT_TOO_SHORT: return Transcript()
        case TRANSCRIBE_OUTPUT_TRUNCATED, TRANSCRIBE_OUTPUT_REPEATED:
            // What there is is worth having; the host is told that it is not all, or says the same over and over.
            var result = transcript(request)
            result.problem =
                status == TRANSCRIBE_OUTPUT_REPEATED
                ? "the model repeats itself, and was stopped" : "the model stopped before the end of the speech"
            return result
        default: throw Model.failure(status, name, library)
        }
    }

    // MARK: Streaming

    /// Begins a stream, for a model that recognises while somebody speaks.
    func beginStream(_ request: Request) throws {
        let status = unsafe request.withParameters(for: self) { parameters in
            var stream = unsafe transcribe_stream_params()
            unsafe library.functions.stream_params_init(&stream)
            return unsafe library.functions.stream_begin(session, parameters, &stream)
        }
        guard status == TRANSCRIBE_OK else { throw Model.failure(status, name, library) }
    }

    /// What a stream has understood so far.
    struct StreamText: Equatable {
        /// All of it, which may change anywhere.
        var whole = ""
        /// What the library thinks will stay; it only grows. A model that looks at everything again may say otherwise of it later.
        var committed = ""
    }

    /// Gives the stream more audio.
    ///
    /// - Returns: what it understands now; nil if that is what it understood before.
    func feedStream(_ samples: [Float]) throws -> StreamText? {
        var update = transcribe_stream_update()
        unsafe library.functions.stream_update_init(&update)
        let status = unsafe samples.withUnsafeBufferPointer { samples in
            guard let start = samples.baseAddress else { return TRANSCRIBE_OK }
            return unsafe library.functions.stream_feed(session, start, CInt(samples.count), &update)
        }
        if status == TRANSCRIBE_ABORTED { throw Interrupted() }
        guard status == TRANSCRIBE_OK else { throw Model.failure(status, name, library) }
        guard update.result_changed || update.committed_changed || update.tentative_changed else { return nil }
        var text = unsafe transcribe_stream_text()
        unsafe library.functions.stream_text_init(&text)
        guard unsafe library.functions.stream_get_text(session, &text) == TRANSCRIBE_OK else { return nil }
        return unsafe StreamText(
            whole: Model.string(text.full_text), committed: Model.string(text.committed_text))
    }

    /// Ends the stream: what it holds back is understood, too.
    func finishStream(_ request: Request) throws -> Transcript {
        var update = transcribe_stream_update()
        unsafe library.functions.stream_update_init(&update)
        let status = unsafe library.functions.stream_finalize(session, &update)
        if status == TRANSCRIBE_ABORTED { throw Interrupted() }
        guard status == TRANSCRIBE_OK || status == TRANSCRIBE_INPUT_TOO_SHORT else {
            throw Model.failure(status, name, library)
        }
        defer { unsafe library.functions.stream_reset(session) }
        return status == TRANSCRIBE_OK ? transcript(request) : Transcript()
    }

    // MARK: What was heard

    private func transcript(_ request: Request) -> Transcript {
        let functions = library.functions
        var result = Transcript()
        let text = unsafe Model.string(functions.full_text(session)).trimmed
        // A point alone is no utterance.
        if Model.saysSomething(text) { result.text = text }
        result.language = unsafe functions.detected_language(session).map { unsafe String(cString: $0) } ?? ""
        let hasTimes = unsafe functions.returned_timestamp_kind(session) != CInt(TRANSCRIBE_TIMES_NONE)
        for index in unsafe 0..<functions.n_segments(session) {
            var segment = unsafe transcribe_segment()
            unsafe functions.segment_init(&segment)
            guard unsafe functions.get_segment(session, index, &segment) == TRANSCRIBE_OK else { continue }
            let text = unsafe Model.string(segment.text).trimmed
            guard Model.saysSomething(text) else { continue }
            unsafe result.segments.append(
                Transcript.Segment(
                    text: text, times: hasTimes ? Model.times(segment.t0_ms, segment.t1_ms) : nil,
                    words: words(of: segment),
                    speaker: request.wantsSpeakers && segment.speaker_id >= 0 ? Int(segment.speaker_id) : nil))
        }
        return result
    }

    private func words(of segment: transcribe_segment) -> [SpokenWord] {
        let functions = library.functions
        let range = unsafe segment.first_word..<max(segment.first_word, segment.first_word + segment.n_words)
        return range.compactMap { index in
            var word = unsafe transcribe_word()
            unsafe functions.word_init(&word)
            guard unsafe functions.get_word(session, index, &word) == TRANSCRIBE_OK else { return nil }
            let text = unsafe Model.string(word.text).trimmed
            guard !text.isEmpty, let times = unsafe Model.times(word.t0_ms, word.t1_ms) else { return nil }
            return unsafe SpokenWord(
                text, start: times.lowerBound, end: times.upperBound,
                confidence: confidence(of: word.first_token, word.n_tokens))
        }
    }

    /// The mean probability of a word's tokens; nil if the model has none.
    private func confidence(of first: CInt, _ count: CInt) -> Double? {
        let functions = library.functions
        var sum = 0.0
        for index in first..<max(first, first + count) {
            var token = unsafe transcribe_token()
            unsafe functions.token_init(&token)
            guard unsafe functions.get_token(session, index, &token) == TRANSCRIBE_OK, unsafe token.p.isFinite,
                unsafe token.p > 0
            else { return nil }
            sum += unsafe Double(token.p)
        }
        return count > 0 ? sum / Double(count) : nil
    }

    private static func saysSomething(_ text: String) -> Bool { text.contains { $0.isLetter || $0.isNumber } }

    /// Milliseconds as seconds; nil for times that are not in order.
    private static func times(_ start: Int64, _ end: Int64) -> ClosedRange<Double>? {
        guard start >= 0, end >= start, end < 1 << 40 else { return nil }
        return Double(start) / 1000...Double(end) / 1000
    }

    private static func string(_ pointer: UnsafePointer<CChar>?) -> String {
        unsafe pointer.map { unsafe String(cString: $0) } ?? ""
    }

    // MARK: Loading

    /// Looks at the file before the library does, whose words about a damaged one help nobody.
    private static func check(_ path: String, _ name: String) throws(Failure) {
        do throws(ModelFileError) {
            _ = try ModelFormat.check(path)
        } catch {
            let isInstalled = name != path
            throw Failure(
                error.code == .unreadable ? .noInput : .configuration, "the model \(name): \(error.reason)",
                hint: isInstalled ? "vt-models install \(name) fetches it again" : nil)
        }
    }

    private static func load(
        _ path: String, _ name: String, _ library: Library, _ device: ComputeDevice
    ) throws(Failure) -> transcribe_model_ref {
        var parameters = unsafe transcribe_model_load_params()
        unsafe library.functions.model_load_params_init(&parameters)
        unsafe parameters.backend = device.backend
        unsafe parameters.device = device.index.flatMap { unsafe library.functions.device_get($0) }
        var made: transcribe_model_ref?
        let status = unsafe library.functions.model_load_file(path, &parameters, &made)
        guard status == TRANSCRIBE_OK, let model = unsafe made else { throw failure(status, name, library) }
        return unsafe model
    }

    static func failure(_ status: transcribe_status, _ name: String, _ library: Library) -> Failure {
        let words = library.words(for: status)
        return switch status {
        case TRANSCRIBE_BAD_MODEL_FILE:
            Failure(.configuration, "the model \(name) is damaged, or not one for libtranscribe: \(words)")
        case TRANSCRIBE_UNKNOWN_FAMILY, TRANSCRIBE_UNKNOWN_VARIANT:
            Failure(
                .configuration, "the model \(name) is of a family that this libtranscribe does not know: \(words)",
                hint: "vt-models library installs a newer one if there is one")
        case TRANSCRIBE_OUT_OF_MEMORY:
            Failure(
                .unavailable, "the model \(name) needs more memory than there is", hint: "a smaller one: vt-models list"
            )
        case TRANSCRIBE_BACKEND_FAILED:
            Failure(.unavailable, "the device cannot run the model \(name): \(words)", hint: "--option device=cpu")
        case TRANSCRIBE_UNKNOWN_LANGUAGE: Failure(.usage, "the model \(name) does not know the language")
        case TRANSCRIBE_UNKNOWN_TASK: Failure(.usage, "the model \(name) cannot translate")
        case TRANSCRIBE_UNKNOWN_TIMES: Failure(.usage, "the model \(name) has no such times")
        case TRANSCRIBE_UNSUPPORTED_ROLE: Failure(.usage, "the model \(name) does not recognise speech")
        default: Failure(.internalError, "the model \(name) failed: \(words)")
        }
    }
}

/// Says that a run shall end.
final class Interruption: Sendable {
    private let flag = Atomic(false)

    var isRaised: Bool { flag.load(ordering: .relaxed) }
    func raise() { flag.store(true, ordering: .relaxed) }
    func clear() { flag.store(false, ordering: .relaxed) }
}

/// What a model heard.
struct Transcript: Equatable {
    struct Segment: Equatable {
        var text: String
        /// Seconds of the audio; nil if the model can't tell.
        var times: ClosedRange<Double>?
        var words: [SpokenWord] = []
        var speaker: Int?
    }

    var text = ""
    var segments: [Segment] = []
    /// A language tag; empty if the model does not tell.
    var language = ""
    /// Why it may not be all.
    var problem: String?
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        var rest = self[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        return String(rest)
    }
}
