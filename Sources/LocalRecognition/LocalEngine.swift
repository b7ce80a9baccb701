package import EnginePlugin
internal import Models
internal import POSIX
internal import Program

/// The engine with its model loaded, and what was asked of it.
package struct LocalEngine {
    private let events: EventOutput
    private let library: Library
    private let device: ComputeDevice
    private let options: Options
    private let models: ModelSet
    /// The one of them that is loaded first.
    private let model: Model
    private let request: Request
    private let output: Output
    /// Whether another model has to say who speaks.
    private let needsSpeakers: Bool

    /// Seconds that one run of a model gets at most if the model takes any length: memory and time grow with it.
    private static let longest = 60.0
    /// The same for Whisper, which hears no more than this at once.
    private static let whisperWindow = 29.5

    /// Reads what was asked for from the environment, and loads the model.
    ///
    /// - Parameters:
    ///   - events: where its text goes.
    ///   - isLive: whether somebody speaks, and a fast answer counts more than the best one.
    /// - Throws: `Failure` if the library, the model or the device can't be used, or the model can't do what was asked for.
    package init(_ events: EventOutput, isLive: Bool) throws {
        self.events = events
        let asked = try EngineEnvironment()
        options = try Options()
        let file = try ModelFile(asked.model, languages: asked.languages)
        library = try Library()
        device = try ComputeDevice(options.device, library)
        models = ModelSet(file, library, device, threads: options.threads)
        model = try isLive ? models.fastest(for: 0) : models.whole()
        request = try Request(asked, options, model) { try events.warning($0) }
        output = Output(events, language: options.translates ? options.target ?? "en" : request.language)
        needsSpeakers = asked.wantsSpeakers && !request.wantsSpeakers
    }

    /// The longest audio of one run, in samples.
    private var longest: Int {
        let limit = model.abilities.takesWhisperOptions ? LocalEngine.whisperWindow : LocalEngine.longest
        return Int(min(model.abilities.longest ?? limit, limit) * 16000)
    }

    /// Recognises standard input, mono s16le at 16000 Hz, while it comes.
    package func transcribeInput() throws {
        var rules = Planner.Rules(longest: longest)
        // Who is who is known at the end only.
        (rules.isPatient, rules.keepsAll) = (needsSpeakers, needsSpeakers)
        let planner = Planner(rules: rules)
        let input = AudioInput(planner, interruption: models.interruption)
        try input.readStandardInput()
        if needsSpeakers { return try transcribeWithSpeakers(input, planner) }
        // A stream is of what is said, and in its language.
        if model.abilities.streams, !request.translates {
            var recogniser = StreamRecogniser(input, model, request, planner, output)
            try recogniser.run()
        } else {
            var recogniser = Recogniser(input, models, request, planner, output)
            try recogniser.run()
        }
    }

    /// Recognises a sound file.
    package func transcribe(_ path: String) throws {
        var rules = Planner.Rules(longest: longest)
        (rules.isPatient, rules.keepsAll) = (true, needsSpeakers)
        let planner = Planner(rules: rules)
        let input = AudioInput(planner, interruption: models.interruption)
        try input.read(path)
        // Its thread ends with a failure, too.
        defer { input.abandon() }
        if needsSpeakers { return try transcribeWithSpeakers(input, planner) }
        var recogniser = Recogniser(input, models, request, planner, output)
        try recogniser.run()
    }

    private func transcribeWithSpeakers(_ input: AudioInput, _ planner: Planner) throws {
        let samples = input.state.wait { state in
            state.hearing.hasEnded ? state.hearing.scaled(0..<state.hearing.end) : nil
        }
        let speakers = try Speakers(samples, library, device, threads: options.threads)
        var recogniser = Recogniser(input, models, request, planner, output, speakers: speakers)
        try recogniser.run()
    }
}
