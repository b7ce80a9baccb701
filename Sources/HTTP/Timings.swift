/// When each step of an exchange was done, on the monotonic clock; nil where it was not done, or not needed.
package struct Timings: Sendable, Equatable {
    package var begun: ContinuousClock.Instant
    /// There was a connection: at once where one was used again.
    package var connected: ContinuousClock.Instant?
    /// TLS was set up.
    package var secured: ContinuousClock.Instant?
    /// The first byte of the request was given to the system.
    package var firstByteSent: ContinuousClock.Instant?
    /// The last byte of the body was.
    package var lastByteSent: ContinuousClock.Instant?
    /// The first byte of the answer came.
    package var firstByteReceived: ContinuousClock.Instant?
    package var ended: ContinuousClock.Instant?
    /// Bytes of the body that were sent.
    package var bytesSent = 0
    package var bytesReceived = 0
    /// Whether a connection that was there already was used.
    package var reusedConnection = false

    package init(begun: ContinuousClock.Instant) {
        self.begun = begun
    }
}
