internal import Glibc
internal import POSIX

/// Characters that the layout lacks, put on keys that it leaves empty, before they are typed: two on each, the second with Shift.
///
/// A window loads the layout when it handles the first key after a change, so a key must not change again until the
/// window has got that far. `xdotool type` uses one key for all such characters and changes it twice for each, so that a window
/// that lags by 6 ms gets wrong ones; here about 40 characters (19 spare keys in the common layouts) share one change, and 0.3 s
/// pass before the next.
struct SpareKeys {
    /// How long a busy window may take from the last key until it has handled the first one after a change.
    private static let patience = Duration.milliseconds(300)

    /// A key of ours with one or two characters.
    private struct Key {
        var code: UInt8
        var scalars: [Unicode.Scalar]

        /// What the server has for it.
        var symbols: X11Keyboard.Symbols {
            let symbols = scalars.map(X11Keyboard.symbol(for:))
            return X11Keyboard.Symbols(plain: symbols.first ?? 0, shifted: symbols.last ?? 0)
        }
    }

    private let keyboard: X11Keyboard
    private let journal: SpareKeyJournal
    /// The longest unused first.
    private var bound: [Key] = []
    private var usedAt: ContinuousClock.Instant?
    private var hasAdopted = false

    init(_ keyboard: X11Keyboard, _ journal: SpareKeyJournal) {
        self.keyboard = keyboard
        self.journal = journal
    }

    /// Makes as much of the text typable as fits; waits where keys must change that were used a moment ago.
    ///
    /// - Returns: the number of scalars from the beginning that can be typed now; at least 1 where there is any spare key.
    mutating func prepare(_ text: ArraySlice<Unicode.Scalar>) throws(SystemError) -> Int {
        let layout = try keyboard.layout()
        adopt(layout)
        // Somebody may have loaded another layout since, which took our characters away.
        bound.removeAll { layout.symbols[$0.code] != $0.symbols }
        var own: [Unicode.Scalar: UInt8] = [:]
        for key in bound { for scalar in key.scalars { own[scalar] = key.code } }

        var pinned: Set<UInt8> = []
        var missing: [Unicode.Scalar] = []
        var seen: Set<Unicode.Scalar> = []
        var length = 0
        for scalar in text {
            // Control characters are keys that every layout has.
            if scalar.value >= 0x20, seen.insert(scalar).inserted {
                let code = own[scalar]
                let isMissing = code == nil && !layout.characters.contains(scalar)
                let pins = code.map { pinned.union([$0]) } ?? pinned
                let room = layout.spare.count + bound.count - pins.count
                // A key that must stay takes room as well as one that must change.
                if (missing.count + (isMissing ? 1 : 0) + 1) / 2 > room { break }
                pinned = pins
                if isMissing { missing.append(scalar) }
            }
            length += 1
        }
        guard !missing.isEmpty else { return length }

        let kept = bound.filter { pinned.contains($0.code) }
        var free = layout.spare[...]
        var old = bound.filter { !pinned.contains($0.code) }[...]
        var added: [Key] = []
        var reuses = false
        while !missing.isEmpty {
            var code = free.popFirst()
            if code == nil {
                code = old.popFirst()?.code
                reuses = true
            }
            guard let code else { break }
            added.append(Key(code: code, scalars: Array(missing.prefix(2))))
            missing.removeFirst(min(2, missing.count))
        }
        if reuses { settle() }
        bound = Array(old) + kept + added
        journal.note(symbols(of: bound))
        try keyboard.bind(symbols(of: added))
        usedAt = .now
        return length
    }

    private func symbols(of keys: [Key]) -> [UInt8: X11Keyboard.Symbols] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0.code, $0.symbols) })
    }

    /// Takes over what a process that was killed has left on keys, to be used, and taken off at the end.
    private mutating func adopt(_ layout: X11Keyboard.Layout) {
        guard !hasAdopted else { return }
        hasAdopted = true
        for (code, symbols) in journal.leftovers() where layout.symbols[code] == symbols {
            let scalars = [symbols.plain, symbols.shifted].compactMap(X11Keyboard.scalar(for:))
            bound.append(
                Key(code: code, scalars: symbols.plain == symbols.shifted ? Array(scalars.prefix(1)) : scalars))
            usedAt = .now
        }
        if !bound.isEmpty { journal.note(self.symbols(of: bound)) }
    }

    /// Notes that keys have been pressed just now.
    mutating func use() {
        if usedAt != nil { usedAt = .now }
    }

    /// Waits until what was typed with the keys as they are has been handled.
    private func settle() {
        while let usedAt, ContinuousClock.now < usedAt + SpareKeys.patience { usleep(5000) }
    }

    /// Takes our characters off again where they still are.
    mutating func restore() throws(SystemError) {
        guard !bound.isEmpty else { return }
        settle()
        let layout = try keyboard.layout()
        let mine = bound.filter { layout.symbols[$0.code] == $0.symbols }
        bound = []
        try keyboard.bind(Dictionary(uniqueKeysWithValues: mine.map { ($0.code, X11Keyboard.Symbols.none) }))
        journal.note([:])
    }
}
