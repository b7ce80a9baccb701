internal import Glibc
package import POSIX

/// An output that is being written. It has no name before it is complete, or a hidden one.
// Sendable: used by the one worker that has the input.
package final class OutputWriter: @unchecked Sendable {
    /// The name that it gets.
    package let path: Path
    private let hidden: Path
    private let replaces: Bool
    private var file: Descriptor?
    /// Whether it has the hidden name.
    private(set) var hasHiddenName: Bool
    private var buffer: [UInt8] = []
    private var size = 0

    /// Written at once where it becomes more.
    private static let bufferSize = 1 << 16

    /// - Parameters:
    ///   - folder: where it is going to be; nil gives it the hidden name at once.
    ///   - path: the name that it gets.
    ///   - hidden: the name that it has before, where it needs one.
    ///   - replaces: whether there is an older output.
    init(in folder: Path?, named path: Path, until hidden: Path, replaces: Bool) throws(SystemError) {
        self.path = path
        self.hidden = hidden
        self.replaces = replaces
        if let folder, let nameless = try Descriptor.namelessFile(in: folder) {
            file = consume nameless
            hasHiddenName = false
        } else {
            // What a killed run has left of it is nobody's.
            file = try Descriptor.open(hidden, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW)
            hasHiddenName = true
        }
    }

    /// Adds text.
    package func write(_ text: String) throws(SystemError) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= OutputWriter.bufferSize { try flush() }
    }

    private func flush() throws(SystemError) {
        guard let number = file?.number, !buffer.isEmpty else { return }
        try writeAll(number, buffer, name: path.description)
        size += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes what is left, of which a network file system may say only now that it failed.
    ///
    /// What replaces an older output has a hidden name from here on, under which it is found again.
    ///
    /// - Returns: bytes of the file.
    func complete() throws(SystemError) -> Int {
        try flush()
        if replaces { try hide() }
        // What has no name yet is closed when it has one: it would be gone.
        if hasHiddenName { try close() }
        return size
    }

    /// Gives it its name.
    func publish() throws(SystemError) {
        if !hasHiddenName {
            do throws(SystemError) {
                try file?.link(as: path)
            } catch {
                // Somebody has made a file of that name meanwhile, or the system links no such files after all.
                try hide()
            }
        }
        try close()
        guard hasHiddenName else { return }
        do throws(SystemError) {
            try retrying("rename", on: path.description) {
                hidden.withCString { from in path.withCString { rename(from, $0) } }
            }
        } catch {
            // Who has seen the record a moment ago has given the output its name.
            guard error.code == ENOENT, fileSize(path) == size else { throw error }
        }
        hasHiddenName = false
    }

    /// Leaves nothing of it.
    func discard() {
        file = nil
        if hasHiddenName { unlink(hidden) }
    }

    private func close() throws(SystemError) {
        if let file = file.take() { try file.close() }
    }

    /// Gives it the hidden name.
    private func hide() throws(SystemError) {
        if hasHiddenName { return }
        unlink(hidden)
        do throws(SystemError) {
            try file?.link(as: hidden)
        } catch {
            guard let number = file?.number, error.code != ENOSPC, error.code != EDQUOT else { throw error }
            let copy = try Descriptor.open(hidden, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
            hasHiddenName = true
            try OutputWriter.copy(number, to: copy.number)
            try copy.close()
        }
        hasHiddenName = true
    }

    private static func copy(_ from: CInt, to: CInt) throws(SystemError) {
        var block = [UInt8](repeating: 0, count: bufferSize)
        var offset = 0
        while true {
            let count = try retrying("read") { pread(from, &block, block.count, off_t(offset)) }
            if count == 0 { return }
            try writeAll(to, Array(block[..<count]))
            offset += count
        }
    }
}
