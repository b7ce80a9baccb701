internal import Glibc
internal import POSIX

/// What a selection (the clipboard, or what is marked with the mouse) holds: the same thing in several formats.
struct SelectionContents: Equatable {
    struct Item: Equatable {
        /// What it is asked for by; atoms, which mean the same to every client of the server.
        var target: UInt32
        var type: UInt32
        /// Bits of a unit: 8, 16 or 32.
        var format: UInt8
        var data: [UInt8]
    }

    var items: [Item]
}

/// Reads selections, owns them and serves what they hold (Inter-Client Communication Conventions Manual 2.0, section 2).
final class X11Selections {
    let connection: X11Connection
    /// Our window: what owns and receives.
    private let window: UInt32
    private var owned: [UInt32: (contents: SelectionContents, since: UInt32)] = [:]
    /// Pieces under way to somebody who is told that they come one by one.
    private var transfers: [Transfer] = []
    private var atoms: [String: UInt32] = [:]

    private struct Transfer {
        var requestor: UInt32
        var property: UInt32
        var type: UInt32
        var format: UInt8
        var rest: ArraySlice<UInt8>
    }

    /// Somebody was given something.
    struct Served {
        var selection: UInt32
        var requestor: UInt32
        var target: UInt32
    }

    /// What is not worth keeping a copy of: more than this together, in bytes.
    private static let limit = 64 << 20

    init(_ connection: X11Connection) throws(SystemError) {
        self.connection = connection
        window = connection.newIdentifier()
        // CreateWindow, InputOnly, never mapped; its property changes are told (they carry the server's time).
        try connection.tell(
            1, 0,
            bytes(window) + bytes(connection.root) + [UInt8](repeating: 0, count: 4)
                + bytes(1 as UInt16) + bytes(1 as UInt16) + bytes(0 as UInt16) + bytes(2 as UInt16)
                + bytes(0 as UInt32) + bytes(0x800 as UInt32) + bytes(0x40_0000 as UInt32))
    }

    /// The atom of a name.
    func atom(_ name: String) throws(SystemError) -> UInt32 {
        if let known = atoms[name] { return known }
        let raw = Array(name.utf8)
        let answer = try connection.ask(16, 0, bytes(UInt16(raw.count)) + [0, 0] + padded(raw))
        let atom = uint32(answer, 8)
        atoms[name] = atom
        return atom
    }

    func owner(of selection: UInt32) throws(SystemError) -> UInt32 {
        uint32(try connection.ask(23, 0, bytes(selection)), 8)
    }

    func owns(_ selection: UInt32) -> Bool { owned[selection] != nil }

    /// Whether anything is still on its way to somebody.
    var isServing: Bool { !transfers.isEmpty }

    // MARK: Reading

    /// What a selection holds; nil where nobody owns it. Formats that its owner does not give within the time are left out.
    func read(_ selection: UInt32, milliseconds: Int = 2000) throws(SystemError) -> SelectionContents? {
        guard try owner(of: selection) != 0 else { return nil }
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        guard let targets = try convert(selection, try atom("TARGETS"), until: end), targets.format == 32 else {
            return SelectionContents(items: [])
        }
        // Questions about the selection, and requests that do something.
        var skipped: Set<UInt32> = []
        for name in [
            "TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION", "INSERT_PROPERTY",
        ] {
            skipped.insert(try atom(name))
        }
        var contents = SelectionContents(items: [])
        var total = 0
        for offset in stride(from: 0, to: targets.data.count - 3, by: 4) {
            let target = uint32(targets.data, offset)
            guard target != 0, skipped.insert(target).inserted else { continue }
            guard let item = try convert(selection, target, until: end) else { continue }
            total += item.data.count
            guard total <= X11Selections.limit else { break }
            contents.items.append(item)
        }
        return contents
    }

