internal import Glibc

/// A file that the user named with `-o`, written so that nobody ever sees half of it under its name.
///
/// A regular or new file is written under a temporary name beside it and renamed when it is complete. Symbolic links are
/// resolved, so the link stays and what it points to is replaced; the mode of a file that is replaced is kept, a new one
/// gets what the umask leaves. FIFOs, devices and `/dev/stdout` are opened in place, as is an existing file in a directory
/// where nothing can be created.
package struct OutputFile: ~Copyable, Sendable {
    /// What becomes of a file that was not committed when this value goes away.
    package enum Abandoned: Sendable {
        /// Nothing is left of it.
        case removed
        /// What was written gets the final name: half a recording is still a recording.
        case kept
    }

    /// As the user wrote it.
    package let path: String
    /// Where the bytes are until they are complete; nil where the output was opened in place.
    ///
    /// A program that is about to end by a signal removes or renames it by this name.
    package let temporaryPath: String?
    /// The name that the file gets: `path` with symbolic links resolved.
    package let finalPath: String
    private let whenAbandoned: Abandoned
    private var file: Descriptor?

    /// The open file, for writing; valid until `commit` or the end of this value.
    package let descriptor: CInt

    /// Creates the temporary file, or opens what cannot have one. Opening a FIFO waits for its reader.
    ///
    /// - Parameter mayReplace: asked of a regular file that would be opened in place, which empties it.
    /// - Throws: `OutputError` with `cannotCreate`.
    package init(
        _ path: String, whenAbandoned: Abandoned = .removed, mayReplace: (String) -> Bool = { _ in true }
    ) throws(OutputError) {
        self.path = path
        self.whenAbandoned = whenAbandoned
        do throws(SystemError) {
            let opened = try OutputFile.open(path, mayReplace)
            temporaryPath = opened.temporaryPath
            finalPath = opened.finalPath
            descriptor = opened.descriptor
            file = Descriptor(owning: opened.descriptor)
        } catch {
            throw OutputError(code: .cannotCreate, path: path, underlying: error)
        }
    }

    deinit {
        guard file != nil, let temporaryPath else { return }
        switch whenAbandoned {
        case .removed: unsafe unlink(temporaryPath)
        case .kept: unsafe rename(temporaryPath, finalPath)
        }
    }

    /// Puts the complete file in its place, when its bytes are on the disk.
    ///
    /// - Parameter isReproducible: whether the same bytes can be made again from what is still there, so that a crash in the next
    ///   seconds costs work, but no recording: then the disk is not waited for, which takes longer than a short conversion.
    /// - Throws: `OutputError` with `writeFailed`. Where only the renaming failed, the bytes stay under the temporary name,
    ///   which the error names.
    package mutating func commit(isReproducible: Bool = false) throws(OutputError) {
        _ = try commit(isReproducible: isReproducible) { _ in true }
    }

    /// As `commit(isReproducible:)`, beside a file that may not be replaced.
    ///
    /// - Parameter mayReplace: asked of a file that has the name: false leaves it, and the new one gets a name beside it.
    /// - Returns: the name that it got: `finalPath`, or as `NAME.new.EXTENSION`.
    package mutating func commit(
        isReproducible: Bool = false, mayReplace: (String) -> Bool
    ) throws(OutputError) -> String {
        guard let open = file.take() else { return finalPath }
        do throws(SystemError) {
            // Otherwise a crash may leave the new name with no bytes behind it (ext4 and XFS delay allocation).
            if temporaryPath != nil, !isReproducible, fdatasync(open.number) < 0, errno != EINVAL, errno != EROFS {
                throw SystemError(code: errno, call: "fdatasync", subject: path)
            }
            try open.close()
        } catch {
            if let temporaryPath {
                switch whenAbandoned {
                case .removed: unsafe unlink(temporaryPath)
                case .kept: unsafe rename(temporaryPath, finalPath)
                }
            }
            throw OutputError(code: .writeFailed, path: path, underlying: error)
        }
        guard let temporaryPath else { return finalPath }
        do throws(SystemError) {
            return try OutputFile.giveName(temporaryPath, finalPath, mayReplace)
        } catch {
            throw OutputError(code: .writeFailed, path: path, underlying: error, leftAt: temporaryPath)
        }
    }
}

/// An output file that could not be created, or not be completed.
package struct OutputError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Nothing was written.
        case cannotCreate
        /// It was created; completing it failed.
        case writeFailed
    }

    package let code: Code
    /// As the user wrote it.
    package let path: String
    package let underlying: SystemError
    /// Where the bytes are nevertheless, complete but under another name.
    package let leftAt: String?

    package init(code: Code, path: String, underlying: SystemError, leftAt: String? = nil) {
        self.code = code
        self.path = path
        self.underlying = underlying
        self.leftAt = leftAt
    }

    package var description: String {
        switch code {
        case .cannotCreate: "\(path): cannot create: \(underlying.reason)"
        case .writeFailed:
            "\(path): cannot complete: \(underlying.reason)" + (leftAt.map { "; the data is in \($0)" } ?? "")
        }
    }
}

