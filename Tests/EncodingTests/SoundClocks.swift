import Encoding
import Testing

/// Where pieces of sound belong, by their timestamps.
@Suite struct SoundClocks {
    /// Places pieces of 20 ms at a rate of 1000 frames a second.
    ///
    /// - Returns: frames given, with the silence, when each piece begins.
    private func place(_ times: [Int?], declaredEnd: Int? = nil, skipsOverlaps: Bool = false) -> [Int] {
        var clock = SoundClock(rate: 1000, declaredEnd: declaredEnd)
        return times.map { time in
            var count = 20
            switch clock.place(at: time, count: count) {
            case .silence(let frames): clock.advance(frames)
            case .beforeStart(let frames): count -= min(count, frames)
            case .overlap(let frames): count -= skipsOverlaps ? min(count, frames) : 0
            case .none, .jump: break
            }
            defer { clock.advance(count) }
            return clock.position
        }
    }

    @Test func whatBeginsLaterBeginsLater() {
        #expect(place([5000, 5020, 5040]) == [5000, 5020, 5040])
    }

    @Test func whatIsBeforeTheBeginningIsLeftOut() {
        #expect(place([-20, 0, 20]) == [0, 0, 20])
    }

    @Test func holesAreFilled() {
        #expect(place([0, 20, 2040, 2060]) == [0, 20, 2040, 2060])
    }

    @Test func unknownTimesFollow() {
        #expect(place([0, nil, nil, 60]) == [0, 20, 40, 60])
    }

    @Test func shakingTimestampsMoveNothing() {
        let times = (0..<100).map { $0 * 20 + [0, 40, -30, 2][$0 % 4] }
        #expect(place(times) == (0..<100).map { $0 * 20 })
    }

    @Test func aSmallDifferenceThatStaysIsMadeUpFor() {
        let times = (0..<100).map { $0 * 20 + ($0 >= 10 ? 40 : 0) }
        let places = place(times)
        #expect(places[20] == 400)
        #expect(places[99] == times[99])
    }

    @Test func whatComesTwiceIsLeftOutWhereItMayBe() {
        let times = Array(stride(from: 0, to: 1000, by: 20)) + Array(stride(from: 800, to: 2000, by: 20))
        #expect(place(times, skipsOverlaps: true).last == 1980)
        // And nothing of it if there is something to hear.
        #expect(place(times).last == (times.count - 1) * 20)
    }

    @Test func aNewBeginningFollows() {
        #expect(place([0, 20, 40, 0, 20, 40]) == [0, 20, 40, 60, 80, 100])
        #expect(place([3000, 3020, 3040, 3000, 3020]) == [3000, 3020, 3040, 3060, 3080])
    }

    @Test func aGapThatIsTooLongIsNone() {
        let hours = 5 * 3600 * 1000
        #expect(place([0, 20, hours, hours + 20]) == [0, 20, 40, 60])
        #expect(place([0, 20, hours, hours + 20], declaredEnd: hours + 100) == [0, 20, hours, hours + 20])
    }
}
