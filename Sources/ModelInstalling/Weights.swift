internal import Glibc
internal import Plugins
internal import POSIX
internal import SHA256

extension Installer {
    /// Opens a file that the user names.
    func openWeights(_ path: String) throws(InstallingError) -> (file: WeightsFile, size: Int) {
        let file: Descriptor
        do throws(SystemError) {
            file = try Descriptor.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK)
        } catch {
            throw InstallingError(.noInput, "\(path): \(error.reason)")
        }
        var status = stat()
        unsafe fstat(file.number, &status)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw InstallingError(.noInput, "\(path): is not a regular file")
        }
        return (WeightsFile(file), Int(status.st_size))
    }

    /// Reads a file to its end, piece by piece.
    func readAll(
        _ file: WeightsFile, _ path: String, _ body: (UnsafeRawBufferPointer) throws(InstallingError) -> Void
    ) throws(InstallingError) {
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            if let cancellation, cancellation.isCancelled { throw InstallingError(.cancelled, "given up") }
            let count: Int
            do {
                count = try unsafe chunk.withUnsafeMutableBytes {
                    try unsafe readOnce(file.descriptor.number, into: $0)
                }
            } catch {
                throw InstallingError(.inputOutput, "\(path): \((error as? SystemError)?.reason ?? "\(error)")")
            }
            if count == 0 { return }
            var failure: InstallingError?
            unsafe chunk.withUnsafeBytes { bytes in
                do throws(InstallingError) {
                    try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        }
    }

    /// Size and hash of a file.
    func hashed(_ path: String, of name: String) throws(InstallingError) -> (size: Int, sha256: String) {
        let source = try openWeights(path)
        progress.begin("checking", of: name, total: source.size)
        var hash = SHA256()
        var count = 0
        try unsafe readAll(source.file, path) { (bytes: UnsafeRawBufferPointer) in
            unsafe hash.update(bytes)
            count += bytes.count
            progress.advance(to: count)
        }
        progress.end()
        return (count, hash.hexadecimal)
    }

    /// Writes a small file whole.
    func write(_ text: String, to path: String) throws(InstallingError) {
        do throws(SystemError) {
            let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
            try writeAll(file.number, text, name: path)
            try file.close()
        } catch {
            throw InstallingError(error.code == ENOSPC ? .noPlace : .inputOutput, error.description)
        }
    }
}

/// An open file of weights.
final class WeightsFile {
    let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }
}
