internal import HTTP
internal import Text

/// Where an upload goes: to the address that it is meant for, and on the same host to where that sends it.
struct UploadTarget {
    /// The address of the next request.
    var url: String
    /// The scheme, host and port that it was meant for.
    let origin: String
    private let engine: String
    private var redirects = 0

    private static let redirectLimit = 3

    /// - Parameters:
    ///   - url: an http or https address.
    ///   - engine: what messages call whoever is there.
    /// - Throws: `configuration` where it is no address.
    init(_ url: String, of engine: String) throws(EngineError) {
        guard let address = URLParts(url) else {
            throw EngineError(.configuration, "\(engine): this is no http address: \(url.sanitized)")
        }
        self.url = url
        self.engine = engine
        origin = address.origin
    }

    /// Where an answer says that the request belongs; nil where it says no such thing.
    ///
    /// - Throws: `EngineError` where nothing is sent there, or where it goes round in circles.
    mutating func redirection(_ head: ResponseHead) throws(EngineError) -> String? {
        guard [301, 302, 307, 308].contains(head.status), let location = head["location"] else { return nil }
        guard let here = URLParts(url), let target = here.resolving(location), let there = URLParts(target) else {
            throw EngineError(
                .protocolError, "\(engine): \(origin) redirects to no address: \(location.sanitized)")
        }
        let isSameHost =
            there.host == here.host
            && (there.origin == here.origin || (here.scheme == "http" && there.scheme == "https"))
        guard isSameHost else {
            throw EngineError(
                .unavailable,
                "\(engine): \(origin) redirects to \(there.origin.sanitized), which is not sent a key",
                hint: "if that is where it should go, say so with --base-url")
        }
        redirects += 1
        guard redirects <= UploadTarget.redirectLimit else {
            throw EngineError(.protocolError, "\(engine): \(origin) redirects again and again")
        }
        return target
    }
}
