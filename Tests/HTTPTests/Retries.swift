import HTTP
import Testing

@Suite struct Retries {
    private let policy = RetryPolicy()
    /// 2026-11-24 00:00:00 UTC.
    private static let now = 1_795_478_400.0

    private func delay(_ status: Int?, _ headers: [(String, String)] = [], attempt: Int = 1) -> Double? {
        policy.delay(
            afterAttempt: attempt,
            status.map { status in ResponseHead(status: status, headers: headers.map { (name: $0.0, value: $0.1) }) },
            now: Self.now, random: 0)
    }

    @Test(arguments: [408, 409, 429, 500, 502, 503, 504, 529]) func whatMayWorkLaterIsTriedAgain(status: Int) {
        #expect(delay(status) == 0.5)
    }

    @Test(arguments: [400, 401, 402, 403, 404, 411, 413, 415, 422]) func whatNeverWillIsNot(status: Int) {
        #expect(delay(status) == nil)
    }

    @Test func aFailedConnectionIsTriedAgain() {
        #expect(delay(nil) == 0.5)
        #expect(delay(nil, attempt: 2) == 1)
        #expect(delay(nil, attempt: 3) == nil, "two more tries, then it is enough")
    }

    @Test(arguments: [
        ("retry-after-ms", "250", 0.25), ("Retry-After", "3", 3), ("Retry-After", "1.5", 1.5),
        ("retry-after", "Tue, 24 Nov 2026 00:00:07 GMT", 7), ("Retry-After", "Tuesday, 24-Nov-26 00:01:00 GMT", 60),
        ("Retry-After", "120", 120), ("Retry-After", "0", 0.5), ("Retry-After", "-4", 0.5),
        ("Retry-After", "Mon, 23 Nov 2026 00:00:00 GMT", 0.5), ("Retry-After", "soon", 0.5),
        ("Retry-After", "nan", 0.5),
    ]) func theServersWaitIsHonoured(name: String, value: String, seconds: Double) {
        #expect(delay(429, [(name, value)]) == seconds)
    }

    /// Numbers that no `Int` and no `Duration` holds.
    @Test(arguments: [
        "99999999999999999999", "1e30", "1e19", "9300000000000000000", "9223372036854775808", "1e400", "inf",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ]) func absurdWaitsAreLongOnes(value: String) throws {
        let head = ResponseHead(status: 429, headers: [("Retry-After", value)])
        let asked = try #require(RetryPolicy.waitAskedFor(by: head, now: Self.now))
        #expect(asked > 120 && asked <= 1e9)
        #expect(delay(429, [("Retry-After", value)]) == nil)
        #expect(delay(503, [("retry-after-ms", value)]) == (value.hasPrefix("Fri") ? 0.5 : nil))
    }

    @Test(arguments: ["-1e30", "-99999999999999999999", "-inf", "-1e-300", "Thu, 01 Jan 1970 00:00:00 GMT"])
    func whatIsOverIsNoWait(value: String) {
        #expect(
            RetryPolicy.waitAskedFor(by: ResponseHead(status: 429, headers: [("Retry-After", value)]), now: Self.now)
                == 0)
        #expect(delay(429, [("Retry-After", value)]) == 0.5)
    }

    @Test func milliSecondsComeFirst() {
        #expect(delay(503, [("Retry-After", "9"), ("Retry-After-Ms", "100")]) == 0.1)
    }

    @Test func whoAsksForTooLongIsNotAskedAgain() {
        #expect(delay(429, [("Retry-After", "121")]) == nil)
        #expect(delay(429, [("Retry-After", "Tue, 24 Nov 2026 01:00:00 GMT")]) == nil)
    }

    @Test func theServersWordCountsMore() {
        #expect(delay(500, [("x-should-retry", "false")]) == nil)
        #expect(delay(400, [("X-Should-Retry", "true")]) == 0.5)
    }

    @Test func waitsGrowAndVary() throws {
        let patient = RetryPolicy(maximum: 20)
        let waits = (1...8).compactMap { patient.delay(afterAttempt: $0, nil, now: 0, random: 0) }
        #expect(waits == [0.5, 1, 2, 4, 8, 8, 8, 8])
        #expect(patient.delay(afterAttempt: 1, nil, now: 0, random: 1) == 0.375)
    }
}
