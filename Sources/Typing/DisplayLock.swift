internal import Glibc
package import Plugins
package import POSIX

/// Keeps others of the user's programs from typing into the same display at the same time: keys, spare keys and the clipboard are the
/// display's, so that two that type at once type characters that nobody said.
///
/// It is a flock(2) on `vt-type-DISPLAY.lock` in XDG_RUNTIME_DIR, or where there is none in the user's temporary folder, and ends with its
/// owner, however that ends. The file's time says when its owner typed last.
package final class DisplayLock {
    private let path: String
    private let file: Descriptor
    private let ownNumber = "\(getpid())\n"

    private let patience: Double

    /// How long a busy window may take to read what was typed last, in seconds: as long nobody changes what the keys are.
    private static let reading = 0.3

    /// Opens the lock of the session that the environment names.
    ///
    /// - Parameter patience: an owner that has typed nothing for so long hangs, in seconds. No piece of an utterance takes longer.
    /// - Returns: nil where there is no session.
    /// - Throws: `SystemError` where there is no place for it.
    package init?(
        _ session: Session = .current, patience: Double = 60,
        environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) throws(SystemError) {
        self.patience = patience
        let name: String? =
            switch session {
            case .wayland: environment("WAYLAND_DISPLAY") ?? "wayland-0"
            case .x11: environment("DISPLAY")
            case .none: nil
            }
        guard let name, !name.isEmpty else { return nil }
        // Of a path its slashes; a screen of the same display has the same keys.
        let display = session == .x11 ? DisplayLock.withoutScreen(name) : name
        let folder = try DisplayLock.folder(environment)
        path = "\(folder)/vt-type-\(String(display.map { $0 == "/" ? "_" : $0 })).lock"
        file = try PersonalFolder.openFile(path, O_RDWR | O_CREAT)
    }

    private static func withoutScreen(_ name: String) -> String {
        guard let colon = name.lastIndex(of: ":"), let dot = name[colon...].firstIndex(of: ".") else { return name }
        return String(name[..<dot])
    }

    /// Where what programs must know of each other's typing is kept.
    static func folder(_ environment: (String) -> String?) throws(SystemError) -> String {
        var status = stat()
        if let folder = environment("XDG_RUNTIME_DIR"), folder.hasPrefix("/"), stat(folder, &status) == 0,
            status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), access(folder, W_OK) == 0
        {
            return folder
        }
        return try PersonalFolder.makeTemporary(environment)
    }

    /// Waits until nobody else types.
    ///
    /// - Throws: `.busy` where whoever has it hangs, `.cancelled`.
    package func take(_ cancellation: Cancellation) throws(TypingError) {
        var progress = lastUse
        var end = ContinuousClock.now + .seconds(patience)
        while flock(file.number, LOCK_EX | LOCK_NB) != 0 {
            // Any other failure is no reason not to type.
            guard errno == EWOULDBLOCK || errno == EINTR else { return }
            if cancellation.isCancelled { throw TypingError(.cancelled, "stopped while another vt-type was typing") }
            let now = lastUse
            if now != progress {
                progress = now
                end = .now + .seconds(patience)
            }
            guard ContinuousClock.now < end else {
                throw TypingError(
                    .busy, "another vt-type has this display, and has typed nothing for \(Int(patience)) s",
                    hint: "fuser \(path) says which one")
            }
            usleep(10_000)
        }
        waitForReader()
        ftruncate(file.number, 0)
        try? writeAll(file.number, Array(ownNumber.utf8), at: 0)
    }

    /// Says that something was typed.
    package func noteProgress() {
        futimens(file.number, nil)
    }

    package func release() {
        noteProgress()
        flock(file.number, LOCK_UN)
    }

    /// Gives the window time to read what another process typed that still has its characters on keys.
    private func waitForReader() {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = pread(file.number, &buffer, buffer.count, 0)
        let owner = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        guard owner != ownNumber, let number = pid_t(owner.dropLast()), kill(number, 0) == 0 else { return }
        while !isRead(lastUse) { usleep(5000) }
    }

    /// Whether that moment is far enough behind us, or, of a clock that was set, ahead.
    private func isRead(_ moment: Double) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return !(0..<DisplayLock.reading).contains(Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - moment)
    }

    /// In seconds since 1970.
    private var lastUse: Double {
        var status = stat()
        guard fstat(file.number, &status) == 0 else { return 0 }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }
}