    /// Asks the owner for one format.
    private func convert(
        _ selection: UInt32, _ target: UInt32, until end: ContinuousClock.Instant
    ) throws(SystemError) -> SelectionContents.Item? {
        let property = try atom("VT_SELECTION")
        try connection.tell(19, 0, bytes(window) + bytes(property))
        try connection.tell(
            24, 0, bytes(window) + bytes(selection) + bytes(target) + bytes(property) + bytes(0 as UInt32))
        let answer = try event(until: end) { event in
            event[0] & 0x7F == 31 && uint32(event, 8) == self.window && uint32(event, 16) == target
        }
        guard let answer, uint32(answer, 20) != 0 else { return nil }
        guard let first = try take(property) else { return nil }
        guard first.type == (try atom("INCR")) else {
            return .init(target: target, type: first.type, format: first.format, data: first.data)
        }
        // It comes in pieces: each is there when the property changes, the last is empty.
        var whole = SelectionContents.Item(target: target, type: 0, format: 8, data: [])
        while true {
            let changed = try event(until: end) { event in
                event[0] & 0x7F == 28 && uint32(event, 4) == self.window && uint32(event, 8) == property
                    && event[16] == 0
            }
            guard changed != nil else { return nil }
            guard let piece = try take(property) else { continue }
            if piece.data.isEmpty { return whole }
            whole.type = piece.type
            whole.format = piece.format
            whole.data += piece.data
            guard whole.data.count <= X11Selections.limit else { return nil }
        }
    }

    /// Reads a property of our window and deletes it; nil where there is none.
    private func take(_ property: UInt32) throws(SystemError) -> (type: UInt32, format: UInt8, data: [UInt8])? {
        let value = try readProperty(window, property)
        try connection.tell(19, 0, bytes(window) + bytes(property))
        return value
    }

    private func readProperty(
        _ window: UInt32, _ property: UInt32
    ) throws(SystemError) -> (type: UInt32, format: UInt8, data: [UInt8])? {
        var data: [UInt8] = []
        while true {
            let answer = try connection.ask(
                20, 0,
                bytes(window) + bytes(property) + bytes(0 as UInt32) + bytes(UInt32(data.count / 4))
                    + bytes(0x10000 as UInt32))
            let format = answer[1]
            guard format != 0 else { return nil }
            let count = Int(uint32(answer, 16)) * Int(format / 8)
            guard answer.count >= 32 + count else { return nil }
            data += answer[32..<(32 + count)]
            if uint32(answer, 12) == 0 || data.count > X11Selections.limit {
                return (uint32(answer, 8), format, data)
            }
        }
    }

    /// Waits for an event, and does meanwhile what others ask of us.
    private func event(
        until end: ContinuousClock.Instant, _ isWanted: ([UInt8]) -> Bool
    ) throws(SystemError) -> [UInt8]? {
        while let event = try connection.nextEvent(until: end) {
            if isWanted(event) { return event }
            _ = try handle(event)
        }
        return nil
    }

    // MARK: Owning

    /// The server's time.
    private func now() throws(SystemError) -> UInt32 {
        let property = try atom("VT_TIME")
        // An empty addition to a property of ours.
        try connection.tell(
            18, 2, bytes(window) + bytes(property) + bytes(31 as UInt32) + [8, 0, 0, 0] + bytes(0 as UInt32))
        let end = ContinuousClock.now + .seconds(2)
        let changed = try event(until: end) { event in
            event[0] & 0x7F == 28 && uint32(event, 4) == self.window && uint32(event, 8) == property
        }
        return changed.map { uint32($0, 12) } ?? 0
    }

    /// Takes a selection; what it held before is gone.
    ///
    /// - Returns: false where the server gave it to somebody else meanwhile.
    func own(_ selection: UInt32, _ contents: SelectionContents) throws(SystemError) -> Bool {
        let time = try now()
        try connection.tell(22, 0, bytes(window) + bytes(selection) + bytes(time))
        guard try owner(of: selection) == window else { return false }
        owned[selection] = (contents, time)
        return true
    }

    /// Leaves a selection without an owner.
    func release(_ selection: UInt32) throws(SystemError) {
        guard let since = owned.removeValue(forKey: selection)?.since else { return }
        try connection.tell(22, 0, bytes(0 as UInt32) + bytes(selection) + bytes(since))
    }

    /// Waits for the next thing that somebody asks of us, and does it.
    ///
    /// - Returns: what was given to whom; nil when the time is over, or something else happened.
    func serve(until end: ContinuousClock.Instant) throws(SystemError) -> Served? {
        guard let event = try connection.nextEvent(until: end) else { return nil }
        return try handle(event)
    }

    private func handle(_ event: [UInt8]) throws(SystemError) -> Served? {
        switch event[0] & 0x7F {
        // SelectionClear: somebody else has it now.
        case 29: owned[uint32(event, 12)] = nil
        case 30: return try answer(event)
        // PropertyNotify, deleted: the piece has been taken.
        case 28 where event[16] == 1:
            try sendNextPiece(to: uint32(event, 4), uint32(event, 8))
        default: break
        }
        return nil
    }

