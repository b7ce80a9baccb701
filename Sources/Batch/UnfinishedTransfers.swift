internal import POSIX

/// Names of files that somebody is still writing: downloads, uploads and copies that get their own names when they are complete.
///
/// In a folder only, as with `AudioNames`: who names a file wants it.
enum UnfinishedTransfers {
    /// What programs put behind a name: browsers, FTP and WebDAV servers and clients, torrents, yt-dlp, vt itself.
    private static let extensions: Set<String> = [
        "part", "partial", "crdownload", "download", "opdownload", "filepart", "fdmdownload", "tmp", "temp", "!ut",
        "!bt", "!qb",
        "bc!", "dlpart", "unfinished", "incomplete", "aria2", "ytdl", "td", "xltd", "lock", "swp",
    ]

    /// Whether a name is that of a transfer, or of what guards one.
    static func has(_ name: Path) -> Bool {
        let text = name.description
        if text.hasPrefix(".~lock.") || text.hasPrefix("~$") || text.hasPrefix("~syncthing~") { return true }
        if text.hasPrefix(".syncthing.") { return true }
        guard let last = name.fileExtension else { return false }
        return extensions.contains(last) || last.hasPrefix("part-frag") || isRandom(name)
    }

    /// Whether a name that begins with a dot is that of a transfer of audio: other hidden files are nobody's inputs.
    static func hideAudio(_ name: Path) -> Bool {
        if isRandom(name) { return true }
        guard has(name), let dot = name.bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return false }
        return AudioNames.areAudio(Path(name.bytes[1..<dot]))
    }

    /// rsync's `.NAME.XXXXXX`, and what else makes a hidden name with six letters by mkstemp(3).
    private static func isRandom(_ name: Path) -> Bool {
        let parts = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0].isEmpty, parts[parts.count - 1].count == 6 else { return false }
        return AudioNames.areAudio(Path(name.bytes.dropFirst().dropLast(7)))
    }
}
