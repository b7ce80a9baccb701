internal import Glibc
internal import POSIX

/// Plugins' answers to `describe`, kept in files named for the plugin's file, its time and its size.
///
/// A shell script answers in 2 ms, but one in Python needs 30. Whatever goes wrong here costs only that time.
package struct DescriptionCache: Sendable {
    let folder: String
    private let home: String?

    /// - Parameters:
    ///   - folder: absolute; made when something is kept.
    ///   - home: a folder above it that is not made; nil if every one may be.
    package init(folder: String, home: String? = nil) {
        self.folder = folder
        self.home = home
    }

    /// `$XDG_CACHE_HOME/vt/plugins`; nil without a home.
    package static var standard: DescriptionCache? {
        var base = getenv("XDG_CACHE_HOME").map { String(cString: $0) }
        var home: String?
        if base?.hasPrefix("/") != true {
            home = getenv("HOME").map { String(cString: $0) }
            base = home.map { $0 + "/.cache" }
        }
        guard let base, base.hasPrefix("/") else { return nil }
        return DescriptionCache(folder: base + "/vt/plugins", home: home)
    }

    func answer(of plugin: Plugin) -> String? {
        guard let name = key(plugin), let file = try? Descriptor.open(folder + "/" + name, O_RDONLY | O_NOFOLLOW) else {
            return nil
        }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0
        else { return nil }
        // One byte more than an answer may have.
        var bytes = [UInt8](repeating: 0, count: (1 << 16) + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { buffer in
                try? readOnce(file.number, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            guard let more else { return nil }
            if more == 0 { break }
            count += more
        }
        return count <= 1 << 16 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    func keep(_ answer: String, of plugin: Plugin) {
        guard let name = key(plugin), makeFolders() else { return }
        // Written beside it and renamed: nobody reads half an answer, and the last of several writers wins.
        let temporary = "\(folder)/.\(name).\(getpid()).\(UInt32.random(in: 0 ... .max))"
        do {
            let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            try writeAll(file.number, answer)
            try file.close()
            try retrying("rename") { rename(temporary, folder + "/" + name) }
        } catch {
            unlink(temporary)
        }
    }

    /// nil where the file is gone, or so new that it may change again within the same tick of its clock.
    private func key(_ plugin: Plugin) -> String? {
        var status = stat()
        guard stat(plugin.path, &status) == 0 else { return nil }
        guard time(nil) - max(status.st_mtim.tv_sec, status.st_ctim.tv_sec) >= 2 else { return nil }
        // FNV-1a: one file may be called under several names and answer accordingly.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in plugin.path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "\(status.st_dev)-\(status.st_ino)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)-\(status.st_size)-"
            + String(hash, radix: 16)
    }

    /// - Returns: whether they are there. A home that is missing is not ours to make; nor does root make folders in another
    ///   user's, who could not use them afterwards.
    private func makeFolders() -> Bool {
        var status = stat()
        if let home, stat(home, &status) != 0 { return false }
        var path = ""
        for part in folder.split(separator: "/") {
            let parent = path.isEmpty ? "/" : path
            path += "/" + part
            if stat(path, &status) == 0 { continue }
            guard geteuid() != 0 || (stat(parent, &status) == 0 && status.st_uid == 0), mkdir(path, 0o700) == 0 else {
                return false
            }
        }
        return true
    }
}
