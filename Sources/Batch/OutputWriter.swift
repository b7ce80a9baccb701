internal import Glibc
package import POSIX

/// An output that is being written. It has no name before it is complete, or a hidden one.
// Sendable: used by the one worker that has the input.
package final class OutputWriter: @unchecked Sendable {
    /// What an output is going to be called, and what it replaces there.
    struct Target: Equatable {
        /// What follows the input's name and a dot.
        let ending: String
        let path: Path
        /// The name that it has before, if it needs one.
        let hidden: Path
        /// The content of the file that has the name now; nil if it is free.
        let replaced: ContentHash?
        /// Whether it replaces whatever has the name.
        let replacesAnything: Bool
    }

    /// Another file has the name that was free, or the file that was to be replaced has been changed.
    struct Conflict: Error {}

    let format: String
    /// What errors call it.
    private let name: Path
    private var hidden: Path
    private var file: Descriptor?
    /// Whether it has the hidden name.
    private(set) var hasHiddenName: Bool
    private(set) var isPublished = false
    private var buffer: [UInt8] = []
    private(set) var size = 0
    private(set) var hash: ContentHash?
    private(set) var target: Target?

    /// Written at once where it becomes more.
    private static let bufferSize = 1 << 16

    /// - Parameters:
    ///   - format: its extension.
    ///   - name: what it is going to be called if nothing is in the way.
    ///   - folder: where it is going to be; nil gives it the hidden name at once.
    ///   - hidden: the name that it has before, if it needs one.
    init(_ format: String, named name: Path, in folder: Path?, until hidden: Path) throws(SystemError) {
        self.format = format
        self.name = name
        self.hidden = hidden
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
        try writeAll(number, buffer, name: name.description)
        size += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes what is left, and looks at what it has become: its size and its hash.
    func finishWriting() throws(SystemError) {
        try flush()
        if hash == nil, let number = file?.number { hash = try ContentHash(of: number) }
    }

    /// Decides what it is going to be called.
    ///
    /// What replaces another file has a hidden name from here on, under which it is found again after a kill; a network file
    /// system may say only now that writing has failed.
    func aim(at target: Target) throws(SystemError) {
        self.target = target
        if hasHiddenName, hidden != target.hidden {
            let (old, new) = (hidden, target.hidden)
            try retrying("rename", on: new.description) { old.withCString { o in new.withCString { rename(o, $0) } } }
        }
        hidden = target.hidden
        if target.replaced != nil { try hide() }
        // What has no name yet is closed when it has one: it would be gone.
        if hasHiddenName { try close() }
    }

    /// Gives it its name.
    ///
    /// - Throws: `Conflict` if it may not have it; `SystemError`.
    func publish() throws {
        guard let target, !isPublished else { return }
        if target.replaced != nil {
            try replace(target)
        } else if hasHiddenName {
            do throws(SystemError) {
                try renameNew(hidden, to: target.path)
            } catch {
                // Who has seen the record a moment ago has given the output its name.
                if isThere(target) { unlinkIfThere(hidden) } else { throw error.code == EEXIST ? Conflict() : error }
            }
        } else {
            try link(target)
        }
        hasHiddenName = false
        isPublished = true
    }

    private func link(_ target: Target) throws {
        do throws(SystemError) {
            try file?.link(as: target.path)
        } catch {
            if error.code == EEXIST { throw Conflict() }
            // The system links no such files after all.
            try hide()
            try close()
            do throws(SystemError) {
                try renameNew(hidden, to: target.path)
            } catch {
                throw error.code == EEXIST ? Conflict() : error
            }
        }
        try close()
    }

    /// Replaces a file, unless it is another one than it was.
    private func replace(_ target: Target) throws {
        if !target.replacesAnything, let now = try? ContentHash(of: target.path), now != target.replaced, now != hash {
            throw Conflict()
        }
        let hidden = hidden
        do throws(SystemError) {
            try retrying("rename", on: target.path.description) {
                hidden.withCString { from in target.path.withCString { rename(from, $0) } }
            }
        } catch {
            guard error.code == ENOENT, isThere(target) else { throw error }
        }
    }

    private func isThere(_ target: Target) -> Bool { (try? ContentHash(of: target.path)) == hash }

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
