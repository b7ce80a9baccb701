import CPocketSphinx
import Program

/// A word that was heard, and where: in frames of its utterance, the last one excluded.
struct HeardWord: Equatable {
    var text: String
    var frames: Range<Int>
}

/// The owner of one PocketSphinx decoder, which searches for words in frames of cepstra.
///
/// The front end and the normalisation are ours (`FrontEnd`, `CepstralMean`): the library's own would begin an utterance with a
/// mean that fits nobody's microphone.
// Sendable: made on the thread that loads the model, handed over once by joining it, used on one thread from then on.
@safe final class Decoder: @unchecked Sendable {
    private let decoder: OpaquePointer
    /// Coefficients of a frame.
    let width: Int
    /// The mean that the model comes with; nil where the model wants no normalisation.
    let prior: [Float]?
    private var row: UnsafeMutablePointer<Float>

    /// Loads the model, which takes a third of a second and 95 MiB. Not on two threads at once: `ps_init` isn't made for that.
    ///
    /// - Throws: `Failure` 78 with the library's own words where the files don't suit it.
    init(_ settings: Settings) throws(Failure) {
        Messages.capture()
        let arguments = Decoder.arguments(settings)
        let decoder = unsafe Decoder.withArguments(arguments) { count, values -> OpaquePointer? in
            guard let configuration = unsafe cmd_ln_parse_r(nil, ps_args(), count, values, 1) else { return nil }
            // ps_init keeps a reference of its own.
            defer { unsafe cmd_ln_free_r(configuration) }
            return unsafe ps_init(configuration)
        }
        guard let decoder = unsafe decoder else {
            throw Failure(
                .configuration,
                "PocketSphinx refuses \(settings.whatIsSearched): \(Messages.lastError ?? "no reason given")",
                hint: "VT_LOG=debug shows all that it says")
        }
        unsafe self.decoder = unsafe decoder
        guard let features = unsafe ps_get_feat(decoder) else {
            unsafe ps_free(decoder)
            throw Failure(.internalError, "PocketSphinx has no features")
        }
        if let complaint = Messages.complaints {
            // It goes on without a dictionary's or a phrase file's line that it can't use.
            Log.warning(
                "PocketSphinx on \(settings.whatIsSearched): \(complaint)", hint: "VT_LOG=info shows all complaints")
        }
        width = unsafe Int(features.pointee.cepsize)
        if unsafe features.pointee.cmn != CMN_NONE, let normaliser = unsafe features.pointee.cmn_struct {
            prior = unsafe Array(UnsafeBufferPointer(start: normaliser.pointee.cmn_mean, count: width))
        } else {
            prior = nil
        }
        if case .keyphrase(let phrase) = settings.search {
            for word in phrase.split(separator: " ") where unsafe ps_lookup_word(decoder, String(word)) == nil {
                unsafe ps_free(decoder)
                throw Failure(
                    .configuration, "the key phrase's word \(word) is not in the dictionary \(settings.dictionary)")
            }
        }
        // From here on we do it.
        unsafe features.pointee.cmn = CMN_NONE
        unsafe row = .allocate(capacity: width)
        unsafe row.initialize(repeating: 0, count: width)
    }

    deinit {
        unsafe row.deallocate()
        unsafe ps_free(decoder)
    }

    /// The decoder's configuration, completed by what the model's folder says; lives as long as the decoder.
    var configuration: OpaquePointer? { unsafe ps_get_config(decoder) }

    func beginUtterance() throws(Failure) {
        guard unsafe ps_start_utt(decoder) == 0 else { throw Decoder.failure }
    }

    /// Searches one more frame.
    ///
    /// One at a time: with the phone look-ahead, more in one call overtake the library's ring of feature frames.
    func decode(_ frame: [Float]) throws(Failure) {
        for index in 0..<width { unsafe row[index] = frame[index] }
        var rows: UnsafeMutablePointer<Float>? = unsafe row
        guard unsafe ps_process_cep(decoder, &rows, 1, 0, 0) >= 0 else { throw Decoder.failure }
    }

