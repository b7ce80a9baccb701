internal import CTOML

/// A TOML document (https://toml.io, 1.0) by toml++, each value with its line.
///
/// TOMLKit, which wraps the same parser, was measured and left: its use of Foundation adds 15 MB to a program and 1.4 ms to its
/// start, and it keeps no lines for messages.
package struct TOMLDocument: Sendable {
    package indirect enum Value: Sendable {
        case string(String)
        case integer(Int)
        case number(Double)
        case boolean(Bool)
        case array([Entry])
        case table([Entry])
        /// A date or a time: nothing of ours takes one.
        case other
    }

    /// A value and its key.
    package struct Entry: Sendable {
        /// Empty in an array.
        package var key: String
        /// From 1.
        package var line: Int
        package var value: Value
    }

    /// What stands outermost.
    package let entries: [Entry]

    /// Why a text is no document.
    package struct SyntaxError: Error {
        package let reason: String
        /// From 1; 0 if the parser does not say.
        package let line: Int
    }

    /// Reads a document.
    ///
    /// - Parameter text: UTF-8.
    package init(_ text: [UInt8]) throws(SyntaxError) {
        var builder = Builder()
        var reason = [CChar](repeating: 0, count: 400)
        var line: UInt32 = 0
        // Never empty, so that there is an address.
        let isRead = unsafe (text + [0x0A]).withUnsafeBytes { bytes in
            unsafe withUnsafeMutablePointer(to: &builder) { builder in
                unsafe vt_toml_read(
                    bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count, builder,
                    { context, value in
                        guard let context = unsafe context?.assumingMemoryBound(to: Builder.self),
                            let value = unsafe value?.pointee
                        else { return }
                        unsafe context.pointee.add(value)
                    }, &reason, reason.count, &line)
            }
        }
        guard isRead else {
            let bytes = reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            throw SyntaxError(reason: String(decoding: bytes, as: UTF8.self), line: Int(line))
        }
        entries = builder.finished
    }

    /// Puts the walk together again.
    private struct Builder {
        private var open: [(entry: Entry, isTable: Bool)] = []
        private(set) var finished: [Entry] = []

        mutating func add(_ value: vt_toml_value) {
            let key = unsafe Builder.text(value.key, value.key_length)
            func entry(_ content: Value) -> Entry { Entry(key: key, line: Int(unsafe value.line), value: content) }
            switch unsafe value.kind {
            case VT_TOML_TABLE: open.append((entry(.table([])), true))
            case VT_TOML_ARRAY: open.append((entry(.array([])), false))
            case VT_TOML_END:
                if let last = open.popLast() { close(last.entry) }
            case VT_TOML_STRING: close(entry(.string(unsafe Builder.text(value.string, value.string_length))))
            case VT_TOML_INTEGER: close(entry(.integer(Int(unsafe value.integer))))
            case VT_TOML_FLOAT: close(entry(.number(unsafe value.number)))
            case VT_TOML_BOOLEAN: close(entry(.boolean(unsafe value.boolean)))
            default: close(entry(.other))
            }
        }

        private mutating func close(_ entry: Entry) {
            guard var parent = open.popLast() else { return finished.append(entry) }
            switch parent.entry.value {
            case .table(let entries): parent.entry.value = .table(entries + [entry])
            case .array(let entries): parent.entry.value = .array(entries + [entry])
            default: break
            }
            open.append(parent)
        }

        private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
            guard let start = unsafe start else { return "" }
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
            return unsafe String(decoding: bytes, as: UTF8.self)
        }
    }
}
