/// A JSON document (RFC 8259), to be written on one line, or to be read.
///
/// Small and slow; Foundation's costs more at start than everything else in a program of ours together.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// As it is spelt, so that no digit is lost.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order of the document. Of members with the same name the first one counts.
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package static func integer(_ value: Int) -> JSONValue { .number(String(value)) }

    /// A member's value; nil where this is no object or has no such member.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var integer: Int? {
        if case .number(let digits) = self { Int(digits) } else { nil }
    }

    /// A number's value, also where it stands in a string.
    package var double: Double? {
        switch self {
        case .number(let digits): Double(digits).flatMap { $0.isFinite ? $0 : nil }
        case .string(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    package var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The document, without white space and line feeds.
    package var line: String {
        var result: [UInt8] = []
        result.reserveCapacity(256)
        write(to: &result)
        return String(decoding: result, as: UTF8.self)
    }

    // As bytes, since each addition to a string looks at it anew.
    private func write(to result: inout [UInt8]) {
        switch self {
        case .null: result += "null".utf8
        case .bool(let value): result += (value ? "true" : "false").utf8
        case .number(let digits): result += digits.utf8
        case .string(let value): result.appendQuoted(value)
        case .array(let values):
            result.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                value.write(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let members):
            result.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { result.append(UInt8(ascii: ",")) }
                result.appendQuoted(member.name)
                result.append(UInt8(ascii: ":"))
                member.value.write(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        }
    }

    /// Reads a document as servers write it that go by another grammar: `NaN` and `Infinity` (Python's `json`) are null, numbers may be
    /// spelt in any way, a comma may stand behind the last value, a byte order mark in front, and text behind that begins no other document.
    package init?(lenientlyParsing text: String) {
        var rest = text.unicodeScalars[...]
        if rest.first == "\u{FEFF}" { rest.removeFirst() }
        var reader = JSONReader(rest: rest, isLenient: true)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        if reader.rest.first == "{" || reader.rest.first == "\"" { return nil }
        self = value
    }

    /// Reads a document; nil where it isn't exactly one.
    package init?(parsing text: String) {
        var reader = JSONReader(rest: text.unicodeScalars[...])
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        guard reader.rest.isEmpty else { return nil }
        self = value
    }
}

private struct JSONReader {
    var rest: Substring.UnicodeScalarView
    var isLenient = false

    /// Deeper than anything of ours; keeps a hostile file from exhausting the stack.
    private static let maximumDepth = 64

    mutating func skipSpace() {
        while let next = rest.first, next == " " || next == "\n" || next == "\r" || next == "\t" { rest.removeFirst() }
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    mutating func value(depth: Int) -> JSONValue? {
        guard depth < JSONReader.maximumDepth else { return nil }
        skipSpace()
        switch rest.first {
        case "\"": return quoted().map(JSONValue.string)
        case "{": return object(depth: depth)
        case "[": return array(depth: depth)
        default: return word()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        rest.removeFirst()
        var members: [JSONValue.Member] = []
        if skip("}") { return .object(members) }
        repeat {
            skipSpace()
            if isLenient, rest.first == "}" { break }
            guard let name = quoted(), skip(":"), let value = value(depth: depth + 1) else { return nil }
            members.append(.init(name, value))
        } while skip(",")
        return skip("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> JSONValue? {
        rest.removeFirst()
        var values: [JSONValue] = []
        if skip("]") { return .array(values) }
        repeat {
            skipSpace()
            if isLenient, rest.first == "]" { break }
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
        } while skip(",")
        return skip("]") ? .array(values) : nil
    }

    private mutating func quoted() -> String? {
        guard rest.first == "\"" else { return nil }
        var end = rest.index(after: rest.startIndex)
        while end < rest.endIndex, rest[end] != "\"" {
            if rest[end] == "\\" { end = rest.index(after: end) }
            guard end < rest.endIndex else { return nil }
            end = rest.index(after: end)
        }
        guard end < rest.endIndex else { return nil }
        let source = rest[...end]
        rest = rest[rest.index(after: end)...]
        return String(jsonQuoted: Substring(source))
    }

    private mutating func word() -> JSONValue? {
        let end = rest.firstIndex { ",]} \n\r\t".unicodeScalars.contains($0) } ?? rest.endIndex
        let word = String(rest[..<end])
        rest = rest[end...]
        switch word {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return JSONReader.isNumber(word) ? .number(word) : isLenient ? odd(word) : nil
        }
    }

    /// What other writers write for numbers that are none, and numbers that they spell in their own way.
    private func odd(_ word: String) -> JSONValue? {
        switch word {
        case "NaN", "nan", "NAN", "-NaN", "-nan", "Infinity", "-Infinity", "+Infinity", "inf", "-inf",
            "+inf", "Inf", "-Inf",
            "None", "undefined":
            .null
        case "True": .bool(true)
        case "False": .bool(false)
        default: Double(word).flatMap { $0.isFinite ? .number(word) : .null }
        }
    }

    /// `[-] int [frac] [exp]` of the grammar.
    private static func isNumber(_ word: String) -> Bool {
        var rest = Substring(word)
        func digits(_ rest: inout Substring) -> Int {
            let count = rest.prefix { $0.isASCII && $0.isNumber }.count
            rest.removeFirst(count)
            return count
        }
        if rest.first == "-" { rest.removeFirst() }
        let hasLeadingZero = rest.first == "0"
        let whole = digits(&rest)
        guard whole > 0, !(hasLeadingZero && whole > 1) else { return false }
        if rest.first == "." {
            rest.removeFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if rest.first == "e" || rest.first == "E" {
            rest.removeFirst()
            if rest.first == "+" || rest.first == "-" { rest.removeFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }
}
