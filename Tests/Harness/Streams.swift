internal import CHarness
internal import Glibc
internal import POSIX

/// What a program finds on its standard input.
package enum Input: Sendable {
    /// /dev/null.
    case none
    /// A pipe that ends after these bytes.
    case bytes([UInt8])
    /// A pipe that ends after this text.
    case text(String)
    /// The file itself: regular, a FIFO, a device.
    case file(String)
    /// A pipe that stays open: the test writes to it, and closes it.
    case open
    /// A pipe that gets the bytes at a steady rate, as a microphone would give them, and ends.
    case paced([UInt8], bytesPerSecond: Int)
    /// Descriptor 0 is not open.
    case closed
}

/// Where a program's standard output goes.
package enum Output: Sendable {
    /// Into the result.
    case collected
    /// Into a file: /dev/full, a FIFO, a regular file that is created.
    case file(String)
    /// A pipe that nobody reads from until the test does.
    case unread
    /// A pipe whose reading end is closed.
    case brokenPipe
    /// Descriptor 1 is not open.
    case closed
}

/// Bytes as a thread collects them.
final class Collector: Sendable {
    private let state = Monitor<(bytes: [UInt8], begun: Bool, ended: Bool)>(([], false, false))

    var bytes: [UInt8] { state.read { $0.bytes } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isCollecting: Bool { state.read { $0.begun } }
    var ended: Bool { state.read { $0.ended } }

    /// Reads a descriptor to its end on a thread of its own, and closes it.
    func collect(_ descriptor: CInt) throws {
        state.note { $0.begun = true }
        try Thread("collect") { [self] in
            var chunk = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = read(descriptor, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                // A pseudo-terminal's master fails with EIO when the last program on it is gone.
                if count <= 0 { break }
                state.note { $0.bytes += chunk[..<count] }
            }
            close(descriptor)
            state.note { $0.ended = true }
        }.detach()
    }
}

/// The writing end of a pipe; writing to one whose reader has gone is reported, not fatal.
final class Feeder: Sendable {
    private let descriptor: Monitor<CInt>

    init(_ descriptor: CInt) {
        self.descriptor = Monitor(descriptor)
    }

    deinit {
        close()
    }

    func close() {
        descriptor.note {
            if $0 >= 0 { Glibc.close($0) }
            $0 = -1
        }
    }

    /// - Returns: whether all of it was taken.
    @discardableResult
    func write(_ bytes: ArraySlice<UInt8>) -> Bool {
        let descriptor = descriptor.read { $0 }
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Writes on a thread, then closes; at a steady rate where one is given.
    func feed(_ bytes: [UInt8], bytesPerSecond: Int? = nil) throws {
        try Thread("feed") { [self] in
            defer { close() }
            guard let bytesPerSecond else {
                write(bytes[...])
                return
            }
            let start = ContinuousClock.now
            let chunk = max(bytesPerSecond / 50, 1)
            var position = 0
            while position < bytes.count {
                // Against the start, so that delays don't add up.
                let due = start + .seconds(Double(min(position + chunk, bytes.count)) / Double(bytesPerSecond))
                pause(due - ContinuousClock.now)
                guard write(bytes[position..<min(position + chunk, bytes.count)]) else { return }
                position += chunk
            }
        }.detach()
    }
}

/// A pipe whose ends the caller closes.
func makePipe() throws -> (reading: CInt, writing: CInt) {
    var ends: (CInt, CInt) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) { harness_pipe($0.assumingMemoryBound(to: CInt.self).baseAddress) }
    guard result == 0 else { throw HarnessError("pipe: \(String(cString: strerror(errno)))") }
    return ends
}
