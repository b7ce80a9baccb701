internal import CPOSIX
internal import Glibc

/// What this process may compute with.
package enum Processors {
    /// Cores that it may use, at least 1. The second thread of a core is not counted: to work that fills a core it adds nothing.
    package static var cores: Int {
        var numbers = [CInt](repeating: 0, count: 1024)
        let count = unsafe vt_allowed_processors(&numbers, CInt(numbers.count))
        let siblings = numbers.prefix(Int(max(0, count))).map { number in
            firstLine(of: "/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list") ?? String(number)
        }
        return max(1, Set(siblings).count)
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
        var line = [UInt8](repeating: 0, count: 64)
        let count = unsafe line.withUnsafeMutableBytes { unsafe read(file.number, $0.baseAddress, $0.count) }
        return count > 0 ? String(decoding: line[..<count].prefix { $0 != 10 }, as: UTF8.self) : nil
    }
}
