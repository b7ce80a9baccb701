extension String {
    /// The text as a JSON string with its quotes (RFC 8259, section 7), on one line and without a TAB.
    ///
    /// What could act on a terminal (C0, C1, the characters that reorder text) is escaped.
    package var jsonQuoted: String {
        // Most are: then a copy is all.
        if isPlain { return "\"" + self + "\"" }
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0x80..<0xA0).contains(scalar.value):
                result += escaped(scalar)
            case _ where scalar.properties.isBidiControl || scalar.value == 0x2028 || scalar.value == 0x2029:
                result += escaped(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Whether it stands for itself between quotes.
    fileprivate var isPlain: Bool {
        utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// What a JSON string stands for; nil where it isn't exactly one JSON string with its quotes.
    ///
    /// An unpaired surrogate becomes U+FFFD.
    package init?(jsonQuoted source: Substring) {
        let inner = source.utf8.dropFirst().dropLast()
        if source.utf8.count >= 2, source.utf8.first == UInt8(ascii: "\""), source.utf8.last == UInt8(ascii: "\""),
            inner.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        {
            // Nothing in it stands for anything else.
            self = String(Substring(inner))
            return
        }
        var rest = source.unicodeScalars
        guard rest.popFirst() == "\"" else { return nil }
        var units: [UInt16] = []
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"":
                guard rest.isEmpty else { return nil }
                self = String(decoding: units, as: UTF16.self)
                return
            case "\\":
                guard let escape = rest.popFirst() else { return nil }
                switch escape {
                case "\"", "\\", "/": units.append(UInt16(escape.value))
                case "b": units.append(0x08)
                case "f": units.append(0x0C)
                case "n": units.append(0x0A)
                case "r": units.append(0x0D)
                case "t": units.append(0x09)
                case "u":
                    let digits = rest.prefix(4)
                    guard digits.count == 4, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
                        let unit = UInt16(String(digits), radix: 16)
                    else { return nil }
                    rest.removeFirst(4)
                    units.append(unit)
                default: return nil
                }
            case _ where scalar.value < 0x20: return nil
            default:
                if scalar.value <= 0xFFFF {
                    units.append(UInt16(scalar.value))
                } else {
                    units += [UTF16.leadSurrogate(scalar), UTF16.trailSurrogate(scalar)]
                }
            }
        }
        return nil
    }
}

/// A scalar of the basic plane as `\u` and four digits.
private func escaped(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
}

extension [UInt8] {
    /// Adds a text as a JSON string.
    mutating func appendQuoted(_ text: String) {
        guard text.isPlain else {
            self += text.jsonQuoted.utf8
            return
        }
        append(UInt8(ascii: "\""))
        self += text.utf8
        append(UInt8(ascii: "\""))
    }
}
