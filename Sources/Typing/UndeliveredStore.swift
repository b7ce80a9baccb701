internal import Glibc
package import POSIX
internal import Text

/// `$XDG_STATE_HOME/vt/undelivered`: what was said and is not known to have arrived.
///
/// An entry is written before its text is delivered and removed afterwards, so that it is there whatever ends the program.
/// The file consists of event lines (vt-events(5)), `final time=… id=…` and the text, so that `vt-type --events` can type it. Where
/// that place can't be had, or is full, a folder of the user's in the temporary one is the second (`PersonalFolder`).
package final class UndeliveredStore {
    private struct Place {
        var file: UndeliveredFile
        var isTemporary: Bool
    }

    private let places: [Place]
    private let home: String?
    private let environment: (String) -> String?
    private var count = 0

    /// What was written, to be removed again.
    package struct Entry: Sendable {
        fileprivate var file: UndeliveredFile
        fileprivate var attributes: [EventLine.Attribute]
        fileprivate var entry: UndeliveredFile.Entry

        /// The path of its file.
        package var path: String { file.path }
    }

    /// - Parameter environment: looks up a variable.
    package init(environment: @escaping (String) -> String?) {
        func absolute(_ name: String) -> String? { environment(name).flatMap { $0.first == "/" ? $0 : nil } }
        func place(_ folder: String, isTemporary: Bool) -> Place {
            Place(file: UndeliveredFile(path: folder + "/undelivered"), isTemporary: isTemporary)
        }
        home = absolute("HOME")
        self.environment = environment
        let state = absolute("XDG_STATE_HOME") ?? absolute("HOME").map { $0 + "/.local/state" }
        places =
            (state.map { [place($0 + "/vt", isTemporary: false)] } ?? [])
            + [place(PersonalFolder.temporaryPath(environment), isTemporary: true)]
    }

    package convenience init() {
        self.init { name in getenv(name).map { String(cString: $0) } }
    }

    /// Appends text. It survives the end of this process; of the machine only after `sync`.
    ///
    /// - Throws: `SystemError` of the first place where none can be had.
    package func add(_ text: String) throws(SystemError) -> Entry {
        count += 1
        let attributes = [
            EventLine.Attribute("time", utcTime()), EventLine.Attribute("id", "\(getpid()).\(count)"),
        ]
        var failure: SystemError?
        for place in places {
            do throws(SystemError) {
                try makeFolder(of: place)
                let entry = try place.file.add(UndeliveredStore.line(attributes, text))
                return Entry(file: place.file, attributes: attributes, entry: entry)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? SystemError(code: ENOENT, call: "open", subject: "undelivered")
    }

    /// Leaves of an entry what is still to be delivered.
    ///
    /// - Parameter rest: the end of its text.
    /// - Returns: the entry as it is now; nil where somebody else has removed it.
    package func replace(_ entry: Entry, with rest: String) throws(SystemError) -> Entry? {
        let line = UndeliveredStore.line(entry.attributes, rest)
        return try entry.file.replace(entry.entry, with: line).map {
            Entry(file: entry.file, attributes: entry.attributes, entry: $0)
        }
    }

    /// Removes an entry; does nothing where somebody else has.
    package func remove(_ entry: Entry) throws(SystemError) {
        _ = try entry.file.replace(entry.entry, with: [])
    }

    /// Waits until what is left is on the disk.
    package func sync() throws(SystemError) {
        for place in places where access(place.file.path, F_OK) == 0 { try place.file.sync() }
    }

    /// The path of the file that a descriptor is, where it is one of ours.
    package func path(of descriptor: CInt) -> String? {
        places.first { $0.file.isOpen(as: descriptor) }?.file.path
    }

    private func makeFolder(of place: Place) throws(SystemError) {
        if place.isTemporary {
            _ = try PersonalFolder.makeTemporary(environment)
        } else {
            try makePrivateFolder(String(place.file.path.dropLast("/undelivered".count)), home: home)
        }
    }

    private static func line(_ attributes: [EventLine.Attribute], _ text: String) -> [UInt8] {
        Array(EventLine("final", attributes, text: text).line.utf8)
    }
}

/// The time as RFC 3339 has it, in UTC: `2026-11-22T18:41:33Z`.
func utcTime(_ seconds: time_t = time(nil)) -> String {
    var seconds = seconds
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T"
        + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
}
