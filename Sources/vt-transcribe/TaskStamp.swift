internal import Audio
internal import Batch
internal import Configuration
internal import Glibc
internal import Program
internal import Transcription
internal import VoiceActivity

extension Batch.Task {
    /// What the transcript of a file depends on: the file, the engine, and all that is asked of it.
    func stamp(of file: stat) -> Stamp {
        var stamp = stampOfOptions
        stamp.add("size", Int64(file.st_size))
        stamp.add("modified", Int64(file.st_mtim.tv_sec))
        stamp.add("nanoseconds", Int64(file.st_mtim.tv_nsec))
        return stamp
    }

    /// The same with the file's content in place of its time: a file that was only touched has it again.
    ///
    /// - Returns: nil if the file can't be read.
    func contentStamp(of file: CInt) -> Stamp? {
        var status = stat()
        guard fstat(file, &status) == 0, let hash = try? ContentHash(of: file) else { return nil }
        var stamp = stampOfOptions
        stamp.add("size", Int64(status.st_size))
        stamp.add("content", hash.description)
        return stamp
    }

    /// The part of it that all files share.
    static func stampOfOptions(
        _ settings: EngineSettings, _ setup: Setup, _ gateOptions: GateOptions, subtitles: SubtitleRules,
        raw: HeaderlessInput?, track: TrackChoice, channels: ChannelPlan, strict: Bool
    ) -> Stamp {
        var stamp = Stamp()
        stamp.add("languages", settings.languages.joined(separator: ","))
        stamp.add("prompt", settings.prompt)
        for keyword in settings.keywords { stamp.add("keyword", keyword) }
        stamp.add("temperature", settings.temperature.map { String($0) })
        stamp.add("timestamps", settings.timestamps?.rawValue)
        stamp.add("speakers", String(settings.speakers))
        for (key, value) in settings.options { stamp.add("option \(key)", value) }
        for engine in engineNames(setup.engine.value) {
            stamp.add("engine", engine)
            stamp.add("model", setup.model(for: engine)?.value)
            stamp.add("base url", setup.baseURL(for: engine)?.value)
            stamp.add("upload format", setup.uploadFormat(for: engine)?.value.rawValue)
            for option in setup.engineOptions(for: engine)?.value ?? [] {
                stamp.add("own option \(option.key)", option.value)
            }
        }
        stamp.add("detector", gateOptions.noGate ? "none" : gateOptions.detector?.rawValue)
        switch raw {
        case .samples(let format):
            stamp.add("raw", "\(format.sampleRate) \(format.channels) \(format.sampleFormat.rawValue)")
        case .coded(let audio): stamp.add("raw", "\(audio.rate) \(audio.channels) \(audio.format.rawValue)")
        case nil: stamp.add("raw", nil as String?)
        }
        if track != .standard { stamp.add("track", track.description) }
        // Absent if nobody says anything: a transcript of before stays complete.
        stamp.add("channels", channels.which == .mix ? nil : channels.which.text)
        for name in channels.speakers { stamp.add("speaker", name) }
        stamp.add("strict", String(strict))
        stamp.add("line length", Int64(subtitles.lineLength))
        stamp.add("lines", Int64(subtitles.lines))
        return stamp
    }
}
