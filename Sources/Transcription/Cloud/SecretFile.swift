internal import Glibc
internal import POSIX

/// A file that holds a secret, and who else can read it.
///
/// Accepted is a file that only its owner can read, where that is the caller or root; and what containers and services are given, where
/// nobody can change the mode:
///
/// - below `$CREDENTIALS_DIRECTORY`, which is the service's own (systemd.exec(5));
/// - on a mount that is read-only, as the secrets of Docker and Kubernetes are (mode 0444 by default);
/// - a file with an access control list, whose mask looks like the rights of the group;
/// - one that its group can read and root has made so;
/// - one that nobody may write, such as 0444: somebody has decided that. If others can read it, that is said.
enum SecretFile {
    /// Why a file was not read.
    struct Refused: Error {
        let reason: String
        var hint: String?
    }

    /// More than any key; keeps a mistaken path from being read whole.
    private static let largest = 1 << 16

    /// - Parameter warn: gets what the user should know although the file is read.
    static func contents(of path: String, warn: (String) -> Void) throws(Refused) -> String {
        let file: Descriptor
        do throws(SystemError) {
            file = try Descriptor.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK)
        } catch {
            throw Refused(reason: "can't be opened: \(error.reason)")
        }
        var status = stat()
        fstat(file.number, &status)
        guard status.st_mode & S_IFMT == S_IFREG else { throw Refused(reason: "is no regular file") }
        try check(status, path, file.number, warn)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: largest, alignment: 1)
        defer { buffer.deallocate() }
        do throws(SystemError) {
            let count = try readOnce(file.number, into: buffer, name: path)
            return String(decoding: buffer[..<count], as: UTF8.self)
        } catch {
            throw Refused(reason: "can't be read: \(error.reason)")
        }
    }

    private static func check(
        _ status: stat, _ path: String, _ file: CInt, _ warn: (String) -> Void
    ) throws(Refused) {
        if isReadOnly(file) || isCredential(path) { return }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw Refused(reason: "belongs to somebody else")
        }
        let (group, others) = (status.st_mode & 0o070 != 0, status.st_mode & 0o007 != 0)
        if !group, !others { return }
        if !others, status.st_mode & 0o030 == 0, status.st_uid == 0 && geteuid() != 0 || hasAccessList(file) { return }
        guard status.st_mode & 0o333 == 0 else {
            throw Refused(
                reason: "can be read by others", hint: "chmod 600 \(path); if others have read it, get another key")
        }
        if others { warn("\(path) can be read by everybody on this machine") }
    }

    /// Whether the file is on a mount that nobody can change from here.
    private static func isReadOnly(_ file: CInt) -> Bool {
        var status = statvfs()
        return fstatvfs(file, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
    }

    /// Whether the path leads below the folder that systemd has made for this service alone.
    private static func isCredential(_ path: String) -> Bool {
        guard let folder = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }), folder.hasPrefix("/"),
            let place = resolved(folder), let file = resolved(path)
        else { return false }
        return file.hasPrefix(place + "/")
    }

    private static func resolved(_ path: String) -> String? {
        guard let pointer = realpath(path, nil) else { return nil }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
