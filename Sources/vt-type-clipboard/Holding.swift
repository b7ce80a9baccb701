import Glibc
import POSIX
import Plugins
import Program
import Typing

/// The process that keeps what the clipboard held: what is on it lives in the program that put it there.
enum Holding {
    /// Starts it. It outlives us, and ends when another program takes the clipboard.
    static func start(_ contents: [UInt8]) throws {
        let pipe = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let own = try ownPath()
        let child = try SpawnedProcess(
            own, arguments: [own, "hold"], environment: ProcessEnvironment.inheritedWithoutKeys().entries,
            directory: "/",
            input: pipe.reading.number, output: null.number, errors: null.number)
        // Nobody waits for it: once it is gone, it is gone.
        signal(SIGCHLD, SIG_IGN)
        _ = child.number
        let (reading, writing) = pipe.release()
        close(reading)
        let end = Descriptor(owning: writing)
        try contents.withUnsafeBytes { try writeAll(end.number, $0, name: "the process that keeps the clipboard") }
    }

    static func run() throws {
        // It belongs to the session, not to the terminal that vt-type was started in.
        signal(SIGHUP, SIG_IGN)
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try chunk.withUnsafeMutableBytes {
                try readOnce(STDIN_FILENO, into: $0, name: "standard input")
            }
            if count == 0 { break }
            contents += chunk[..<count]
        }
        switch Session.current {
        case .wayland: try WaylandHolding.run(contents)
        case .x11: try X11Holding.run(contents)
        case .none: break
        }
    }

    private static func ownPath() throws -> String {
        guard let path = realpath("/proc/self/exe", nil) else { throw SystemError(code: errno, call: "readlink") }
        defer { free(path) }
        return String(cString: path)
    }
}
