internal import Glibc
internal import POSIX

/// A file that was written under a name of the user's choice (`-o`): whether it is vt's work still.
///
/// The hash of what was written is noted on the file itself. Whoever changes the file changes the hash, or, as an editor that writes
/// anew, leaves the note out.
package enum OwnFile {
    private static let note = FileAttribute("vt.content")

    /// Notes on a file what is in it. Where the file system keeps no notes, it is not known again.
    ///
    /// - Parameter descriptor: open for reading too.
    /// - Returns: the hash of what is in it; nil if it can't be read.
    package static func mark(_ descriptor: CInt) -> ContentHash? {
        guard let hash = try? ContentHash(of: descriptor) else { return nil }
        try? note.set(hash.description, on: descriptor)
        return hash
    }

    /// Whether nobody's work is lost if a file is replaced: it is as vt has written it, it is empty, or it says the same.
    ///
    /// - Parameter new: what takes its place; nil if that is not known.
    package static func mayBeReplaced(_ path: String, by new: ContentHash? = nil) -> Bool {
        var status = stat()
        if stat(path, &status) != 0 || status.st_size == 0 { return true }
        guard let hash = try? ContentHash(of: Path(path)) else { return false }
        return hash == new || hash.description == note.text(on: path)
    }
}
