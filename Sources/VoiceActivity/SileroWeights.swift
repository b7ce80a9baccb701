internal import Glibc
internal import POSIX
internal import SileroKernel

/// The weights of the Silero network, mapped from a file and checked; detectors share them.
@safe package final class SileroWeights: Sendable {
    /// What the file is called.
    package static let fileName = "silero-vad-6.2.3-2.weights"

    // Sendable: never written to after init.
    private nonisolated(unsafe) let mapping: UnsafeMutableRawBufferPointer
    private let tables = SpectrumMemory()
    let tensors: SileroTensors

    /// Maps a file.
    ///
    /// - Throws: `WeightsError` where there is none, or it is not whole.
    package convenience init(path: String) throws(WeightsError) {
        let mapping = try unsafe SileroWeights.map(path)
        do throws(WeightsError) {
            try unsafe WeightsLayout.check(UnsafeRawBufferPointer(mapping), path: path)
        } catch {
            unsafe munmap(mapping.baseAddress, mapping.count)
            throw error
        }
        unsafe self.init(checked: mapping)
    }

    /// Checks bytes as if they were a file's.
    package static func check(_ file: UnsafeRawBufferPointer, path: String) throws(WeightsError) {
        try unsafe WeightsLayout.check(file, path: path)
    }

    private init(checked file: UnsafeMutableRawBufferPointer) {
        unsafe mapping = file
        func at(_ index: Int) -> UnsafePointer<Float> {
            // The mapping begins at a page, tensors at multiples of 64 bytes.
            let start = unsafe UnsafeRawBufferPointer(rebasing: file[WeightsLayout.offsets[index]...])
            guard let pointer = unsafe start.assumingMemoryBound(to: Float.self).baseAddress else {
                preconditionFailure("a checked file is not empty")
            }
            return unsafe pointer
        }
        unsafe tensors = SileroTensors(
            tables: tables.tables, encoder0: (at(0), at(1)), encoder1: (at(2), at(3)), encoder2: (at(4), at(5)),
            encoder3: (at(6), at(7)),
            recurrence: (at(8), at(9)), output: (at(10), at(11)))
    }

    deinit {
        unsafe munmap(mapping.baseAddress, mapping.count)
    }

    private static func map(_ path: String) throws(WeightsError) -> UnsafeMutableRawBufferPointer {
        var status = stat()
        do throws(SystemError) {
            // Of a FIFO nobody is waited for.
            let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
            try retrying("fstat", on: path) { unsafe fstat(file.number, &status) }
            if status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 {
                let size = Int(status.st_size)
                let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, file.number, 0)
                guard let address = unsafe address, unsafe address != MAP_FAILED else {
                    throw SystemError(code: errno, call: "mmap", subject: path)
                }
                return unsafe UnsafeMutableRawBufferPointer(start: address, count: size)
            }
        } catch {
            let code: WeightsError.Code = error.code == ENOENT || error.code == ENOTDIR ? .missing : .unreadable
            throw WeightsError(code, path, error.reason)
        }
        throw WeightsError(.notWeights, path, "no weights of the speech detector")
    }
}
