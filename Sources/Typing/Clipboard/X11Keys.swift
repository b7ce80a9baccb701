internal import POSIX

/// Presses keys in an X server, through its XTEST extension (XTEST Extension Protocol 2.2).
final class X11Keys {
    private let connection: X11Connection
    private var opcode: UInt8 = 0

    /// Keysyms by the names that shortcuts are written with.
    static let symbols: [String: UInt32] = [
        "shift": 0xFFE1, "ctrl": 0xFFE3, "insert": 0xFF63, "v": 0x76, "enter": 0xFF0D, "tab": 0xFF09,
        "escape": 0xFF1B,
    ]

    init(_ connection: X11Connection) {
        self.connection = connection
    }

    /// Whether the server has the extension.
    func isAvailable() throws(SystemError) -> Bool {
        let name = Array("XTEST".utf8)
        let answer = try connection.ask(98, 0, bytes(UInt16(name.count)) + [0, 0] + padded(name))
        opcode = answer[9]
        return answer[8] != 0
    }

    /// Presses a shortcut: the keys in order, and lets go of them in reverse.
    ///
    /// - Returns: false where the layout lacks one of them; then nothing was pressed.
    func press(_ names: [String], layout: X11Keyboard.Layout) throws(SystemError) -> Bool {
        var codes: [UInt8] = []
        for name in names {
            guard let symbol = X11Keys.symbols[name],
                let code = layout.symbols.filter({ $0.value.plain == symbol }).keys.min()
            else { return false }
            codes.append(code)
        }
        for code in codes { try fake(2, code) }
        for code in codes.reversed() { try fake(3, code) }
        return true
    }

    func release(_ codes: Set<UInt8>) throws(SystemError) {
        for code in codes.sorted() { try fake(3, code) }
    }

    private func fake(_ type: UInt8, _ code: UInt8) throws(SystemError) {
        try connection.tell(opcode, 2, [type, code] + [UInt8](repeating: 0, count: 30))
    }
}
