internal import POSIX

/// Which names say that a file has sound in it.
///
/// In a folder only: a file that was named is judged by its bytes alone, but for what has nothing in front that tells (`.gsm`, `.ulaw`).
/// What is called so and is no audio is an error there, and no silent omission. Names that other things have as well (`.ts`, `.dat`, `.mod`)
/// are not here: those files are judged by their first bytes.
enum AudioNames {
    private static let extensions = Set(
        [
            // Samples, plain or in a box.
            "wav wave rf64 bw64 w64 aif aiff aifc au snd caf 8svx svx voc avr nist sph ircam sds",
            // Codecs with frames of their own.
            "flac ogg oga opus spx mp3 mp2 mp1 mpa mpga aac adts latm loas ac3 eac3 ec3 ac4 dts dtshd thd mlp",
            "ape wv tta tak mpc ofr shn dsf dff",
            // Telephony, radios and dictation machines.
            "amr awb 3ga gsm ulaw mulaw pcmu alaw pcma g722 g723 g729 g726 sln sln8 sln12 sln16 sln24 sln32",
            "sln44 sln48 sln96 sln192 vox qcp evrc dss ds2 sbc",
            // MP4 and what is like it.
            "m4a m4b m4r m4p aax mp4 m4v mov 3gp 3gp2 3g2 3gpp f4a f4v f4b mj2",
            // Film and television.
            "mkv mka mk3d webm weba avi divx asf wma wmv flv mpg mpeg m1v m2v m2p vob tod m2t m2ts mts",
            "trp wtv dvr-ms ogv ogm ogx nut rm rmvb mxf gxf dv nsv",
        ].flatMap { $0.split(separator: " ").map(String.init) })

    static func areAudio(_ name: Path) -> Bool {
        name.fileExtension.map(extensions.contains) ?? false
    }
}
