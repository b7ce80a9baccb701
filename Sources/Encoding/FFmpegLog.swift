package import Audio
internal import Glibc
package import POSIX

/// What ffmpeg says while it decodes (`-loglevel repeat+level+info`, its filter `ashowinfo`), read while it says it.
///
/// It goes to a file without a name, which takes no room for what has been read of it: ffmpeg never waits for us here, and we
/// know what it said of a sample before that sample comes.
@safe package final class FFmpegLog {
    /// Samples that were decoded together.
    package struct Piece: Equatable {
        /// Frames since the origin of the file's clock; nil where it says nothing.
        package var time: Int?
        package var frames: Int
        /// Frames a second of these numbers.
        package var rate: Int

        package init(time: Int? = nil, frames: Int, rate: Int) {
            self.time = time
            self.frames = frames
            self.rate = rate
        }
    }

    package let file: Descriptor
    private var offset = 0
    private var freed = 0
    private var rest: [UInt8] = []

    package private(set) var tracks: [SoundTrack] = []
    /// Whether something moves beside the sound: then the file may be longer than its sound.
    package private(set) var hasOtherStreams = false
    /// Whether timestamps are the file's own. Of streams without a container ffmpeg counts them up, at the first rate that it meets.
    var hasClock: Bool { !FFmpegLog.clocklessContainers.contains(container) }
    /// The stream that was chosen, among all of the file.
    package private(set) var chosenStream: Int?
    /// How long the file says that it is, in seconds; nil where it doesn't, or where ffmpeg reckoned it itself.
    package private(set) var declaredSeconds: Double?
    /// Where the file's clock begins, in seconds.
    package private(set) var startSeconds = 0.0
    /// Pieces that nobody has taken yet, the next one first.
    private var pieces: [Piece] = []
    private var taken = 0
    /// What is wrong with the sound; the last of it.
    package private(set) var damage: String?
    /// The last error of any kind.
    package private(set) var lastError: String?

    private var isInHeader = false
    private var streamIsSound = false
    private var decoder: String?
    private var container = ""
    private var hasDecoded = false
    private var isReckoned = false

    package init() throws(SystemError) {
        file = try Descriptor.temporaryFile()
    }

    /// The next piece; nil where nothing is known of one.
    package func takePiece() -> Piece? {
        guard taken < pieces.count else { return nil }
        taken += 1
        let piece = pieces[taken - 1]
        if taken == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            taken = 0
        }
        return piece
    }

    /// Reads what has been said since.
    package func readOn() {
        var block = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe pread(file.number, $0.baseAddress, $0.count, offset)
            }
            guard count > 0 else { break }
            offset += count
            var start = 0
            while let end = block[start..<count].firstIndex(of: UInt8(ascii: "\n")) {
                rest += block[start..<end]
                takeLine(rest)
                rest.removeAll(keepingCapacity: true)
                start = end + 1
            }
            rest += block[start..<count]
        }
        if offset - freed > 1 << 20 {
            file.free(freed..<offset)
            freed = offset
        }
    }

    private func takeLine(_ line: [UInt8]) {
        if let piece = FFmpegLog.piece(in: line) {
            hasDecoded = true
            pieces.append(piece)
            return
        }
        let text = String(decoding: line, as: UTF8.self)
        var (context, level, message) = ("", "", text[...])
        while message.first == "[", let end = message.firstIndex(of: "]") {
            let word = message[message.index(after: message.startIndex)..<end]
            if word.contains(" @ ") { context = String(word.prefix { $0 != " " }) } else { level = String(word) }
            message = message[message.index(after: end)...].drop { $0 == " " && level.isEmpty }
            if !level.isEmpty {
                message = message.dropFirst()
                break
            }
        }
        if level == "info" { return takeHeader(message) }
        if message.contains("Estimating duration from bitrate") { isReckoned = true }
        takeProblem(String(message), context: context, isError: level == "error" || level == "fatal" || level.isEmpty)
    }

    // MARK: What it says of the file

    private func takeHeader(_ line: Substring) {
        if line.hasPrefix("Input #0, ") {
            isInHeader = true
            container = String(line.dropFirst(10).prefix { $0 != "," })
        } else if line.hasPrefix("Stream mapping:") || line.hasPrefix("Output #0") {
            isInHeader = false
        } else if line.hasPrefix("  Stream #0:"), !isInHeader, chosenStream == nil, line.contains(" -> #0:0 (") {
            // Stream #0:1 -> #0:0 (mp3 (mp3float) -> pcm_f32le (native))
            chosenStream = Int(line.dropFirst(12).prefix { $0.isNumber })
            let names = line.split(separator: "(").dropFirst().prefix(2).map { $0.prefix { $0 != ")" && $0 != " " } }
            if let codec = names.first { decoder = String(names.last == "native" ? codec : names.last ?? codec) }
        } else if isInHeader {
            takeInputLine(line)
        }
    }

    private func takeInputLine(_ line: Substring) {
        let words = line.drop { $0 == " " }
        if line.hasPrefix("  Duration: ") {
            for field in words.split(separator: ",") {
                let value = field.split(separator: " ").last ?? ""
                if field.contains("Duration:"), !isReckoned, FFmpegLog.declaringContainers.contains(container) {
                    declaredSeconds = FFmpegLog.seconds(value)
                }
                // A little before zero is what a codec needs to begin, and no player shows; more is a clock that is about to start anew.
                if field.contains("start:"), let start = Double(value) {
                    startSeconds = start < -0.5 ? start : max(0, start)
                }
            }
        } else if line.hasPrefix("  Stream #0:") {
            takeStream(line.dropFirst(12))
        } else if streamIsSound, let colon = words.firstIndex(of: ":") {
            let key = words[..<colon].filter { $0 != " " }.lowercased()
            let value = String(words[words.index(after: colon)...].drop { $0 == " " })
            if key == "title" { tracks[tracks.count - 1].title = value }
            if key == "duration" { tracks[tracks.count - 1].duration = FFmpegLog.seconds(value[...]) }
        }
    }

    /// `1[0x2](eng): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 128 kb/s (default)`.
    private func takeStream(_ line: Substring) {
        guard let number = Int(line.prefix { $0.isNumber }), let colon = line.range(of: ": ") else { return }
        let head = line[..<colon.lowerBound]
        let body = line[colon.upperBound...]
        streamIsSound = body.hasPrefix("Audio: ")
        guard streamIsSound else {
            if !body.contains("(attached pic)") { hasOtherStreams = true }
            return
        }
        let format = body.dropFirst(7)
        let codec = format.prefix { $0 != "," && $0 != " " }
        let language = head.lastIndex(of: "(").map { head[head.index(after: $0)...].prefix { $0 != ")" } }
        let isKnown = codec != "none" && codec != "unknown"
        // Of what it does not know it tells the container's own name: none (apac / 0x63617061).
        let named = isKnown ? codec : format.drop { $0 != "(" }.dropFirst().prefix { $0 != " " && $0 != ")" }
        tracks.append(
            SoundTrack(
                number: tracks.count + 1, language: language.flatMap { $0 == "und" || $0.isEmpty ? nil : String($0) },
                codec: named.isEmpty ? String(codec) : String(named), isDefault: format.contains("(default)"),
                isDecodable: isKnown, stream: number))
    }

    /// `01:02:03.45`.
    private static func seconds(_ text: Substring) -> Double? {
        let parts = text.split(separator: ":").map { Double($0) }
        guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2] else { return nil }
        return hours * 3600 + minutes * 60 + seconds
    }

    /// Those of which the header says how long they are; of others ffmpeg looks at their end, or guesses.
    private static let declaringContainers: Set<String> = [
        "mov", "matroska", "flv", "live_flv", "avi", "asf", "ape", "wv", "tta", "mpc", "mpc8", "tak", "rm", "caf",
        "nut",
        "aiff", "w64", "wav",
    ]

    private static let clocklessContainers: Set<String> = [
        "aac", "ac3", "eac3", "dts", "dtshd", "loas", "mlp", "truehd", "mp3", "flac", "gsm", "g722", "g726", "g729",
        "aptx", "sbc",
    ]

    // MARK: What it says of the sound

    private func takeProblem(_ message: String, context: String, isError: Bool) {
        let lower = message.lowercased()
        guard isError || lower.contains("corrupt") else { return }
        let message = FFmpegLog.withoutInputName(message)
        if isError { lastError = message }
        // What this ffmpeg can't do is no fault of the file; AMR's frames without speech are called corrupt.
        if lower.contains("not implemented") || lower.contains("not yet implemented") { return }
        if decoder?.contains("amr") == true, context == decoder || lower.contains("error while decoding") { return }
        // A broadcast was on the air before it was recorded.
        if !hasDecoded, ["mpegts", "mpeg"].contains(container) { return }
        let isOfSound =
            context == decoder && decoder != nil
            || chosenStream.map { message.contains("stream #0:\($0)") || message.contains("stream = \($0),") } ?? false
        let isOfAnother = !isOfSound && (message.contains("stream #") || message.contains("stream = "))
        let isOfFile = FFmpegLog.signsOfDamage.contains { lower.contains($0) } && !isOfAnother
        if isOfSound
            || (isOfFile
                && (context.isEmpty || context == decoder || container.hasPrefix(String(context.prefix { $0 != "," }))))
        {
            damage = message
        }
    }

    private static let signsOfDamage = [
        "partial file", "ended prematurely", "truncat", "corrupt", "invalid data found", "invalid as first byte",
        "error reading", "input/output error", "unexpected end",
    ]

    private static func withoutInputName(_ message: String) -> String {
        for name in FFmpegInput.names where message.hasPrefix("\(name): ") {
            return String(message.dropFirst(name.count + 2))
        }
        return message
    }

    // MARK: Pieces

    /// `[Parsed_ashowinfo_0 @ 0x55] [info] n:1 pts:1024 pts_time:0.064 … rate:16000 nb_samples:1024 …`.
    private static func piece(in line: [UInt8]) -> Piece? {
        guard line.starts(with: "[Parsed_ashowinfo".utf8) else { return nil }
        var piece = Piece(frames: 0, rate: 0)
        var start = 0
        while start < line.count {
            let end = line[start...].firstIndex(of: UInt8(ascii: " ")) ?? line.count
            let word = line[start..<end]
            if word.starts(with: "pts:".utf8) { piece.time = number(word.dropFirst(4)) }
            if word.starts(with: "rate:".utf8) { piece.rate = number(word.dropFirst(5)) ?? 0 }
            if word.starts(with: "nb_samples:".utf8) { piece.frames = number(word.dropFirst(11)) ?? 0 }
            start = end + 1
        }
        return piece.frames > 0 && piece.rate > 0 ? piece : nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        let isNegative = digits.first == UInt8(ascii: "-")
        var value = 0
        let rest = isNegative ? digits.dropFirst() : digits
        if rest.isEmpty || rest.count > 18 { return nil }
        for digit in rest {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return isNegative ? -value : value
    }
}

extension Substring {
    /// The first place of a text in this one; Foundation has this, and stays out.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
