internal import POSIX

/// The state of an X server's keyboard that matters to somebody who presses keys in it.
final class X11Keyboard {
    private let connection: X11Connection

    init(_ connection: X11Connection) {
        self.connection = connection
    }

    // MARK: Focus

    /// Whether key presses reach any window.
    ///
    /// Without a window manager the focus is often PointerRoot: then the window under the pointer gets the keys.
    func hasFocus() throws(SystemError) -> Bool {
        let focus = uint32(try connection.ask(43), 8)
        switch focus {
        case 0: return false
        case 1, connection.root: return uint32(try pointer(), 12) != 0
        default: return try !isParkedFocus(focus)
        }
    }

    /// The client whose window gets the keys (`X11Connection.client`).
    func focusedClient() throws(SystemError) -> UInt32 {
        let focus = uint32(try connection.ask(43), 8)
        guard focus <= 1 || focus == connection.root else { return connection.client(of: focus) }
        // The window under the pointer; a window manager's frame has the client's own window inside.
        var window = uint32(try pointer(), 12)
        while window != 0 {
            let child = uint32(try connection.ask(38, 0, bytes(window)), 12)
            if child == 0 { break }
            window = child
        }
        return connection.client(of: window)
    }

    /// Whether the focus is on the 1 × 1 window where window managers (mutter, xfwm4, openbox) park it while no window is active.
    private func isParkedFocus(_ window: UInt32) throws(SystemError) -> Bool {
        guard try activeWindow() == 0 else { return false }
        let geometry = try connection.ask(14, 0, bytes(window))
        return uint16(geometry, 16) <= 1 && uint16(geometry, 18) <= 1
    }

    /// `_NET_ACTIVE_WINDOW` (EWMH 1.5): 0 where no window is active; nil where no window manager says.
    private func activeWindow() throws(SystemError) -> UInt32? {
        let name = Array("_NET_ACTIVE_WINDOW".utf8) + [0, 0]
        // InternAtom, only if it exists.
        let atom = uint32(try connection.ask(16, 1, bytes(UInt16(name.count - 2)) + [0, 0] + name), 8)
        guard atom != 0 else { return nil }
        let property = try connection.ask(
            20, 0, bytes(connection.root) + bytes(atom) + bytes(0 as UInt32) + bytes(0 as UInt32) + bytes(1 as UInt32))
        guard uint32(property, 16) == 1, property.count >= 36 else { return nil }
        return uint32(property, 32)
    }

    private func pointer() throws(SystemError) -> [UInt8] {
        try connection.ask(38, 0, bytes(connection.root))
    }

    // MARK: Modifiers

    /// The keycodes that are modifiers (Shift, Lock, Control, Mod1 to Mod5), in that order, each a list.
    private func modifierKeys() throws(SystemError) -> [[UInt8]] {
        let reply = try connection.ask(119)
        let width = Int(reply[1])
        guard reply.count >= 32 + 8 * width else { return [] }
        return (0..<8).map { row in reply[(32 + row * width)..<(32 + (row + 1) * width)].filter { $0 != 0 } }
    }

    /// The keys that are down at present.
    func heldKeys() throws(SystemError) -> Set<UInt8> {
        let map = try connection.ask(44)
        guard map.count >= 40 else { return [] }
        return Set((UInt8.min...UInt8.max).filter { map[8 + Int($0 / 8)] & (1 << ($0 % 8)) != 0 })
    }

    /// The modifier keys that are down at present.
    func heldModifiers() throws(SystemError) -> Set<UInt8> {
        try heldKeys().intersection(try modifierKeys().joined())
    }

    /// The key that turns Caps Lock off, where it is on; nil where it is off.
    func capsLockKey() throws(SystemError) -> UInt8? {
        guard uint16(try pointer(), 24) & 2 != 0 else { return nil }
        let keys = try modifierKeys()
        return keys.count > 1 ? keys[1].first : nil
    }

    // MARK: Layout

    /// What the keys produce at present.
    struct Layout {
        /// The characters that some key produces, dead keys not counted.
        var characters: Set<Unicode.Scalar> = []
        /// The keycodes without any symbol.
        var spare: [UInt8] = []
        /// The first two symbols of each key that has any.
        var symbols: [UInt8: Symbols] = [:]
    }

    /// What a key produces without and with Shift, as keysyms; 0 is nothing.
    struct Symbols: Equatable {
        var plain: UInt32
        var shifted: UInt32

        static let none = Symbols(plain: 0, shifted: 0)
    }

    func layout() throws(SystemError) -> Layout {
        let first = connection.keycodes.lowerBound
        let count = connection.keycodes.count
        let reply = try connection.ask(101, 0, [first, UInt8(count), 0, 0])
        let width = Int(reply[1])
        var layout = Layout()
        guard reply.count >= 32 + 4 * width * count else { return layout }
        let modifiers = Set(try modifierKeys().joined())
        for key in 0..<count {
            let code = first + UInt8(key)
            let row = (0..<width).map { uint32(reply, 32 + 4 * (key * width + $0)) }
            for symbol in row {
                if let scalar = X11Keyboard.scalar(for: symbol) { layout.characters.insert(scalar) }
            }
            if row.contains(where: { $0 != 0 }) {
                layout.symbols[code] = Symbols(plain: row[0], shifted: row.count > 1 ? row[1] : row[0])
            } else if !modifiers.contains(code) {
                layout.spare.append(code)
            }
        }
        return layout
    }

    /// Puts symbols on keys.
    ///
    /// Both of a key's are always given: the server completes a single letter to a pair of lower and upper case, so that É would
    /// come as é (which is what `xdotool type` does to capitals that it adds to the layout by itself).
    func bind(_ bindings: [UInt8: Symbols]) throws(SystemError) {
        var codes = bindings.keys.sorted()[...]
        // Keys beside each other in one request: every request makes every window load the layout anew.
        while let first = codes.first {
            var run: [Symbols] = []
            while let code = codes.first, Int(code) == Int(first) + run.count, let symbols = bindings[code] {
                run.append(symbols)
                codes = codes.dropFirst()
            }
            try connection.tell(
                100, UInt8(run.count), [first, 2, 0, 0] + run.flatMap { bytes($0.plain) + bytes($0.shifted) })
        }
        // Its answer says that the server has done it.
        _ = try connection.ask(43)
    }

    /// The keysym of a character: itself in Latin-1, 0x01000000 + its code point elsewhere (X11R7.7 protocol, appendix A).
    static func symbol(for scalar: Unicode.Scalar) -> UInt32 {
        scalar.value < 0x100 ? scalar.value : 0x0100_0000 + scalar.value
    }

    /// The character of a keysym; nil for those with names of their own outside Latin-1, some of which are characters too: these are
    /// put on a key once more, which does no harm.
    static func scalar(for symbol: UInt32) -> Unicode.Scalar? {
        switch symbol {
        case 0x20...0x7E, 0xA0...0xFF: Unicode.Scalar(symbol)
        case 0x0100_0100...0x0110_FFFF: Unicode.Scalar(symbol - 0x0100_0000)
        default: nil
        }
    }
}
