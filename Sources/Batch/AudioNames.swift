internal import POSIX

/// Which names say that a file has sound in it.
///
/// In a folder only: a file that was named is judged by its bytes alone. What is called so and is no audio is an error there, and
/// no silent omission.
enum AudioNames {
    private static let extensions: Set<String> = [
        "wav", "wave", "rf64", "bw64", "w64", "flac", "ogg", "oga", "opus", "spx", "mp3", "mp2", "mpga", "aif", "aiff",
        "aifc",
        "au", "snd", "caf", "m4a", "m4b", "aac", "amr", "3gp", "wma", "asf", "ape", "wv", "tta", "ac3", "dts",
        "mp4", "m4v", "mov", "mkv", "mka", "webm", "avi", "mpg", "mpeg", "flv", "wmv", "ogv",
    ]

    static func areAudio(_ name: Path) -> Bool {
        name.fileExtension.map(extensions.contains) ?? false
    }
}