    func endUtterance() throws(Failure) {
        guard unsafe ps_end_utt(decoder) == 0 else { throw Decoder.failure }
    }

    /// What has been heard of this utterance; while it goes on, this may still change. About 20 µs.
    var hypothesis: String {
        guard let text = unsafe ps_get_hyp(decoder, nil) else { return "" }
        return unsafe String(cString: text)
    }

    /// The utterance's words and pauses in order, with the noises that the model knows; see `HeardWord.isFiller`.
    var segments: [HeardWord] {
        var result: [HeardWord] = []
        var next = unsafe ps_seg_iter(decoder)
        while let segment = unsafe next {
            var start: CInt = 0
            var end: CInt = 0
            unsafe ps_seg_frames(segment, &start, &end)
            let text = unsafe ps_seg_word(segment).map { unsafe String(cString: $0) } ?? ""
            if end >= start {
                result.append(HeardWord(text: text, frames: Int(start)..<Int(end) + 1))
            }
            unsafe next = unsafe ps_seg_next(segment)
        }
        return result
    }

    private static var failure: Failure {
        Failure(.internalError, "PocketSphinx failed: \(Messages.lastError ?? "no reason given")")
    }

    private static func arguments(_ settings: Settings) -> [String] {
        var result = [
            "vt-transcribe-pocketsphinx", "-hmm", settings.acousticModel, "-dict", settings.dictionary,
            // Silence is cut by our endpointing, and noise removal costs words.
            "-remove_silence", "no", "-remove_noise", "no",
        ]
        switch settings.search {
        case .languageModel(let path): result += ["-lm", path]
        case .jsgf(let path): result += ["-jsgf", path]
        case .fsg(let path): result += ["-fsg", path]
        case .keyphrase(let phrase): result += ["-keyphrase", phrase]
        case .keyphrases(let path): result += ["-kws", path]
        }
        let own = settings.passedOn
        for (name, value) in [("-fwdflat", "no"), ("-maxhmmpf", String(Tuning.activeHMMs))]
        where !own.contains(where: { $0.name == name }) {
            result += [name, value]
        }
        return result + own.flatMap { [$0.name, $0.value] }
    }

    private static func withArguments<Result>(
        _ arguments: [String], _ body: (CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        // One buffer of all the strings; the library copies what it keeps.
        var bytes: [CChar] = []
        var offsets: [Int] = []
        for argument in arguments {
            offsets.append(bytes.count)
            bytes += argument.utf8.map { CChar(bitPattern: $0) } + [0]
        }
        return unsafe bytes.withUnsafeMutableBufferPointer { storage in
            var pointers = unsafe offsets.map { offset in unsafe storage.baseAddress.map { unsafe $0 + offset } }
            return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body(CInt(arguments.count), $0.baseAddress) }
        }
    }
}

extension HeardWord {
    /// Whether this is silence or noise (`<s>`, `<sil>`, `[NOISE]`, `++UM++`), or a grammar's step without a word.
    var isFiller: Bool {
        guard text != "(NULL)", let first = text.utf8.first else { return true }
        return first == UInt8(ascii: "<") || first == UInt8(ascii: "[") || first == UInt8(ascii: "+")
    }

    /// The word without the number of its pronunciation: `read(2)` is "read".
    var spelling: String {
        guard text.hasSuffix(")"), let open = text.lastIndex(of: "("), open != text.startIndex,
            text[text.index(after: open)...].dropLast().allSatisfy(\.isNumber)
        else { return text }
        return String(text[..<open])
    }
}

extension Settings {
    /// For a message.
    var whatIsSearched: String {
        switch search {
        case .languageModel(let path): "the model \(acousticModel) with \(path)"
        case .jsgf(let path), .fsg(let path): "the grammar \(path)"
        case .keyphrase(let phrase): "the key phrase \(phrase)"
        case .keyphrases(let path): "the key phrases of \(path)"
        }
    }
}
