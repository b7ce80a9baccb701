import Audio
import Encoding
import POSIX
import Testing

/// What ffmpeg says, as it says it.
@Suite struct FFmpegLogs {
    private func log(_ text: String) throws -> FFmpegLog {
        let log = try FFmpegLog()
        try writeAll(log.file.number, Array(text.utf8))
        log.readOn()
        return log
    }

    private static let film = """
        [mov,mp4,m4a,3gp,3g2,mj2 @ 0x55] [error] Referenced QT chapter track not found
        [info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'film.mp4':
        [info]   Duration: 01:02:03.50, start: 1.400000, bitrate: 34 kb/s
        [info]   Stream #0:0[0x1](und): Video: h264 (High), yuv420p, 32x32, 2 fps (default)
        [info]   Stream #0:1[0x2](eng): Audio: aac (LC) (mp4a / 0x6134706D), 16000 Hz, mono, fltp, 25 kb/s (default)
        [info]     Metadata:
        [info]       title           : Commentary: one
        [info]   Stream #0:2[0x3]: Audio: none (apac / 0x63617061), 48000 Hz, 4 channels
        [info] Stream mapping:
        [info]   Stream #0:1 -> #0:0 (aac (native) -> pcm_f32le (native))
        [info] Output #0, wav, to 'pipe:1':
        [info]   Stream #0:0(eng): Audio: pcm_f32le ([3][0][0][0] / 0x0003), 16000 Hz, mono, flt (default)

        """

    @Test func theHeaderIsTakenApart() throws {
        let log = try log(FFmpegLogs.film)
        #expect(log.declaredSeconds == 3723.5)
        #expect(log.startSeconds == 1.4)
        #expect(log.hasOtherStreams)
        #expect(log.chosenStream == 1)
        #expect(
            log.tracks.map(\.description) == ["1 (eng, aac, “Commentary: one”, default)", "2 (apac, can't be decoded)"])
        #expect(log.tracks.map(\.isDecodable) == [true, false])
    }

    @Test func onlyTheSoundIsDamaged() throws {
        #expect(try log(FFmpegLogs.film).damage == nil)
        for (line, damage) in [
            ("[h264 @ 0x1] [error] corrupt decoded frame", nil),
            ("[error] Error while decoding stream #0:0: Invalid data found when processing input", nil),
            (
                "[aac @ 0x1] [error] Input buffer exhausted before END element found",
                "Input buffer exhausted before END element found"
            ),
            (
                "[error] Error while decoding stream #0:1: Invalid data found when processing input",
                "Error while decoding stream #0:1: Invalid data found when processing input"
            ),
            ("[aac @ 0x1] [warning] This is not implemented. Update your FFmpeg", nil),
            ("[error] Error while decoding stream #0:1: Not yet implemented in FFmpeg, patches welcome", nil),
            (
                "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] [error] stream 1, offset 0x30: partial file",
                "stream 1, offset 0x30: partial file"
            ),
            ("[error] /proc/self/fd/0: Input/output error", "Input/output error"),
        ] {
            #expect(try log(FFmpegLogs.film + line + "\n").damage == damage, "\(line)")
        }
    }

    @Test func piecesHaveTheirTimes() throws {
        let log = try log(
            "[Parsed_ashowinfo_0 @ 0x5] [info] n:1 pts:-1024 pts_time:-0.064 pos:6 fmt:fltp channels:1 rate:16000 nb_samples:160 checksum:0\n"
                + "[Parsed_ashowinfo_0 @ 0x5] [info] n:2 pts:NOPTS pts_time:NOPTS rate:44100 nb_samples:1024 checksum:0\n"
        )
        #expect(log.takePiece() == FFmpegLog.Piece(time: -1024, frames: 160, rate: 16000))
        #expect(log.takePiece() == FFmpegLog.Piece(time: nil, frames: 1024, rate: 44100))
        #expect(log.takePiece() == nil)
    }

    @Test func aLengthThatFFmpegHasGuessedIsNone() throws {
        let log = try log(
            "[aac @ 0x1] [warning] Estimating duration from bitrate, this may be inaccurate\n"
                + "[info] Input #0, aac, from 'a':\n[info]   Duration: 00:00:08.94, bitrate: 2 kb/s\n")
        #expect(log.declaredSeconds == nil)
    }
}
