internal import Glibc
internal import POSIX

/// A connection to an X server: requests of the core protocol, answered one at a time.
///
/// `xdotool` presses keys, but cannot say what is held, what has the focus, or which characters the layout has, and it cannot
/// add several characters to the layout at once. Six requests of the core protocol can (X Window System Protocol, X11R7.7,
/// appendix B has their encoding). They are spoken here rather than through libxcb, whose five libraries would be loaded
/// by every start, on Wayland and in pipes too.
final class X11Connection {
    /// The first screen's root window.
    private(set) var root: UInt32 = 0
    private(set) var keycodes: ClosedRange<UInt8> = 8...255
    /// The bytes that one request may carry beside its head (of which there is less than 100).
    private(set) var largestData = 0
    private let descriptor: Descriptor
    private var identifiers: (base: UInt32, mask: UInt32) = (0, 0)
    private var usedIdentifiers: UInt32 = 0
    /// The number of the last request, by which its answer is known.
    private var sequence: UInt16 = 0
    private var events: [[UInt8]] = []

    /// A server that stops answering is as good as none.
    private static let patience = 5000

    init(_ address: X11Address) throws(SystemError) {
        descriptor = try address.connect()
        let name = Array("MIT-MAGIC-COOKIE-1".utf8)
        let cookie = address.cookie()
        var hello: [UInt8] = [UInt8(ascii: "l"), 0]
        hello.append(contentsOf: bytes(11 as UInt16) + bytes(0 as UInt16))
        hello.append(
            contentsOf: bytes(UInt16(cookie == nil ? 0 : name.count)) + bytes(UInt16(cookie?.count ?? 0)) + [0, 0])
        if let cookie { hello.append(contentsOf: padded(name) + padded(cookie)) }
        try send(hello)
        let head = try receive(8)
        let rest = try receive(Int(uint16(head, 6)) * 4)
        // Refused, or a further step of authentication asked for: for us it is the same.
        guard head[0] == 1, rest.count >= 32 else { throw failure(EACCES) }
        identifiers = (uint32(rest, 4), uint32(rest, 8))
        largestData = Int(uint16(rest, 18)) * 4 - 100
        keycodes = max(8, rest[26])...max(rest[26], rest[27])
        let screen = 32 + padding(Int(uint16(rest, 16))) + 8 * Int(rest[21])
        guard rest.count >= screen + 4 else { throw failure(EPROTO) }
        root = uint32(rest, screen)
    }

    /// A number for a new window.
    func newIdentifier() -> UInt32 {
        usedIdentifiers += 1
        return identifiers.base | (usedIdentifiers & identifiers.mask)
    }

    /// What all identifiers of the client that made this one have in common.
    func client(of identifier: UInt32) -> UInt32 { identifier & ~identifiers.mask }

    /// Sends a request that has an answer, and waits for it.
    ///
    /// - Parameters:
    ///   - opcode: the request's number.
    ///   - data: the byte behind the opcode.
    ///   - body: what follows the length, a multiple of 4 bytes.
    /// - Returns: the whole answer, at least 32 bytes.
    func ask(_ opcode: UInt8, _ data: UInt8 = 0, _ body: [UInt8] = []) throws(SystemError) -> [UInt8] {
        try tell(opcode, data, body)
        while true {
            let message = try receiveMessage()
            switch message[0] {
            case 0: if uint16(message, 2) == sequence { throw failure(EPROTO) }
            case 1: return message
            default: keep(message)
            }
        }
    }

    /// Sends a request that has no answer. Where the server refuses it, nobody hears of it.
    func tell(_ opcode: UInt8, _ data: UInt8 = 0, _ body: [UInt8] = []) throws(SystemError) {
        sequence &+= 1
        try send([opcode, data] + bytes(UInt16(1 + body.count / 4)) + body)
    }

    /// The next event, of those that somebody asked for: about selections and properties.
    ///
    /// - Returns: 32 bytes; nil when the time is over.
    func nextEvent(until end: ContinuousClock.Instant) throws(SystemError) -> [UInt8]? {
        while events.isEmpty {
            let left = end - ContinuousClock.now
            guard left > .zero else { return nil }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            let ready = try waitUntilReady(
                descriptor.number, for: POLLIN, milliseconds: Int(min(milliseconds, 60_000)))
            if ready != 0 { keep(try receiveMessage()) }
        }
        return events.removeFirst()
    }

    private func keep(_ message: [UInt8]) {
        // PropertyNotify to SelectionNotify. MappingNotify comes unasked for; errors are of requests without an answer.
        if (28...31).contains(message[0] & 0x7F) { events.append(message) }
    }

    /// An answer, an error or an event.
    private func receiveMessage() throws(SystemError) -> [UInt8] {
        let head = try receive(32)
        // Answers and GenericEvent have a length.
        guard head[0] == 1 || head[0] & 0x7F == 35 else { return head }
        return head + (try receive(Int(uint32(head, 4)) * 4))
    }

    private func send(_ message: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        message.withUnsafeBytes { buffer in
            // MSG_NOSIGNAL: a server that went away must not end us by SIGPIPE.
            var rest = buffer
            do throws(SystemError) {
                while !rest.isEmpty {
                    let count = try retrying("send", on: "the X server") {
                        Glibc.send(descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                    }
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func receive(_ count: Int) throws(SystemError) -> [UInt8] {
        // The largest answer is a keyboard mapping, 248 keys wide.
        guard count <= 1 << 20 else { throw failure(EPROTO) }
        var result = [UInt8](repeating: 0, count: count)
        var filled = 0
        var failed: SystemError?
        result.withUnsafeMutableBytes { buffer in
            do throws(SystemError) {
                while filled < count {
                    let events = try waitUntilReady(
                        descriptor.number, for: POLLIN, milliseconds: X11Connection.patience)
                    if events == 0 { throw failure(ETIMEDOUT) }
                    let got = try readOnce(
                        descriptor.number, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]),
                        name: "the X server")
                    if got == 0 { throw failure(ECONNRESET) }
                    filled += got
                }
            } catch { failed = error }
        }
        if let failed { throw failed }
        return result
    }

    private func failure(_ code: CInt) -> SystemError {
        SystemError(code: code, call: "read", subject: "the X server")
    }
}

// The protocol's numbers, in the byte order that we asked for.

func bytes(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }

func bytes(_ value: UInt32) -> [UInt8] {
    bytes(UInt16(truncatingIfNeeded: value)) + bytes(UInt16(value >> 16))
}

func uint16(_ message: [UInt8], _ offset: Int) -> UInt16 {
    UInt16(message[offset]) | UInt16(message[offset + 1]) << 8
}

func uint32(_ message: [UInt8], _ offset: Int) -> UInt32 {
    UInt32(uint16(message, offset)) | UInt32(uint16(message, offset + 2)) << 16
}

private func padding(_ count: Int) -> Int { (count + 3) & ~3 }

func padded(_ data: [UInt8]) -> [UInt8] {
    data + [UInt8](repeating: 0, count: padding(data.count) - data.count)
}
