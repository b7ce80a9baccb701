internal import Audio
internal import HTTP
internal import Text

/// What one request cost, for `--timings`.
package struct UploadTimings: Sendable {
    package var engine: String
    /// From 1.
    package var attempt: Int
    package var status: Int?
    /// What was wrong, where something was.
    package var failure: String?
    /// How the audio was packed.
    package var format: String
    /// Seconds of audio that were sent.
    package var audio: Double
    package var bytesSent: Int
    /// Whether a connection was used again.
    package var reusedConnection: Bool
    /// Steps in seconds, nil where there was none. What it took to connect, then to set TLS up.
    package var connect: Double?
    package var tls: Double?
    /// From the request's beginning.
    package var firstByteSent: Double?
    package var endOfAudio: Double?
    package var lastByteSent: Double?
    /// From the last byte sent to the first byte of the answer.
    package var serverWait: Double?
    /// From the first byte of the answer to its last.
    package var answer: Double?
    /// From the end of the audio to the text's having been given away.
    package var tail: Double?

    init(
        engine: String, attempt: Int, format: String, audio: Double, exchange: Exchange,
        endOfAudio: ContinuousClock.Instant?, givenAway: ContinuousClock.Instant?
    ) {
        let times = exchange.timings
        func span(_ from: ContinuousClock.Instant?, _ to: ContinuousClock.Instant?) -> Double? {
            guard let from, let to else { return nil }
            let (seconds, attoseconds) = (to - from).components
            return Double(seconds) + Double(attoseconds) * 1e-18
        }
        self.engine = engine
        self.attempt = attempt
        self.format = format
        self.audio = audio
        status = exchange.head?.status
        failure = exchange.failure?.message
        bytesSent = times.bytesSent
        reusedConnection = times.reusedConnection
        connect = span(times.begun, times.connected)
        tls = span(times.connected, times.secured)
        firstByteSent = span(times.begun, times.firstByteSent)
        self.endOfAudio = span(times.begun, endOfAudio)
        lastByteSent = span(times.begun, times.lastByteSent)
        serverWait = span(times.lastByteSent, times.firstByteReceived)
        answer = span(times.firstByteReceived, times.ended)
        tail = span(endOfAudio, givenAway)
    }

    /// One line of JSON; times are in milliseconds, null where a step was not made.
    package var json: String {
        func milliseconds(_ seconds: Double?) -> String { seconds.map { decimal($0 * 1000, places: 2) } ?? "null" }
        let members = [
            ("engine", engine.jsonQuoted), ("attempt", String(attempt)), ("status", status.map(String.init) ?? "null"),
            ("format", format.jsonQuoted), ("audio_s", decimal(audio, places: 3)),
            ("bytes_sent", String(bytesSent)), ("connection_reused", String(reusedConnection)),
            ("connect_ms", milliseconds(connect)), ("tls_ms", milliseconds(tls)),
            ("first_byte_sent_ms", milliseconds(firstByteSent)), ("end_of_audio_ms", milliseconds(endOfAudio)),
            ("last_byte_sent_ms", milliseconds(lastByteSent)),
            ("server_wait_ms", milliseconds(serverWait)), ("answer_ms", milliseconds(answer)),
            ("tail_ms", milliseconds(tail)), ("failure", failure?.jsonQuoted ?? "null"),
        ]
        return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}
