import Glibc
import Harness
import POSIX
import Testing

@Suite struct Descriptors {
    func isOpen(_ number: CInt) -> Bool { fcntl(number, F_GETFD) >= 0 }

    @Test func closesItselfOnceAndOnExec() throws {
        let path = try TemporaryDirectory()
        let number: CInt
        do {
            let file = try Descriptor.open(path("a"), O_RDWR | O_CREAT)
            number = file.number
            #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
            let copy = try file.duplicate()
            #expect(fcntl(copy.number, F_GETFD) & FD_CLOEXEC != 0)
        }
        // Another thread's descriptor may have the number by now; it is not this file.
        var status = stat()
        let reused = fstat(number, &status) == 0
        var own = stat()
        stat(path("a"), &own)
        #expect(!reused || status.st_ino != own.st_ino)
    }

    @Test func releaseLeavesItOpen() throws {
        let pipe = try Descriptor.pipe()
        let copy = try pipe.reading.duplicate()
        let number = copy.release()
        #expect(isOpen(number))
        #expect(close(number) == 0)
    }

    @Test func errorsNameTheCallAndTheThing() {
        let error = #expect(throws: SystemError.self) { _ = try Descriptor.open("/nowhere/x", O_RDONLY) }
        #expect(error == SystemError(code: ENOENT, call: "open", subject: "/nowhere/x"))
        #expect(error?.description == "/nowhere/x: No such file or directory (open)")
    }

    @Test func writesEverythingToANonBlockingPipe() throws {
        let pipe = try Descriptor.pipe()
        let (reading, writing) = pipe.release()
        #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let thread = try Thread("writer") {
            try? writeAll(writing, bytes)
            close(writing)
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 10000)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try readOnce(reading, into: $0) }
            if count == 0 { break }
            received += buffer[..<count]
        }
        thread.join()
        close(reading)
        #expect(received == bytes)
    }

    @Test func readingAnEmptyNonBlockingPipeSaysSo() throws {
        let pipe = try Descriptor.pipe()
        #expect(fcntl(pipe.reading.number, F_SETFL, O_NONBLOCK) == 0)
        var buffer = [UInt8](repeating: 0, count: 10)
        let error = #expect(throws: SystemError.self) {
            _ = try buffer.withUnsafeMutableBytes { try readOnce(pipe.reading.number, into: $0, name: "pipe") }
        }
        #expect(error?.code == EAGAIN)
    }

    @Test func waitsForDataForTheEndAndForTheTime() throws {
        let pipe = try Descriptor.pipe()
        #expect(try waitUntilReady(pipe.reading.number, for: CInt(POLLIN), milliseconds: 0) == 0)
        let start = ContinuousClock.now
        #expect(try waitUntilReady(pipe.reading.number, for: CInt(POLLIN), milliseconds: 30) == 0)
        #expect(ContinuousClock.now - start >= .milliseconds(30))
        try writeAll(pipe.writing.number, "x")
        #expect(try waitUntilReady(pipe.reading.number, for: CInt(POLLIN), milliseconds: .max) & CInt(POLLIN) != 0)
    }

    @Test func aSignalDoesNotBeginTheWaitAnew() throws {
        signal(SIGWINCH) { _ in }
        defer { signal(SIGWINCH, SIG_DFL) }
        let pipe = try Descriptor.pipe()
        let target = pthread_self()
        let thread = try Thread("signals") {
            for _ in 0..<20 {
                pthread_kill(target, SIGWINCH)
                pause(.milliseconds(20))
            }
        }
        let start = ContinuousClock.now
        #expect(try waitUntilReady(pipe.reading.number, for: CInt(POLLIN), milliseconds: 100) == 0)
        let waited = ContinuousClock.now - start
        thread.join()
        // Begun anew at each signal, it would have lasted 500 ms.
        #expect(waited >= .milliseconds(100) && waited < .milliseconds(400), "\(waited)")
    }

    @Test func writesAtAPlaceWithoutMovingOn() throws {
        let directory = try TemporaryDirectory()
        let file = try Descriptor.open(directory("a"), O_RDWR | O_CREAT)
        try writeAll(file.number, "0123456789")
        try writeAll(file.number, Array("abc".utf8), at: 2)
        try writeAll(file.number, "X")
        #expect(try text(of: directory("a")) == "01abc56789X")
    }
}
