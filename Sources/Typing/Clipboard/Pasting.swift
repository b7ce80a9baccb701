package import Plugins
internal import Text

/// What the clipboard drivers get.
package struct PasteSettings: Sendable {
    /// What pastes, for example `["shift", "insert"]`.
    package var keys: [String]
    package var cancellation: Cancellation
    /// Says what the user ought to know although the text was delivered.
    package var warn: @Sendable (String) -> Void
    /// Starts the process that keeps what the clipboard held, and gives it this on its standard input.
    package var hold: @Sendable ([UInt8]) throws -> Void

    package init(
        keys: [String], cancellation: Cancellation, warn: @escaping @Sendable (String) -> Void,
        hold: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.keys = keys
        self.cancellation = cancellation
        self.warn = warn
        self.hold = hold
    }

    /// The shortcuts that paste somewhere, as `--option keys=` names them.
    package static let shortcuts = ["shift+insert", "ctrl+v", "ctrl+shift+v"]
}

/// Keystrokes as what a clipboard driver does: pastes and keys, in order.
enum KeystrokeRun: Equatable {
    case text(String)
    case key(String)

    static func runs(of keystrokes: String) -> [KeystrokeRun] {
        PluginDriver.events(for: keystrokes).map { $0.verb == "key" ? .key($0.text) : .text($0.text) }
    }
}
