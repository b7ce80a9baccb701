/// One HTTP request.
package struct Request: Sendable, CustomStringConvertible {
    package var method: String
    /// `http:` or `https:`. Its user name and password, if any, are sent to its own host only, like every secret header.
    package var url: String
    package var headers: [Header]
    package var body: Body
    package var limits: TimeLimits
    /// Bytes of an answer's body that are collected; more is an error. What goes to a sink does not count.
    package var answerLimit = 32 << 20
    /// Takes the answer's body while it comes, so that none of it is kept here; nil collects it.
    package var sink: (any BodySink)?
    /// Whether nothing is sent, although the connection is made, before `Exchange.release()`. Only for a client of its own
    /// (`HTTPClient`), whose thread waits meanwhile.
    package var isHeld = false
    /// Becomes readable when the request shall be given up; it is polled, never read, and stays open for as long as the
    /// exchange runs. Nil where nobody can give it up but `Exchange.cancel()`.
    package var cancellation: CInt?
    /// Whether secret headers may go over plain `http:` to a private address, too (`URLParts.isPrivate`), and there without a proxy.
    package var permitsSecretsInPrivate = false
    /// False keeps to HTTP/1.1.
    package var permitsHTTP2 = true

    package init(
        _ method: String = "POST", _ url: String, headers: [Header] = [], body: Body = Body(),
        limits: TimeLimits = TimeLimits()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limits = limits
    }

    /// For logs: what is secret shows as `****`.
    package var description: String {
        (["\(method) \(URLParts(url)?.withoutSecrets ?? "****")"] + headers.map(\.description)).joined(separator: "; ")
    }
}

/// A header line of a request.
package struct Header: Sendable, Equatable, CustomStringConvertible {
    package var name: String
    package var value: String
    /// Whether it holds a credential: then it is never logged, goes to no other host, and over plain `http:` to a loopback
    /// address only.
    package var isSecret: Bool

    package init(_ name: String, _ value: String, isSecret: Bool = false) {
        self.name = name
        self.value = value
        self.isSecret = isSecret
    }

    /// For logs: `Authorization: Bearer ****`.
    package var description: String {
        guard isSecret else { return "\(name): \(value)" }
        // The scheme is worth seeing: a bare key and a Bearer are often mixed up.
        let scheme = value.split(separator: " ", maxSplits: 1)
        let isKnown = scheme.count == 2 && ["bearer", "token", "basic"].contains(scheme[0].lowercased())
        return isKnown ? "\(name): \(scheme[0]) ****" : "\(name): ****"
    }
}

/// What a request sends: parts, one after the other.
package struct Body: Sendable {
    package enum Part: Sendable {
        case bytes([UInt8])
        /// Read while it is sent.
        case source(any BodySource)
    }

    package var parts: [Part]

    package init(_ parts: [Part] = []) {
        self.parts = parts
    }

    /// Bytes in all, or nil while a source's length is not known: then it goes chunked on HTTP/1.1, and without a length on
    /// HTTP/2.
    package var length: Int? {
        var sum = 0
        for part in parts {
            switch part {
            case .bytes(let bytes): sum += bytes.count
            case .source(let source):
                guard let length = source.length else { return nil }
                sum += length
            }
        }
        return sum
    }
}

/// Bytes of a body that may still grow while they are sent. Tell `Exchange.bodyHasGrown()` after each growth, and after the end.
///
/// It is read at offsets, so that a request can be begun again.
package protocol BodySource: AnyObject, Sendable {
    /// Bytes in all, once nothing more is added; nil before.
    var length: Int? { get }

    /// Reads what there is, on the client's thread: it must not wait.
    ///
    /// - Parameters:
    ///   - buffer: for the bytes; not empty.
    ///   - offset: bytes from the beginning.
    /// - Returns: bytes read; 0 at the end; nil where there are none yet.
    /// - Throws: what ends the request, as the underlying error of an `HTTPError`.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int?
}

/// Takes the body of an answer piece by piece: a file that is too large for memory. All calls come on the client's thread, which
/// waits meanwhile, and with it every other exchange of that client.
package protocol BodySink: AnyObject, Sendable {
    /// Looks at the answer's head, before its body.
    ///
    /// - Returns: whether the body goes to `write`; else it is collected like any other: a redirect's, or an error's.
    /// - Throws: what ends the request, as the underlying error of an `HTTPError` with `.sinkFailed`.
    func begin(_ head: ResponseHead) throws -> Bool

    /// Takes the next bytes of the body.
    ///
    /// - Throws: as `begin`.
    func write(_ bytes: UnsafeRawBufferPointer) throws
}

/// How long each step of a request may take, in seconds.
package struct TimeLimits: Sendable {
    /// Until there is a connection, TLS included.
    package var connect: Double
    /// Without a byte in either direction, while there is something to send or the answer has begun.
    package var stall: Double
    /// From the body's last byte to the answer's first; it should grow with the audio's length. Asked when the body has ended.
    package var answer: @Sendable () -> Double
    /// How long a held connection waits for `release()`: then the exchange fails with `.heldTooLong`, and can be begun anew.
    package var hold: Double

    package init(
        connect: Double = 10, stall: Double = 30, answer: @escaping @Sendable () -> Double = { 60 }, hold: Double = 10
    ) {
        self.connect = connect
        self.stall = stall
        self.answer = answer
        self.hold = hold
    }

}
