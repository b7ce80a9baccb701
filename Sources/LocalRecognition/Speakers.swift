internal import CTranscribe
internal import EnginePlugin
internal import Models
internal import Program

/// Who speaks when in a recording, as a model tells it that hears nothing else.
struct Speakers {
    /// A stretch in which one person speaks, in seconds.
    struct Turn: Equatable {
        var times: ClosedRange<Double>
        var speaker: Int
    }

    let turns: [Turn]

    /// Listens to a whole recording: who is who is only known at its end.
    ///
    /// - Parameter samples: mono, full scale ±1, 16000 Hz.
    /// - Throws: `Failure` 69 if no such model is installed, or what the model fails with.
    init(_ samples: [Float], _ library: Library, _ device: ComputeDevice, threads: Int) throws(Failure) {
        guard let installed = ModelStore.standard.diarizer else {
            throw Failure(
                .unavailable, "no model that tells speakers apart is installed",
                hint: "vt-models list shows those that do: diarization")
        }
        let functions = library.functions
        var parameters = unsafe transcribe_model_load_params()
        unsafe functions.model_load_params_init(&parameters)
        unsafe parameters.backend = device.backend
        var made: transcribe_model_ref?
        var status = unsafe functions.model_load_file(installed.path, &parameters, &made)
        guard status == TRANSCRIBE_OK, let model = unsafe made else {
            throw Model.failure(status, installed.name, library)
        }
        defer { unsafe functions.model_free(model) }
        var settings = transcribe_diarize_session_params()
        unsafe functions.diarize_session_params_init(&settings)
        settings.n_threads = Int32(threads)
        var opened: transcribe_diarize_session_ref?
        status = unsafe functions.diarize_session_init(model, &settings, &opened)
        guard status == TRANSCRIBE_OK, let session = unsafe opened else {
            throw Model.failure(status, installed.name, library)
        }
        defer { unsafe functions.diarize_session_free(session) }
        status = unsafe samples.withUnsafeBufferPointer { samples in
            var run = unsafe transcribe_diarize_params()
            unsafe functions.diarize_params_init(&run)
            guard let start = samples.baseAddress else { return TRANSCRIBE_OK }
            return unsafe functions.diarize_run(session, start, CInt(samples.count), &run)
        }
        guard status == TRANSCRIBE_OK else { throw Model.failure(status, installed.name, library) }
        var turns: [Turn] = []
        for index in unsafe 0..<functions.diarize_n_segments(session) {
            var segment = transcribe_speaker_segment()
            unsafe functions.speaker_segment_init(&segment)
            guard unsafe functions.diarize_get_segment(session, index, &segment) == TRANSCRIBE_OK,
                segment.t1_ms >= segment.t0_ms, segment.t0_ms >= 0
            else { continue }
            let times = Double(segment.t0_ms) / 1000...Double(segment.t1_ms) / 1000
            turns.append(Turn(times: times, speaker: Int(segment.speaker_id)))
        }
        self.init(turns: turns)
    }

    init(turns: [Turn]) {
        self.turns = turns
    }

    /// Who speaks most of a time; nil if nobody does.
    func name(in times: ClosedRange<Double>) -> String? {
        var shares: [Int: Double] = [:]
        for turn in turns {
            let overlap =
                min(turn.times.upperBound, times.upperBound) - max(turn.times.lowerBound, times.lowerBound)
            // A word without duration counts, too.
            let isHeard = overlap > 0 || overlap == 0 && times.lowerBound == times.upperBound
            if isHeard { shares[turn.speaker, default: 0] += overlap }
        }
        return shares.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { String($0.key) }
    }

    /// Words by who says them, in order; a word in which nobody is heard belongs to the one before.
    func split(_ words: [SpokenWord]) -> [(speaker: String?, words: [SpokenWord])] {
        var result: [(speaker: String?, words: [SpokenWord])] = []
        for word in words {
            let speaker = name(in: word.start...max(word.start, word.end)) ?? result.last?.speaker
            if let last = result.last, last.speaker == speaker {
                result[result.count - 1].words.append(word)
            } else {
                result.append((speaker, [word]))
            }
        }
        return result
    }
}