    private func answer(_ request: [UInt8]) throws(SystemError) -> Served? {
        let (time, requestor, selection) = (uint32(request, 4), uint32(request, 12), uint32(request, 16))
        let target = uint32(request, 20)
        // None: from a client of the time before the conventions.
        let property = uint32(request, 24) == 0 ? target : uint32(request, 24)
        var given = false
        if let (contents, since) = owned[selection] {
            if target == (try atom("MULTIPLE")) {
                given = try giveSeveral(contents, since, to: requestor, property)
            } else {
                given = try give(contents, since, target, to: requestor, property)
            }
        }
        try connection.tell(
            25, 0,
            bytes(requestor) + bytes(0 as UInt32) + [31, 0, 0, 0] + bytes(time) + bytes(requestor)
                + bytes(selection) + bytes(target) + bytes(given ? property : 0) + [UInt8](repeating: 0, count: 8))
        return given ? Served(selection: selection, requestor: requestor, target: target) : nil
    }

    /// MULTIPLE: pairs of a target and a property, in the property itself; those that cannot be had are set to None.
    private func giveSeveral(
        _ contents: SelectionContents, _ since: UInt32, to requestor: UInt32, _ property: UInt32
    ) throws(SystemError) -> Bool {
        guard let list = try readProperty(requestor, property), list.format == 32, list.data.count <= 1 << 12 else {
            return false
        }
        var answer = list.data
        for offset in stride(from: 0, to: list.data.count - 7, by: 8) {
            let (target, place) = (uint32(list.data, offset), uint32(list.data, offset + 4))
            if try !give(contents, since, target, to: requestor, place) {
                answer.replaceSubrange((offset + 4)..<(offset + 8), with: bytes(0 as UInt32))
            }
        }
        try put(answer[...], list.type, 32, requestor, property)
        return true
    }

    private func give(
        _ contents: SelectionContents, _ since: UInt32, _ target: UInt32, to requestor: UInt32, _ property: UInt32
    ) throws(SystemError) -> Bool {
        if target == (try atom("TARGETS")) {
            let own = [try atom("TARGETS"), try atom("MULTIPLE"), try atom("TIMESTAMP")]
            let all = own + contents.items.map(\.target)
            // 4 is the atom ATOM, 19 INTEGER.
            try put(all.flatMap { bytes($0) }[...], 4, 32, requestor, property)
            return true
        }
        if target == (try atom("TIMESTAMP")) {
            try put(bytes(since)[...], 19, 32, requestor, property)
            return true
        }
        guard let item = contents.items.first(where: { $0.target == target }) else { return false }
        if item.data.count <= connection.largestData {
            try put(item.data[...], item.type, item.format, requestor, property)
            return true
        }
        // Told of when the requestor has taken a piece.
        try connection.tell(2, 0, bytes(requestor) + bytes(0x800 as UInt32) + bytes(0x40_0000 as UInt32))
        transfers.append(
            Transfer(
                requestor: requestor, property: property, type: item.type, format: item.format, rest: item.data[...]))
        try put(bytes(UInt32(item.data.count))[...], try atom("INCR"), 32, requestor, property)
        return true
    }

    private func sendNextPiece(to requestor: UInt32, _ property: UInt32) throws(SystemError) {
        guard let index = transfers.firstIndex(where: { $0.requestor == requestor && $0.property == property })
        else { return }
        let piece = transfers[index].rest.prefix(connection.largestData & ~3)
        transfers[index].rest = transfers[index].rest.dropFirst(piece.count)
        let transfer = transfers[index]
        // The empty one says that it was all.
        if piece.isEmpty { transfers.remove(at: index) }
        try put(piece, transfer.type, transfer.format, requestor, property)
    }

    private func put(
        _ data: ArraySlice<UInt8>, _ type: UInt32, _ format: UInt8, _ window: UInt32, _ property: UInt32
    ) throws(SystemError) {
        try connection.tell(
            18, 0,
            bytes(window) + bytes(property) + bytes(type) + [format, 0, 0, 0]
                + bytes(UInt32(data.count / Int(format / 8))) + padded(Array(data)))
    }
}
