internal import Glibc
internal import POSIX
internal import Text
internal import TOML

/// A configuration file that has been read and found in order.
package struct ConfigurationFile: Sendable {
    package let path: String
    /// What stands outside of all tables.
    package let general: ConfigurationTable
    /// `[record]` and `[type]`.
    package let programs: ProgramTables
    /// `[profile.NAME]`.
    package let profiles: [String: ConfigurationTable]
    /// `[profile.NAME.record]` and `[profile.NAME.type]`.
    package let programsOfProfiles: [String: ProgramTables]
    /// `[provider.NAME]`.
    package let providers: [String: ConfigurationTable]

    /// Reads a file.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `ConfigurationError`; every key of the file is looked at, not only those that are used.
    package init?(reading path: String) throws(ConfigurationError) {
        // As `ssh -F /dev/null`: no configuration, whatever there is.
        if path == "/dev/null" { return nil }
        guard let text = try ConfigurationFile.contents(of: path) else { return nil }
        try self.init(text, path: path)
    }

    /// Reads the text of a file.
    package init(_ text: [UInt8], path: String) throws(ConfigurationError) {
        let document: TOMLDocument
        do throws(TOMLDocument.SyntaxError) {
            document = try TOMLDocument(text)
        } catch {
            throw ConfigurationError(path, error.line, error.reason.sanitized, hint: "vt.toml(5) has an example")
        }
        self.path = path
        var own: [TOMLDocument.Entry] = []
        var profiles: [String: ConfigurationTable] = [:]
        var ofProfiles: [String: ProgramTables] = [:]
        var providers: [String: ConfigurationTable] = [:]
        for entry in document.entries {
            switch (entry.key, entry.value) {
            case ("profile", .table(let tables)):
                for table in tables {
                    let (members, programs) = try ConfigurationFile.programs(
                        of: ConfigurationFile.members(of: table, in: "profile", path), path)
                    profiles[table.key] = try ConfigurationTable(
                        members, ConfigurationKey.general, path, table.line, tables: ConfigurationFile.programNames)
                    ofProfiles[table.key] = programs
                }
            case ("provider", .table(let tables)):
                for table in tables {
                    providers[table.key] = try ConfigurationTable(
                        ConfigurationFile.members(of: table, in: "provider", path), ConfigurationKey.ofProviders, path,
                        table.line)
                }
            default: own.append(entry)
            }
        }
        let (members, programs) = try ConfigurationFile.programs(of: own, path)
        general = try ConfigurationTable(
            members, ConfigurationKey.general, path, 1,
            tables: ["profile", "provider"] + ConfigurationFile.programNames)
        self.programs = programs
        self.profiles = profiles
        programsOfProfiles = ofProfiles
        self.providers = providers
        for table in [general] + profiles.values { try table.requireKeysOwner() }
    }

    /// The tables of programs, by program.
    package typealias ProgramTables = [ConfigurationProgram: ConfigurationTable]

    private static let programNames = ConfigurationProgram.allCases.map(\.rawValue)

    /// Takes the tables of programs out of the rest.
    private static func programs(
        of entries: [TOMLDocument.Entry], _ path: String
    ) throws(ConfigurationError) -> (rest: [TOMLDocument.Entry], programs: ProgramTables) {
        var rest: [TOMLDocument.Entry] = []
        var programs: ProgramTables = [:]
        for entry in entries {
            guard case .table(let members) = entry.value, let program = ConfigurationProgram(rawValue: entry.key) else {
                rest.append(entry)
                continue
            }
            programs[program] = try ConfigurationTable(members, program.keys, path, entry.line)
        }
        return (rest, programs)
    }

    private static func members(
        of entry: TOMLDocument.Entry, in kind: String, _ path: String
    ) throws(ConfigurationError) -> [TOMLDocument.Entry] {
        guard case .table(let members) = entry.value else {
            throw ConfigurationError(
                path, entry.line, "[\(kind)] holds tables only, and \(entry.key.sanitized) is none",
                hint: "write [\(kind).NAME] above it")
        }
        return members
    }

    /// 1 MiB: more than anybody writes.
    private static let largest = 1 << 20

    private static func contents(of path: String) throws(ConfigurationError) -> [UInt8]? {
        let number = unsafe Glibc.open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        if number < 0 {
            let error = SystemError(code: errno, call: "open")
            if error.code == ENOENT || error.code == ENOTDIR { return nil }
            throw ConfigurationError(path, nil, error.reason)
        }
        let file = Descriptor(owning: number)
        var status = stat()
        unsafe fstat(file.number, &status)
        guard status.st_mode & S_IFMT == S_IFREG else { throw ConfigurationError(path, nil, "is no regular file") }
        // What stands in it is run (key_command), and decides where a voice goes.
        let isSafe = (status.st_uid == geteuid() || status.st_uid == 0) && status.st_mode & S_IWOTH == 0
        guard isSafe else {
            throw ConfigurationError(path, nil, "can be changed by others", hint: "chown it to you, and chmod go-w")
        }
        var text = [UInt8](repeating: 0, count: min(largest + 1, max(1, Int(status.st_size) + 1)))
        var count = 0
        while count < text.count {
            let got: Int
            do {
                got = try unsafe text.withUnsafeMutableBytes { bytes in
                    unsafe try readOnce(file.number, into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
                }
            } catch {
                throw ConfigurationError(path, nil, (error as? SystemError)?.reason ?? "\(error)")
            }
            if got == 0 { break }
            count += got
        }
        guard count <= largest else { throw ConfigurationError(path, nil, "is larger than 1 MiB") }
        return Array(text[..<count])
    }
}
