internal import Text

/// The keys beside characters that text may press (`--keys`). By default none: what came out of a recogniser must not be
/// able to send a command in a shell or a message in a chat.
package struct KeyPolicy: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// A line feed, a carriage return, or both together press Enter once.
    package static let enter = KeyPolicy(rawValue: 1)
    /// A tab presses Tab.
    package static let tab = KeyPolicy(rawValue: 2)
    /// U+001B presses Escape.
    package static let escape = KeyPolicy(rawValue: 4)

    /// The names that `--keys` takes.
    package static let names: [(name: String, key: KeyPolicy)] = [
        ("enter", .enter), ("tab", .tab), ("escape", .escape),
    ]

    /// Reads a comma-separated list of names; nil where one is unknown.
    package init?(list: some StringProtocol) {
        self = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard let entry = KeyPolicy.names.first(where: { $0.name == name }) else { return nil }
            insert(entry.key)
        }
    }

    /// The text as a driver gets it: U+000D stands for Enter, U+0009 for Tab, U+001B for Escape, and no other control
    /// character is left. Those that aren't allowed go the way of `String.sanitized`: white space becomes a space, the rest is dropped.
    package func keystrokes(for text: String) -> String {
        guard !isEmpty else { return text.joinedLines.sanitized }
        var result = ""
        var plain = String.UnicodeScalarView()
        func flush() {
            result += String(plain).sanitized
            plain = String.UnicodeScalarView()
        }
        var afterReturn = false
        for scalar in text.unicodeScalars {
            defer { afterReturn = scalar == "\r" }
            switch scalar {
            case "\r" where contains(.enter), "\n" where contains(.enter) && !afterReturn:
                flush()
                result.unicodeScalars.append("\r")
            case "\n" where contains(.enter): continue
            case "\t" where contains(.tab), "\u{1B}" where contains(.escape):
                flush()
                result.unicodeScalars.append(scalar)
            default: plain.append(scalar)
            }
        }
        flush()
        return result
    }
}

extension String {
    /// The text with CR LF as one line feed, so that it becomes one space.
    fileprivate var joinedLines: String {
        guard utf8.contains(0x0D) else { return self }
        // Swift's Character for CR LF is one; comparing scalars keeps that out of it.
        var result = String.UnicodeScalarView()
        var afterReturn = false
        for scalar in unicodeScalars {
            if !(afterReturn && scalar == "\n") { result.append(scalar) }
            afterReturn = scalar == "\r"
        }
        return String(result)
    }
}
