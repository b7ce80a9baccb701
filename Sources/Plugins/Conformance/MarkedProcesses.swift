internal import Glibc
internal import POSIX

/// The processes that have a call's private directory in their environment: the plugin and all that came of it, in whatever group
/// or session they are.
struct MarkedProcesses {
    private let mark: [UInt8]

    /// - Parameter directory: the value of `VT_TMPDIR`.
    init(_ directory: String) {
        mark = Array("VT_TMPDIR=\(directory)".utf8)
    }

    /// Their process groups.
    var groups: Set<CInt> {
        Set(numbers.map { getpgid($0) }.filter { $0 > 0 })
    }

    /// Kills those that are still there.
    ///
    /// - Returns: their commands.
    func endAll() -> [String] {
        // What was killed with its group is gone in a moment.
        var left = numbers
        for _ in 0..<20 where !left.isEmpty {
            usleep(10_000)
            left = numbers
        }
        let commands = left.map { number in
            let command = contents("/proc/\(number)/cmdline").split(separator: 0)
                .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
            return command.isEmpty ? "process \(number)" : String(command.prefix(100))
        }
        for number in left { kill(number, SIGKILL) }
        return commands
    }

    private var numbers: [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var result: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let number = pid_t(name), number != getpid() else { continue }
            // A dead one that nobody has reaped has no environment any more.
            if contents("/proc/\(name)/environ").split(separator: 0).contains(where: { $0.elementsEqual(mark) }) {
                result.append(number)
            }
        }
        return result
    }

    private func contents(_ path: String) -> [UInt8] {
        guard let file = try? Descriptor.open(path, O_RDONLY) else { return [] }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 1 << 22 {
            let count = block.withUnsafeMutableBytes { (try? readOnce(file.number, into: $0)) ?? 0 }
            if count == 0 { break }
            bytes += block[..<count]
        }
        return bytes
    }
}
