import Glibc
import Harness
import POSIX
import Testing

/// Whether what was written to a pipe has been read.
@Suite struct Deliveries {
    @Test func aPipeTellsWhetherItIsRead() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = try Descriptor.pipe()
        #expect(Delivery.state(of: pipe.writing.number) == .done)
        try writeAll(pipe.writing.number, "text")
        #expect(Delivery.state(of: pipe.writing.number) == .unread)
        #expect(Delivery.settle(pipe.writing.number, atMost: .milliseconds(1)) == .unread)
        var bytes = [UInt8](repeating: 0, count: 4)
        #expect(read(pipe.reading.number, &bytes, 4) == 4)
        #expect(Delivery.settle(pipe.writing.number, atMost: .seconds(20)) == .done)
    }

    @Test(arguments: [true, false]) func aReaderThatGoesHasReadItOrNot(hasRead: Bool) throws {
        signal(SIGPIPE, SIG_IGN)
        let (reading, writing) = try Descriptor.pipe().release()
        let output = Descriptor(owning: writing)
        try writeAll(output.number, "text")
        var bytes = [UInt8](repeating: 0, count: 4)
        if hasRead { #expect(read(reading, &bytes, 4) == 4) }
        close(reading)
        #expect(Delivery.state(of: output.number) == (hasRead ? .done : .lost))
    }

    @Test func ofSocketsToo() throws {
        var ends: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        try writeAll(ends[0], "text")
        #expect(Delivery.state(of: ends[0]) == .unread)
        var bytes = [UInt8](repeating: 0, count: 4)
        #expect(read(ends[1], &bytes, 4) == 4)
        #expect(Delivery.settle(ends[0], atMost: .seconds(20)) == .done)
        for end in ends { close(end) }
    }

    @Test func filesAreReadBySomebodyElse() throws {
        let directory = try TemporaryDirectory()
        let file = try Descriptor.open(directory("a"), O_RDWR | O_CREAT)
        try writeAll(file.number, "text")
        #expect(Delivery.state(of: file.number) == .done)
    }
}
