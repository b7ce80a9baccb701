import CPocketSphinx
import Program

/// The owner of PocketSphinx's front end: samples to cepstra, one frame each 10 ms.
@safe struct FrontEnd: ~Copyable {
    private let frontEnd: OpaquePointer
    private let width: Int
    private let rows: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    private let coefficients: UnsafeMutablePointer<Float>
    private static let rowCount = 64

    /// Makes the front end that a decoder's model was trained with.
    init(for decoder: borrowing Decoder) throws(Failure) {
        guard let frontEnd = unsafe fe_init_auto_r(decoder.configuration) else {
            throw Failure(
                .configuration,
                "PocketSphinx has no front end for the model: \(Messages.lastError ?? "no reason given")")
        }
        unsafe self.frontEnd = unsafe frontEnd
        width = unsafe Int(fe_get_output_size(frontEnd))
        unsafe coefficients = .allocate(capacity: FrontEnd.rowCount * width)
        unsafe coefficients.initialize(repeating: 0, count: FrontEnd.rowCount * width)
        unsafe rows = .allocate(capacity: FrontEnd.rowCount)
        for row in 0..<FrontEnd.rowCount { unsafe (rows + row).initialize(to: coefficients + row * width) }
        unsafe fe_start_stream(frontEnd)
        unsafe fe_start_utt(frontEnd)
    }

    deinit {
        unsafe rows.deallocate()
        unsafe coefficients.deallocate()
        unsafe fe_free(frontEnd)
    }

    /// Turns samples into frames; what doesn't fill a frame is kept for the next call.
    ///
    /// - Parameter body: gets each frame's coefficients.
    func process(_ samples: [Int16], _ body: ([Float]) throws(Failure) -> Void) throws(Failure) {
        var cepstrum = [Float](repeating: 0, count: width)
        var consumed = 0
        while consumed < samples.count {
            var frames: CInt = CInt(FrontEnd.rowCount)
            var rest = samples.count - consumed
            let status = unsafe samples.withUnsafeBufferPointer { buffer in
                var next = unsafe buffer.baseAddress.map { unsafe $0 + consumed }
                return unsafe fe_process_frames(frontEnd, &next, &rest, rows, &frames, nil)
            }
            guard status >= 0 else { throw Failure(.internalError, "PocketSphinx's front end failed") }
            for frame in 0..<Int(frames) {
                for index in 0..<width { unsafe cepstrum[index] = coefficients[frame * width + index] }
                try body(cepstrum)
            }
            let now = samples.count - rest
            // It consumes something or makes a frame, or it would never end.
            guard now > consumed || frames > 0 else { break }
            consumed = now
        }
    }
}
