internal import Glibc
internal import Plugins
internal import POSIX

/// Types into the focused window of a Wayland session with `wtype -`.
///
/// wtype makes a keyboard of its own for each run. On a seat without another keyboard a window learns only then that there is one
/// to listen to, and what is typed before it does is lost: the first character, or more. So one wtype that types nothing
/// keeps a keyboard plugged in from our start to our end; it waits for input that never comes, and goes when we do, however we go.
final class WtypeDriver: Driver {
    private let tool: HelperProgram
    private let settings: DriverSettings
    private var holder: Holder?

    /// From the start of the first wtype until windows listen to its keyboard, in milliseconds. Usually it is over long
    /// before the first words are recognised.
    private static let settling = 150
    /// wtype gives each new character a key of its own and begins at Escape, which a key that is only let go of takes here. The
    /// next twelve are those from 1 to =, and behind them is BackSpace, where Chromium deletes whatever character it has.
    private static let distinctCharacters = 12
    private static let padding = ["-p", "F20"]

    init(program: String, settings: DriverSettings) {
        tool = HelperProgram(program, cancellation: settings.cancellation)
        self.settings = settings
    }

    func prepare() {
        if holder == nil || holder?.hasEnded == true { holder = try? Holder(tool) }
    }

    func deliver(_ text: String) throws(TypingError) {
        try WaylandLayout.check(text)
        prepare()
        holder?.waitUntilSettled(WtypeDriver.settling)
        if let failure = holder?.failure {
            holder = nil
            throw failure
        }
        for run in WtypeDriver.runs(text) {
            let delay = settings.delay ?? 0
            try tool.run(
                (delay > 0 ? ["-d", String(delay)] : []) + WtypeDriver.padding + ["-"], input: run,
                milliseconds: 5000 + run.unicodeScalars.count * (30 + 2 * delay))
        }
    }

    func finish() {
        holder?.end()
        holder = nil
    }

    /// The text in pieces that have few enough different characters, and not a zero-width joiner or a combining mark first.
    static func runs(_ text: String) -> [String] {
        var runs: [String] = []
        var run = ""
        var seen: Set<Unicode.Scalar> = []
        for character in text {
            let new = Set(character.unicodeScalars).subtracting(seen)
            if seen.count + new.count > distinctCharacters, !run.isEmpty {
                runs.append(run)
                run = ""
                seen = []
            }
            seen.formUnion(character.unicodeScalars)
            run.append(character)
        }
        return run.isEmpty ? runs : runs + [run]
    }
}
