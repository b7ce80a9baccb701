internal import Glibc
internal import POSIX

/// A keyboard of our own in the seat of a Wayland session (virtual-keyboard-unstable-v1), plugged in for as long as this lives.
final class WaylandKeyboard {
    private let connection: WaylandConnection
    private let keyboard: UInt32
    private let pluggedInAt: ContinuousClock.Instant
    private var layout = WaylandLayout()
    private var usedAt: ContinuousClock.Instant?

    /// Modifiers, as XKB numbers their bits.
    static let modifiers: [String: UInt32] = ["shift": 1, "ctrl": 4]

    /// Windows of a seat that had no keyboard learn only now that there is one to listen to.
    private static let settling = Duration.milliseconds(150)
    /// How long a busy window of XWayland may take to read the last key.
    private static let patience = Duration.milliseconds(300)
    /// A compositor ends the connection of a window that does not read what is sent to it: so many keys at once, then so long a pause, for
    /// a window that stops for seconds.
    private static let pace = (keys: 32, pause: useconds_t(25_000))

    /// Plugs it in.
    ///
    /// - Throws: `.noSession` where there is no compositor, or it lets nobody press keys.
    init() throws(TypingError) {
        do {
            connection = try WaylandConnection()
            let (registry, globals) = try connection.offers()
            guard let manager = globals["zwp_virtual_keyboard_manager_v1"], let seat = globals["wl_seat"] else {
                throw TypingError(
                    .noSession, "this compositor lets no program press keys (it has no virtual-keyboard protocol)",
                    hint: "GNOME and KDE are among these: --driver clipboard copies the words, for you to paste")
            }
            let seatObject = try connection.bind(registry, seat.name, "wl_seat", 1)
            let managerObject = try connection.bind(registry, manager.name, "zwp_virtual_keyboard_manager_v1", 1)
            keyboard = connection.newObject()
            try connection.send(managerObject, 0, bytes(seatObject) + bytes(keyboard))
            pluggedInAt = .now
            try load()
        } catch let error as TypingError {
            throw error
        } catch {
            throw TypingError(
                .noSession, "cannot reach the Wayland compositor", hint: "WAYLAND_DISPLAY and XDG_RUNTIME_DIR name it")
        }
    }

    /// Waits until every window has had the time to notice it.
    func settle() {
        Self.sleep(until: pluggedInAt + Self.settling)
    }

    /// Types text.
    ///
    /// - Parameters:
    ///   - text: characters that keys can have (`WaylandLayout.check`), and those of `WaylandLayout.fixed`.
    ///   - delay: behind each key, in milliseconds.
    ///   - isStopped: is asked now and then; true ends it early.
    /// - Returns: whether all of it was typed.
    func type(_ text: [Unicode.Scalar], delay: Int, isStopped: () -> Bool) throws(SystemError) -> Bool {
        var rest = text[...]
        while !rest.isEmpty {
            let change = layout.prepare(rest)
            if change.reuses, let usedAt { Self.sleep(until: usedAt + Self.patience) }
            if change.isNew { try load() }
            for (index, scalar) in rest.prefix(change.count).enumerated() {
                if index % Self.pace.keys == 0 || delay > 0, isStopped() { return false }
                if let code = layout.code(of: scalar) { try press(code) }
                if delay > 0 {
                    try connection.roundTrip()
                    usleep(useconds_t(delay) * 1000)
                } else if (index + 1) % Self.pace.keys == 0 {
                    try connection.roundTrip()
                    usleep(Self.pace.pause)
                }
            }
            try connection.roundTrip()
            rest = rest.dropFirst(change.count)
        }
        return true
    }

    /// Presses a key with modifiers.
    ///
    /// - Parameters:
    ///   - name: a key by its name in `KeyPolicy`, `insert`, or a letter.
    ///   - modifiers: names of `WaylandKeyboard.modifiers`.
    func press(_ name: String, with modifiers: some Sequence<String>) throws(SystemError) {
        let names: [String: Unicode.Scalar] = ["enter": "\r", "tab": "\t", "escape": "\u{1B}"]
        var code = WaylandLayout.insert
        if let scalar = names[name] ?? (name.count == 1 ? name.unicodeScalars.first : nil) {
            if layout.prepare([scalar]).isNew { try load() }
            code = layout.code(of: scalar) ?? code
        }
        let mask = modifiers.reduce(0 as UInt32) { $0 | (Self.modifiers[$1] ?? 0) }
        if mask != 0 { try hold(mask) }
        try press(code)
        if mask != 0 { try hold(0) }
        try connection.roundTrip()
    }

    /// Gives the compositor the layout as it is now.
    private func load() throws(SystemError) {
        let keymap = layout.keymap
        let file = try Descriptor.memoryFile()
        try writeAll(file.number, keymap, name: "the keymap")
        try connection.send(keyboard, 0, bytes(1 as UInt32) + bytes(UInt32(keymap.count)), descriptor: file.number)
        try hold(0)
        try connection.roundTrip()
    }

    private func hold(_ modifiers: UInt32) throws(SystemError) {
        try connection.send(keyboard, 2, bytes(modifiers) + [UInt8](repeating: 0, count: 12))
    }

    private func press(_ code: UInt8) throws(SystemError) {
        for state in [1, 0] as [UInt32] {
            try connection.send(keyboard, 1, bytes(Self.milliseconds) + bytes(UInt32(code)) + bytes(state))
        }
        usedAt = .now
    }

    private static var milliseconds: UInt32 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt32(truncatingIfNeeded: now.tv_sec &* 1000 &+ now.tv_nsec / 1_000_000)
    }

    private static func sleep(until end: ContinuousClock.Instant) {
        while ContinuousClock.now < end { usleep(5000) }
    }
}
