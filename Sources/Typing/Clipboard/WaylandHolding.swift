internal import Glibc
internal import POSIX

/// Keeps what the clipboard of a Wayland session held, in a process of its own, until somebody else takes it.
package enum WaylandHolding {
    /// The contents as bytes, for the holding process's standard input: for each selection its number, the number of its formats, and
    /// for each of these name and data, both with their lengths.
    static func encode(_ selections: [WaylandSelection: [WaylandSelections.Item]]) -> [UInt8] {
        var result: [UInt8] = []
        for (selection, items) in selections {
            result += bytes(UInt32(selection.rawValue)) + bytes(UInt32(items.count))
            for item in items {
                result += bytes(UInt32(item.type.utf8.count)) + item.type.utf8
                result += bytes(UInt32(item.data.count)) + item.data
            }
        }
        return result
    }

    static func decode(_ data: [UInt8]) -> [WaylandSelection: [WaylandSelections.Item]]? {
        var rest = data[...]
        func number() -> UInt32? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return uint32(Array(rest.prefix(4)), 0)
        }
        func counted() -> [UInt8]? {
            guard let count = number(), rest.count >= Int(count) else { return nil }
            defer { rest = rest.dropFirst(Int(count)) }
            return Array(rest.prefix(Int(count)))
        }
        var result: [WaylandSelection: [WaylandSelections.Item]] = [:]
        while !rest.isEmpty {
            guard let raw = number(), let selection = WaylandSelection(rawValue: UInt8(truncatingIfNeeded: raw)),
                let count = number()
            else { return nil }
            var items: [WaylandSelections.Item] = []
            for _ in 0..<count {
                guard let type = counted(), let data = counted() else { return nil }
                items.append(.init(type: String(decoding: type, as: UTF8.self), data: data))
            }
            result[selection] = items
        }
        return result
    }

    /// Takes the selections and serves them until others have taken all of them, or the compositor is gone.
    ///
    /// - Parameter data: as `encode` makes it.
    package static func run(_ data: [UInt8]) throws(TypingError) {
        guard let contents = decode(data) else { throw TypingError(.driverFailed, "that is nothing to hold") }
        do throws(SystemError) {
            let selections = try WaylandSelections()
            guard selections.isAvailable else { return }
            for (selection, items) in contents { try selections.own(selection, items) }
            while contents.keys.contains(where: { selections.owns($0) }) {
                _ = try selections.serve(until: .now + .seconds(3600))
            }
        } catch {
            // The compositor went, and with it everything that could be asked for.
        }
    }
}
