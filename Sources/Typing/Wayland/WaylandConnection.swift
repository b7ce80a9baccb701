internal import Glibc
internal import POSIX

/// A connection to a Wayland compositor: messages of its wire format, and the descriptors that go with them (Wayland
/// Protocol, "Wire Format").
final class WaylandConnection {
    /// What the compositor says.
    struct Message {
        var object: UInt32
        var opcode: UInt16
        var body: ArraySlice<UInt8>
    }

    private let socket: Descriptor
    private var buffer: [UInt8] = []
    private var descriptors: [CInt] = []
    private var lastObject: UInt32 = 1

    /// Connects to the compositor that WAYLAND_DISPLAY names.
    init() throws(SystemError) {
        let name = getenv("WAYLAND_DISPLAY").map { String(cString: $0) } ?? "wayland-0"
        let folder = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? ""
        socket = try connectToLocalSocket(name.hasPrefix("/") ? name : "\(folder)/\(name)")
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    /// A number for a new object.
    func newObject() -> UInt32 {
        lastObject += 1
        return lastObject
    }

    func send(_ object: UInt32, _ opcode: UInt16, _ body: [UInt8] = [], descriptor: CInt? = nil) throws(SystemError) {
        let size = UInt32(8 + body.count)
        try sendMessage(socket.number, bytes(object) + bytes(size << 16 | UInt32(opcode)) + body, descriptor)
    }

    /// Waits for the next message.
    ///
    /// - Returns: nil when the time is over.
    func next(until end: ContinuousClock.Instant) throws(SystemError) -> Message? {
        while true {
            if let message = bufferedMessage() {
                // wl_display.error: the compositor ends the connection.
                if message.object == 1, message.opcode == 0 { throw failure(EPROTO) }
                return message
            }
            let left = end - ContinuousClock.now
            guard left > .zero else { return nil }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            guard try waitUntilReady(socket.number, for: POLLIN, milliseconds: Int(min(milliseconds, 60_000))) != 0
            else { continue }
            let (bytes, received) = try receiveMessage(socket.number)
            descriptors += received
            if bytes.isEmpty { throw failure(ECONNRESET) }
            buffer += bytes
        }
    }

    /// The descriptor that belongs to the message just read.
    func takeDescriptor() -> Descriptor? {
        descriptors.isEmpty ? nil : Descriptor(owning: descriptors.removeFirst())
    }

    /// Waits until the compositor has done what was asked of it.
    ///
    /// - Parameter body: gets what it says meanwhile.
    func roundTrip(_ body: (Message) -> Void = { _ in }) throws(SystemError) {
        let callback = newObject()
        try send(1, 0, bytes(callback))
        let end = ContinuousClock.now + .seconds(5)
        while let message = try next(until: end) {
            if message.object == callback { return }
            body(message)
        }
        throw failure(ETIMEDOUT)
    }

    /// What the compositor offers: the numbers and versions of its interfaces, and the registry that binds them.
    func offers() throws(SystemError) -> (registry: UInt32, globals: [String: (name: UInt32, version: UInt32)]) {
        let registry = newObject()
        try send(1, 1, bytes(registry))
        var globals: [String: (name: UInt32, version: UInt32)] = [:]
        try roundTrip { message in
            guard message.object == registry, message.opcode == 0 else { return }
            let version = message.number(8 + (Int(message.number(4)) + 3) & ~3)
            globals[message.string(4)] = (message.number(0), version)
        }
        return (registry, globals)
    }

    /// Makes an object of one of them.
    func bind(
        _ registry: UInt32, _ name: UInt32, _ interface: String, _ version: UInt32
    ) throws(SystemError) -> UInt32 {
        let object = newObject()
        try send(registry, 0, bytes(name) + WaylandConnection.string(interface) + bytes(version) + bytes(object))
        return object
    }

    private func bufferedMessage() -> Message? {
        guard buffer.count >= 8 else { return nil }
        let size = Int(uint32(buffer, 4) >> 16)
        guard size >= 8, buffer.count >= size else { return nil }
        let message = Message(
            object: uint32(buffer, 0), opcode: uint16(buffer, 4), body: ArraySlice(Array(buffer[8..<size])))
        buffer.removeFirst(size)
        return message
    }

    private func failure(_ code: CInt) -> SystemError {
        SystemError(code: code, call: "read", subject: "the Wayland compositor")
    }

    /// A string as an argument: its length with a zero byte behind it, padded.
    static func string(_ text: String) -> [UInt8] {
        bytes(UInt32(text.utf8.count + 1)) + padded(Array(text.utf8) + [0])
    }
}

extension WaylandConnection.Message {
    /// The unsigned number at an offset of the body; 0 where it is too short.
    func number(_ offset: Int) -> UInt32 {
        body.count >= offset + 4 ? uint32(Array(body), offset) : 0
    }

    /// The string at an offset of the body.
    func string(_ offset: Int) -> String {
        let length = Int(number(offset))
        guard length > 0, body.count >= offset + 4 + length else { return "" }
        return String(decoding: Array(body)[(offset + 4)..<(offset + 3 + length)], as: UTF8.self)
    }
}
