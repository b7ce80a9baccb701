internal import Glibc
internal import POSIX

/// Which keys of a display have characters of ours, so that those of a process that was killed are taken off by the next one: a file of
/// lines, process, key, and the symbols without and with Shift. Written before the keys change, by whoever has the display's lock.
struct SpareKeyJournal {
    private let path: String?

    /// - Parameter display: the name of the display.
    init(display: String, environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }) {
        let name = String(display.map { $0 == "/" ? "_" : $0 })
        path = (try? DisplayLock.folder(environment)).map { "\($0)/vt-type-\(name).keys" }
    }

    /// The keys of processes that are gone.
    func leftovers() -> [UInt8: X11Keyboard.Symbols] {
        var keys: [UInt8: X11Keyboard.Symbols] = [:]
        for line in lines() where !line.isAlive { keys[line.code] = line.symbols }
        return keys
    }

    /// Notes which keys are this process's, and forgets those that nobody has any more.
    func note(_ keys: [UInt8: X11Keyboard.Symbols]) {
        guard let path else { return }
        let others = lines().filter { $0.isAlive && $0.process != getpid() }
        let own = keys.map { Line(process: getpid(), code: $0.key, symbols: $0.value) }
        let text = (others + own).map(\.text).joined()
        if text.isEmpty {
            unlink(path)
        } else if let file = try? PersonalFolder.openFile(path, O_RDWR | O_CREAT) {
            ftruncate(file.number, 0)
            try? writeAll(file.number, Array(text.utf8), at: 0)
        }
    }

    private struct Line {
        var process: pid_t
        var code: UInt8
        var symbols: X11Keyboard.Symbols

        var text: String { "\(process) \(code) \(symbols.plain) \(symbols.shifted)\n" }
        var isAlive: Bool { kill(process, 0) == 0 || errno == EPERM }

        init(process: pid_t, code: UInt8, symbols: X11Keyboard.Symbols) {
            self.process = process
            self.code = code
            self.symbols = symbols
        }

        init?(_ line: Substring) {
            let parts = line.split(separator: " ")
            guard parts.count == 4, let process = pid_t(parts[0]), process > 0, let code = UInt8(parts[1]),
                let plain = UInt32(parts[2]), let shifted = UInt32(parts[3])
            else { return nil }
            self.init(process: process, code: code, symbols: .init(plain: plain, shifted: shifted))
        }
    }

    private func lines() -> [Line] {
        guard let path, let file = try? PersonalFolder.openFile(path, O_RDONLY) else { return [] }
        // A display has 248 keys.
        var buffer = [UInt8](repeating: 0, count: 1 << 15)
        let count = pread(file.number, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
            .compactMap(Line.init)
    }
}
