import Program
import Testing

@Suite struct TimeSpans {
    @Test(
        arguments: [
            ("300ms", 0.3), ("1.5s", 1.5), ("2m", 120), ("2min", 120), ("1h", 3600), ("0.25", 0.25), ("7", 7),
            ("0s", 0),
            (".5s", 0.5),
        ])
    func areRead(text: String, seconds: Double) throws {
        let span = try #require(TimeSpan(argument: text))
        #expect(abs(span.seconds - seconds) < 1e-9)
    }

    @Test(
        arguments: [
            "", "s", "ms", "-1s", "1.5.2s", "1 s", "1d", "1e3", "nan", "inf", "0x10", "99999999999h", "١s", "1S",
        ])
    func areRefused(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }
}
