import POSIX
import Testing

@Suite struct Monitors {
    @Test func aChangeWakesWhoWaits() throws {
        let count = Monitor(0)
        let thread = try POSIX.Thread("waiter") {
            count.wait { $0 == 1 ? () : nil }
            count.change { $0 = 2 }
        }
        count.change { $0 = 1 }
        #expect(count.wait(atMost: 20) { $0 == 2 ? "woken" : nil } == "woken")
        thread.join()
    }

    @Test func waitingEndsAfterItsTime() {
        let start = ContinuousClock.now
        #expect(Monitor(0).wait(atMost: 0.05) { $0 == 1 ? true : nil } == nil)
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func changesOfManyThreadsAreAllThere() throws {
        let count = Monitor(0)
        let threads = try (0..<8).map { _ in
            try POSIX.Thread("adder") { for _ in 0..<1000 { count.change { $0 += 1 } } }
        }
        for thread in threads { thread.join() }
        #expect(count.read(\.self) == 8000)
    }
}
