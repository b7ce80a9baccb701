/// One line of the event stream: `verb *(SP name=value) TAB text LF` (vt-events(5)).
///
/// A value is printable ASCII without quotes or spaces, or a JSON string. The text runs to the end of the line.
package struct EventLine: Equatable, Sendable {
    /// The longest line that is read or written, in bytes, with its line feed.
    package static let maximumLength = 1 << 20

    package var verb: String
    /// In the order of the line. Names are unique in what we write; in what we read the first one counts.
    package var attributes: [Attribute]
    package var text: String

    package struct Attribute: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ verb: String, _ attributes: [Attribute] = [], text: String = "") {
        self.verb = verb
        self.attributes = attributes
        self.text = text
    }

    /// The value of the first attribute of that name.
    package subscript(name: String) -> String? {
        attributes.first { $0.name == name }?.value
    }

    /// Reads a line, without its line feed. A carriage return at the end belongs to the line's end.
    ///
    /// - Returns: nil where the line is no event: an empty verb, an attribute without `=`, a broken JSON string.
    package init?(parsing line: some StringProtocol) {
        var line = Substring(line)
        // "\r\n" is one Character, so look at scalars.
        if line.unicodeScalars.last == "\r" { line = Substring(line.unicodeScalars.dropLast()) }
        let head: Substring
        if let tab = line.unicodeScalars.firstIndex(of: "\t") {
            head = line[..<tab]
            text = String(line.unicodeScalars[line.unicodeScalars.index(after: tab)...])
        } else {
            head = line
            text = ""
        }
        var rest = head.unicodeScalars[...]
        let verbEnd = rest.firstIndex(of: " ") ?? rest.endIndex
        verb = String(rest[..<verbEnd])
        rest = rest[verbEnd...]
        guard EventLine.isName(verb) else { return nil }
        attributes = []
        while true {
            while rest.first == " " { rest.removeFirst() }
            if rest.isEmpty { return }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = String(rest[..<equals])
            guard EventLine.isName(name) else { return nil }
            rest = rest[rest.index(after: equals)...]
            if rest.first == "\"" {
                guard let end = EventLine.endOfQuoted(rest),
                    let value = String(jsonQuoted: Substring(rest[..<end]))
                else { return nil }
                attributes.append(Attribute(name, value))
                rest = rest[end...]
                guard rest.isEmpty || rest.first == " " else { return nil }
            } else {
                let end = rest.firstIndex(of: " ") ?? rest.endIndex
                let value = rest[..<end]
                guard value.allSatisfy({ (0x21...0x7E).contains($0.value) && $0 != "\"" }) else { return nil }
                attributes.append(Attribute(name, String(value)))
                rest = rest[end...]
            }
        }
    }

    /// The line with its line feed. The text loses control characters; a value that needs it becomes a JSON string.
    package var line: String {
        var result = verb
        for attribute in attributes {
            let isPlain =
                !attribute.value.isEmpty
                && attribute.value.unicodeScalars.allSatisfy { (0x21...0x7E).contains($0.value) && $0 != "\"" }
            result += " \(attribute.name)=" + (isPlain ? attribute.value : attribute.value.jsonQuoted)
        }
        return result + "\t" + text.sanitized + "\n"
    }

    /// Verbs and names: a lower-case letter, then letters, digits, `-`, `_` and `.`.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return name.utf8.allSatisfy {
            switch $0 {
            case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }

    /// Behind the closing quote of the JSON string that the scalars begin with.
    private static func endOfQuoted(_ scalars: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView.Index? {
        var index = scalars.index(after: scalars.startIndex)
        while index < scalars.endIndex {
            switch scalars[index] {
            case "\"": return scalars.index(after: index)
            case "\\":
                index = scalars.index(after: index)
                guard index < scalars.endIndex else { return nil }
            default: break
            }
            index = scalars.index(after: index)
        }
        return nil
    }
}
