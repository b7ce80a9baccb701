internal import CCurl
internal import Text

/// When a request that failed is made again, as the providers' own SDKs do it.
///
/// Source: openai-python `_base_client.py` (`_should_retry`, `_calculate_retry_timeout`).
package struct RetryPolicy: Sendable {
    /// How often a request is made again at most.
    package var maximum: Int
    /// The longest wait that a server may ask for, in seconds; above it there is no second try.
    package var longestWait: Double

    package init(maximum: Int = 2, longestWait: Double = 120) {
        self.maximum = maximum
        self.longestWait = longestWait
    }

    /// How long to wait before the next try.
    ///
    /// - Parameters:
    ///   - attempt: how many tries have failed, from 1.
    ///   - head: the answer, where there was one; without one the connection failed.
    ///   - isTransient: whether the answer is one that may be another one later; nil leaves it to its status. The server's own word,
    ///     `x-should-retry`, counts more.
    ///   - now: seconds since 1970.
    ///   - random: 0 to 1, so that many clients don't come back at once.
    /// - Returns: seconds; nil where it is not to be tried again.
    package func delay(
        afterAttempt attempt: Int, _ head: ResponseHead?, isTransient: Bool? = nil, now: Double,
        random: Double = .random(in: 0...1)
    ) -> Double? {
        guard attempt <= maximum else { return nil }
        if let head {
            switch head["x-should-retry"]?.lowercased() {
            case "true": break
            case "false": return nil
            default: guard isTransient ?? RetryPolicy.isTransient(head.status) else { return nil }
            }
            if let asked = RetryPolicy.waitAskedFor(by: head, now: now) {
                if asked > longestWait { return nil }
                if asked > 0 { return asked }
            }
        }
        return min(0.5 * Double(1 << min(attempt - 1, 16)), 8) * (1 - 0.25 * random)
    }

    /// Whether a status means that the same request may succeed later.
    package static func isTransient(_ status: Int) -> Bool {
        [408, 409, 429].contains(status) || status >= 500
    }

    /// The wait that a server asks for, in seconds: `retry-after-ms`, else `Retry-After` as seconds or as a date (RFC 9110,
    /// 10.2.3); nil if it asks for none.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: 0 to 10⁹, whatever the server says; what is over already is 0.
    package static func waitAskedFor(by head: ResponseHead, now: Double) -> Double? {
        if let text = head["retry-after-ms"], let milliseconds = Double(text), !milliseconds.isNaN {
            return (milliseconds / 1000).clampedSeconds
        }
        guard let text = head["retry-after"] else { return nil }
        if let seconds = Double(text) { return seconds.isNaN ? nil : seconds.clampedSeconds }
        guard case .some = try? CurlLibrary.load() else { return nil }
        let date = unsafe vt_curl_date(text)
        return date < 0 ? nil : (Double(date) - now).clampedSeconds
    }
}
