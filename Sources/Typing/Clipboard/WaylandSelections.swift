internal import Glibc
internal import POSIX

/// Which of the two places for copied things.
enum WaylandSelection: UInt8, CaseIterable {
    case clipboard
    /// What is marked with the mouse.
    case primary
}

/// Reads, owns and serves the clipboard of a Wayland session, where the compositor lets programs without a window do so:
/// ext-data-control-v1, or wlr-data-control-unstable-v1, which has the same messages.
final class WaylandSelections {
    /// One format of what a selection holds.
    struct Item: Equatable {
        var type: String
        var data: [UInt8]
    }

    private let connection: WaylandConnection
    private var device: UInt32 = 0
    private var manager: UInt32 = 0
    /// The formats of each offer.
    private var offers: [UInt32: [String]] = [:]
    private var offered: [WaylandSelection: UInt32] = [:]
    private var sources: [UInt32: (selection: WaylandSelection, items: [Item])] = [:]

    private static let limit = 64 << 20

    /// Connects; throws where there is no compositor.
    init() throws(SystemError) {
        connection = try WaylandConnection()
        let (registry, globals) = try connection.offers()
        let interface =
            ["ext_data_control_manager_v1", "zwlr_data_control_manager_v1"].first { globals[$0] != nil }
        guard let interface, let control = globals[interface], let seat = globals["wl_seat"] else { return }
        // Version 2 of wlr's knows the primary selection.
        let version = interface.hasPrefix("ext") ? 1 : min(2, control.version)
        guard interface.hasPrefix("ext") || version == 2 else { return }
        let seatObject = try connection.bind(registry, seat.name, "wl_seat", 1)
        manager = try connection.bind(registry, control.name, interface, version)
        device = connection.newObject()
        try connection.send(manager, 1, bytes(device) + bytes(seatObject))
        try roundTrip()
    }

    /// Whether the compositor lets us.
    var isAvailable: Bool { device != 0 }

    /// Waits until the compositor has done what was asked of it.
    private func roundTrip() throws(SystemError) {
        try connection.roundTrip { _ = handle($0) }
    }

    // MARK: Reading

    /// What a selection holds; nil where it is empty. Formats that its owner does not give within the time are left out.
    func read(_ selection: WaylandSelection, milliseconds: Int = 2000) throws(SystemError) -> [Item]? {
        try roundTrip()
        guard let offer = offered[selection] else { return nil }
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        var items: [Item] = []
        var total = 0
        for type in offers[offer] ?? [] where !items.contains(where: { $0.type == type }) {
            guard let data = try receive(offer, type, until: end) else { continue }
            total += data.count
            guard total <= WaylandSelections.limit else { break }
            items.append(Item(type: type, data: data))
        }
        return items
    }

    private func receive(
        _ offer: UInt32, _ type: String, until end: ContinuousClock.Instant
    ) throws(SystemError) -> [UInt8]? {
        let pipe = try Descriptor.pipe()
        let ends = pipe.release()
        let reading = Descriptor(owning: ends.reading)
        // The compositor hands our end to the owner; ours must be closed for the end to come.
        let writing = Descriptor(owning: ends.writing)
        try connection.send(offer, 0, WaylandConnection.string(type), descriptor: writing.number)
        try writing.close()
        var data: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = (end - ContinuousClock.now).components
            let milliseconds = Int(left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000)
            guard milliseconds > 0,
                try waitUntilReady(reading.number, for: POLLIN, milliseconds: milliseconds) != 0
            else { return nil }
            var failure: SystemError?
            let count = chunk.withUnsafeMutableBytes { buffer in
                do throws(SystemError) {
                    return try readOnce(reading.number, into: buffer, name: "the clipboard")
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            if count == 0 { return data }
            data += chunk[..<count]
            guard data.count <= WaylandSelections.limit else { return nil }
        }
    }

    // MARK: Owning

    /// Takes a selection; what it held before is gone.
    func own(_ selection: WaylandSelection, _ items: [Item]) throws(SystemError) {
        let source = connection.newObject()
        try connection.send(manager, 0, bytes(source))
        for item in items { try connection.send(source, 0, WaylandConnection.string(item.type)) }
        sources[source] = (selection, items)
        try connection.send(device, selection == .primary ? 2 : 0, bytes(source))
        try roundTrip()
    }

    func owns(_ selection: WaylandSelection) -> Bool { sources.values.contains { $0.selection == selection } }

    /// Leaves a selection empty.
    func clear(_ selection: WaylandSelection) throws(SystemError) {
        guard owns(selection) else { return }
        try connection.send(device, selection == .primary ? 2 : 0, bytes(0 as UInt32))
        try roundTrip()
    }

    /// Waits for the next thing that somebody asks of us, and does it.
    ///
    /// - Returns: the format that was given; nil when the time is over, or something else happened.
    func serve(until end: ContinuousClock.Instant) throws(SystemError) -> String? {
        guard let message = try connection.next(until: end) else { return nil }
        return handle(message)
    }

    private func handle(_ message: WaylandConnection.Message) -> String? {
        if let source = sources[message.object] {
            switch message.opcode {
            case 0:
                guard let descriptor = connection.takeDescriptor() else { return nil }
                let type = message.string(0)
                give(source.items.first { $0.type == type }?.data ?? [], descriptor.release())
                return type
            // cancelled: somebody else has it now.
            case 1:
                sources[message.object] = nil
                try? connection.send(message.object, 1)
            default: break
            }
        } else if message.object == device, device != 0 {
            switch message.opcode {
            case 0: offers[message.number(0)] = []
            case 1: replace(.clipboard, message.number(0))
            case 3: replace(.primary, message.number(0))
            default: break
            }
        } else if offers[message.object] != nil, message.opcode == 0 {
            offers[message.object]?.append(message.string(0))
        }
        return nil
    }

    private func replace(_ selection: WaylandSelection, _ offer: UInt32) {
        if let old = offered[selection], old != offer,
            !offered.contains(where: { $0.key != selection && $0.value == old })
        {
            offers[old] = nil
            try? connection.send(old, 1)
        }
        offered[selection] = offer == 0 ? nil : offer
    }

    /// Writes on a thread of its own: a slow reader must not hold up the others.
    private func give(_ data: [UInt8], _ number: CInt) {
        let thread = try? Thread("clipboard") {
            let end = Descriptor(owning: number)
            data.withUnsafeBytes { try? writeAll(end.number, $0, name: "the clipboard's reader") }
        }
        if thread == nil { close(number) }
    }
}