extension OutputFile {
    private struct Opened {
        var descriptor: CInt
        var temporaryPath: String?
        var finalPath: String
    }

    private static func giveName(
        _ temporary: String, _ final: String, _ mayReplace: (String) -> Bool
    ) throws(SystemError) -> String {
        for number in 0... {
            let name = beside(final, number)
            do throws(SystemError) {
                if unsafe access(name, F_OK) == 0, mayReplace(name) {
                    try retrying("rename", on: final) { unsafe Glibc.rename(temporary, name) }
                } else {
                    try renameNew(Path(temporary), to: Path(name))
                }
                return name
            } catch {
                guard error.code == EEXIST else { throw error }
            }
        }
        return final
    }

    /// The first names that a file can have: `talk.srt`, `talk.new.srt`, `talk.new-2.srt` and so on.
    private static func beside(_ path: String, _ number: Int) -> String {
        if number == 0 { return path }
        let new = number == 1 ? ".new" : ".new-\(number)"
        let directory = directory(of: path)
        let name = path.dropFirst(directory.count)
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return path + new }
        return directory + name[..<dot] + new + name[dot...]
    }

    private static func open(_ path: String, _ mayReplace: (String) -> Bool) throws(SystemError) -> Opened {
        var status = stat()
        let exists = unsafe stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT == S_IFDIR { throw SystemError(code: EISDIR, call: "open", subject: path) }
        let target = exists && status.st_mode & S_IFMT != S_IFREG ? nil : try resolveLinks(path)
        guard let target else {
            return Opened(
                descriptor: try Descriptor.open(path, O_WRONLY | O_TRUNC | O_NOCTTY).release(), finalPath: path)
        }
        if exists { try retrying("open", on: path) { unsafe faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) } }
        do throws(SystemError) {
            let mode = exists ? status.st_mode & 0o777 : 0o666
            let created = try createBeside(target, mode: mode)
            let temporary = Descriptor(owning: created.file)
            if exists {
                // The umask does not apply to a file that was there before. Another's file stays another's where we may.
                _ = fchown(temporary.number, status.st_uid, status.st_gid)
                try retrying("fchmod", on: path) { fchmod(temporary.number, mode) }
            }
            return Opened(descriptor: temporary.release(), temporaryPath: created.name, finalPath: target)
        } catch {
            guard exists, error.code == EACCES || error.code == EPERM, mayReplace(target) else { throw error }
            return Opened(descriptor: try Descriptor.open(target, O_WRONLY | O_TRUNC).release(), finalPath: target)
        }
    }

    /// Follows the last component's symbolic links, also one that points to nothing yet.
    ///
    /// - Returns: nil where it leads into /proc, whose links are open files rather than names.
    private static func resolveLinks(_ path: String) throws(SystemError) -> String? {
        var path = path
        // As many as the kernel follows (path_resolution(7)).
        for _ in 0..<40 {
            if path.hasPrefix("/proc/") || path.hasPrefix("/dev/fd/") { return nil }
            var status = stat()
            guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return path }
            let target = try readLink(path)
            path = target.hasPrefix("/") ? target : directory(of: path) + target
        }
        throw SystemError(code: ELOOP, call: "open", subject: path)
    }

    private static func readLink(_ path: String) throws(SystemError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying("readlink", on: path) { unsafe readlink(path, &bytes, bytes.count) }
        return String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path up to its last slash, with it.
    private static func directory(of path: String) -> String {
        path.utf8.lastIndex(of: 0x2F).map { String(path[...$0]) } ?? ""
    }

    /// Creates `NAME.XXXXXX.part` in the same directory: in sight, so that whoever misses a recording finds it.
    private static func createBeside(
        _ path: String, mode: mode_t
    ) throws(SystemError) -> (file: CInt, name: String) {
        let directory = directory(of: path)
        var base = path.dropFirst(directory.count)
        guard !base.isEmpty else {
            throw SystemError(code: path.isEmpty ? ENOENT : EISDIR, call: "open", subject: path)
        }
        while base.utf8.count > Int(NAME_MAX) - ".XXXXXX.part".utf8.count { base.removeLast() }
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        for attempt in 0... {
            let random = String((0..<6).map { _ in letters[Int.random(in: 0..<letters.count)] })
            let name = "\(directory)\(base).\(random).part"
            do throws(SystemError) {
                return (try Descriptor.open(name, O_RDWR | O_CREAT | O_EXCL, mode: mode).release(), name)
            } catch {
                if error.code == EEXIST, attempt < 100 { continue }
                // The user never named the temporary file.
                throw SystemError(code: error.code, call: error.call, subject: path)
            }
        }
        throw SystemError(code: EEXIST, call: "open", subject: path)
    }
}
