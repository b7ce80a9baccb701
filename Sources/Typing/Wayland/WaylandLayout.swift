/// Which character each key of our own keyboard produces.
///
/// Characters stand only on the keys that print something on every keyboard: Chromium, and every application made with it, goes by
/// the place of a key before it asks what is on it, so that a letter in BackSpace's place deletes one. In a window of XWayland, too, a
/// key must not change while it may still have to be read; whoever sees `reuses` waits for that.
struct WaylandLayout: Equatable {
    /// Linux's codes (input-event-codes.h) of the keys from 1 to =, Q to ], A to `, and \ to /.
    static let printing: [UInt8] = Array(2...13) + Array(16...27) + Array(30...41) + Array(43...53)
    /// Keys that are where everybody looks for them.
    static let fixed: [Unicode.Scalar: UInt8] = ["\u{1B}": 1, "\t": 15, "\r": 28, " ": 57]
    /// Insert, which has no character.
    static let insert: UInt8 = 110

    /// The keys of ours.
    private(set) var codes: [Unicode.Scalar: UInt8] = [:]

    /// Sees to it that keys can have every character: Chromium cuts those beyond U+FFFF to 16 bits.
    ///
    /// - Throws: `.refused`, so that the next driver can have the text.
    static func check(_ text: String) throws(TypingError) {
        guard let odd = text.unicodeScalars.first(where: { $0.value > 0xFFFF }) else { return }
        throw TypingError(
            .refused, "no key has “\(odd)” in every application",
            hint: "--driver virtual-keyboard,clipboard pastes such text")
    }

    /// The key of a character; nil where it has none.
    func code(of scalar: Unicode.Scalar) -> UInt8? { WaylandLayout.fixed[scalar] ?? codes[scalar] }

    /// What came of `prepare`.
    struct Change: Equatable {
        /// So many scalars from the beginning can be typed now.
        var count: Int
        /// Whether any key has got another character.
        var isNew: Bool
        /// Whether one of these had a character before.
        var reuses: Bool
    }

    /// Puts as much of a text on the keys as fits; what is there already stays in its place.
    mutating func prepare(_ text: ArraySlice<Unicode.Scalar>) -> Change {
        var wanted: [Unicode.Scalar] = []
        var seen: Set<Unicode.Scalar> = []
        var count = 0
        for scalar in text {
            if WaylandLayout.fixed[scalar] == nil, seen.insert(scalar).inserted {
                if wanted.count == WaylandLayout.printing.count { break }
                wanted.append(scalar)
            }
            count += 1
        }
        let missing = wanted.filter { codes[$0] == nil }
        guard !missing.isEmpty else { return Change(count: count, isNew: false, reuses: false) }
        let used = Set(codes.values)
        var free = WaylandLayout.printing.filter { !used.contains($0) }
        let reuses = missing.count > free.count
        if reuses {
            let kept = codes.filter { wanted.contains($0.key) }
            let pinned = Set(kept.values)
            codes = kept
            free = WaylandLayout.printing.filter { !pinned.contains($0) }
        }
        for (scalar, code) in zip(missing, free) { codes[scalar] = code }
        return Change(count: count, isNew: true, reuses: reuses)
    }

    /// The layout as a keymap in the text format of XKB, with a zero byte at its end.
    var keymap: [UInt8] {
        var symbols = [(WaylandLayout.insert, "Insert"), (1, "Escape"), (15, "Tab"), (28, "Return"), (57, "space")]
        symbols += codes.map { ($0.value, "U" + WaylandLayout.hexadecimal($0.key.value)) }
        symbols.sort { $0.0 < $1.0 }
        // XKB's codes are those of X11, 8 higher. XWayland wants the usual types of keys. GTK 3 looks for shortcuts on all keys but the
        // highest, which therefore is one that nobody needs.
        let names = symbols.map { "<K\($0.0)> = \(Int($0.0) + 8);\n" }.joined()
        let keys = symbols.map { "key <K\($0.0)> { [ \($0.1) ] };\n" }.joined()
        let text = """
            xkb_keymap {
            xkb_keycodes "vt" {
            minimum = 8;
            maximum = 255;
            \(names)<LAST> = 255;
            };
            xkb_types "vt" { include "complete" };
            xkb_compatibility "vt" { include "complete" };
            xkb_symbols "vt" {
            \(keys)};
            };

            """
        return Array(text.utf8) + [0]
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
