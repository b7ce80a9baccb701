internal import POSIX

/// A source, and the few bytes of it that were looked at before they were used.
///
/// It never asks the source for more while it has what was asked of it, so a pipe that gives little gives it at once.
package final class ReadAhead: ByteSource {
    /// Bytes that can be looked at: a WAV header without pictures fits, and the junk that is found before an MP3's frames.
    package static let capacity = 1 << 16

    /// What errors call the input.
    package let name: String
    package let isRegularFile: Bool
    private let source: any ByteSource
    /// Grows to the capacity when that much is asked for.
    private var bytes = [UInt8](repeating: 0, count: 4096)
    private var start = 0
    private var end = 0
    private(set) var isAtEnd = false
    /// Bytes that have been taken.
    package private(set) var position = 0

    /// - Parameters:
    ///   - source: it is read from nowhere else from now on.
    ///   - name: what errors call it.
    package init(_ source: any ByteSource, name: String) {
        self.source = source
        self.name = name
        isRegularFile = source.isRegularFile
    }

    /// Bytes that are here already.
    package var available: ArraySlice<UInt8> { bytes[start..<end] }

    package var fileDescriptor: CInt? { source.fileDescriptor }

    /// Waits until so many bytes are here, or the source ends.
    ///
    /// - Parameter count: at most `capacity`.
    /// - Returns: the first `count` bytes; fewer where the source has ended.
    package func peek(_ count: Int) throws(AudioError) -> ArraySlice<UInt8> {
        precondition(count <= ReadAhead.capacity)
        if count > bytes.count {
            bytes += [UInt8](repeating: 0, count: ReadAhead.capacity - bytes.count)
        }
        while end - start < count, !isAtEnd {
            if start > 0 {
                bytes.replaceSubrange(0..<end - start, with: bytes[start..<end])
                (start, end) = (0, end - start)
            }
            let end = self.end
            var failure: AudioError?
            let more = unsafe bytes.withUnsafeMutableBytes { all in
                do throws(AudioError) {
                    return try unsafe readSource(UnsafeMutableRawBufferPointer(rebasing: all[end...]))
                } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            self.end += more
        }
        return bytes[start..<min(end, start + count)]
    }

    /// Goes past so many bytes.
    ///
    /// - Returns: false where the source ends before.
    package func skip(_ count: Int) throws(AudioError) -> Bool {
        var rest = count
        while rest > 0 {
            let here = try peek(1).isEmpty ? 0 : min(rest, end - start)
            if here == 0 { return false }
            note(bytes[start..<start + here])
            start += here
            position += here
            rest -= here
        }
        return true
    }

    /// What was taken since the mark; nil where there is none, or too much was taken.
    private var taken: [UInt8]?
    /// Whether there is a way back to the mark.
    private static let farthestBack = 1 << 20

    /// Makes it possible to come back here, for who tries a header; not farther back than 1 MiB.
    package func mark() { taken = [] }

    /// Puts back the last bytes that were read.
    package func putBack(_ last: some Collection<UInt8>) {
        if last.count > start {
            bytes = Array(last) + bytes[start..<end] + [UInt8](repeating: 0, count: 4096)
            (start, end) = (0, last.count + end - start)
        } else {
            bytes.replaceSubrange(start - last.count..<start, with: last)
            start -= last.count
        }
        position -= last.count
    }

    /// Gives up the way back.
    package func forgetMark() { taken = nil }

    /// Goes back to the mark.
    ///
    /// - Returns: false where that is too far.
    package func goBack() -> Bool {
        guard let taken else { return false }
        self.taken = nil
        let here = Array(bytes[start..<end])
        bytes = taken + here
        if bytes.count < 4096 { bytes += [UInt8](repeating: 0, count: 4096 - bytes.count) }
        (start, end) = (0, taken.count + here.count)
        position -= taken.count
        return true
    }

    private func note(_ new: some Sequence<UInt8>) {
        guard taken != nil else { return }
        taken?.append(contentsOf: new)
        if let taken, taken.count > ReadAhead.farthestBack { self.taken = nil }
    }

    /// Reads on: first what was looked at, then straight from the source.
    ///
    /// - Returns: bytes read, at least one; 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        if start == end {
            let count = try isAtEnd ? 0 : unsafe readSource(buffer)
            if taken != nil { unsafe note(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])) }
            position += count
            return count
        }
        let count = min(buffer.count, end - start)
        unsafe bytes.withUnsafeBytes { all in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[start..<start + count]))
        }
        note(bytes[start..<start + count])
        start += count
        position += count
        return count
    }

    private func readSource(_ buffer: UnsafeMutableRawBufferPointer) throws(AudioError) -> Int {
        do {
            let count = try unsafe source.read(into: buffer)
            if count == 0 { isAtEnd = true }
            return count
        } catch {
            let why = (error as? SystemError)?.reason ?? "\(error)"
            throw AudioError(.readFailed, name, "cannot be read: \(why)", underlying: error)
        }
    }
}
