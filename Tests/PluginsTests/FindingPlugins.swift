import Glibc
import Harness
import Plugins
import Testing

@Suite struct FindingPlugins {
    private let home: TemporaryDirectory
    private let first: String
    private let second: String

    init() throws {
        home = try TemporaryDirectory()
        first = home("first")
        second = home("second")
        mkdir(first, 0o700)
        mkdir(second, 0o700)
    }

    private var search: PluginSearch { PluginSearch(folders: [home("absent"), first, second]) }

    private func find(_ name: String) throws(PluginError) -> Plugin {
        try Plugin.find(host: "vt-transcribe", name: name, in: search)
    }

    private func code(of name: String) -> PluginError.Code? {
        do {
            _ = try find(name)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func theFirstFolderWinsAndTheListingShowsWhatItShadows() throws {
        try writeScript(first + "/vt-transcribe-a", "#!/bin/sh\n")
        try writeScript(second + "/vt-transcribe-a", "#!/bin/sh\n")
        try writeScript(second + "/vt-transcribe-b+1", "#!/bin/sh\ntouch \(home("ran"))\n")
        try writeScript(second + "/vt-transcribe-NotAName", "#!/bin/sh\n")
        try writeScript(second + "/vt-type-a", "#!/bin/sh\n")
        #expect(try find("a").path == first + "/vt-transcribe-a")
        #expect(try find("b+1") == Plugin.find(host: "vt-transcribe", name: "b+1", in: search))
        let listed = Plugin.list(host: "vt-transcribe", in: search)
        #expect(listed.map(\.name) == ["a", "b+1"])
        #expect(listed.map(\.path) == [first + "/vt-transcribe-a", second + "/vt-transcribe-b+1"])
        #expect(listed[0].shadowed == [second + "/vt-transcribe-a"])
        #expect(access(home("ran"), F_OK) != 0)
    }

    @Test(arguments: ["", "A", "-a", ".a", "a b", "ä", "a\n", "a;b"]) func namesThatBreakTheRule(name: String) {
        #expect(code(of: name) == .usage)
    }

    @Test func whatIsNotThereNamesWhereItWasSought() {
        do {
            _ = try find("nothing")
            Issue.record("found")
        } catch {
            #expect(error.code == .notFound)
            #expect(error.message == "there is no vt-transcribe-nothing")
            #expect(error.hint?.contains(second) == true)
        }
    }

    @Test func whatIsNoExecutableFileIsPassedOver() throws {
        mkdir(first + "/vt-transcribe-a", 0o755)
        try write("#!/bin/sh\n".utf8, to: first + "/vt-transcribe-b")
        #expect(code(of: "a") == .notFound)
        #expect(code(of: "b") == .notFound)
        try writeScript(second + "/vt-transcribe-b", "#!/bin/sh\n")
        #expect(try find("b").path == second + "/vt-transcribe-b")
    }

    /// Whoever may write to a folder above it can put another one in its place; not in a sticky one, as /tmp is.
    @Test(arguments: [(0o777, false), (0o757, false), (0o1777, true), (0o755, true)])
    func foldersAboveItCountToo(mode: Int, isGood: Bool) throws {
        let folder = first + "/above/deep/plugins"
        try makeDirectories(folder)
        try writeScript(folder + "/vt-transcribe-a", "#!/bin/sh\n")
        chmod(first + "/above", mode_t(mode))
        let search = PluginSearch(folders: [folder])
        do {
            _ = try Plugin.find(host: "vt-transcribe", name: "a", in: search)
            #expect(isGood)
        } catch {
            #expect(!isGood && error.code == .unsafe)
            #expect(error.message.contains(first + "/above"), "\(error)")
        }
        #expect((Plugin.list(host: "vt-transcribe", in: search).first?.problem == nil) == isGood)
    }

    @Test(arguments: [0o757, 0o777]) func aFileThatOthersMayWriteIsRefusedByName(mode: Int) throws {
        let path = try writeScript(first + "/vt-transcribe-a", "#!/bin/sh\n")
        try writeScript(second + "/vt-transcribe-a", "#!/bin/sh\n")
        chmod(path, mode_t(mode))
        do {
            _ = try find("a")
            Issue.record("found")
        } catch {
            #expect(error.code == .unsafe)
            #expect(error.message.hasPrefix("\(path) may be written by others"))
        }
        #expect(Plugin.list(host: "vt-transcribe", in: search).first?.problem?.contains(path) == true)
    }

    @Test func aFolderThatOthersMayWriteIsRefusedByName() throws {
        try writeScript(first + "/vt-transcribe-a", "#!/bin/sh\n")
        chmod(first, 0o1777)
        do {
            _ = try find("a")
            Issue.record("found")
        } catch {
            #expect(error.code == .unsafe)
            #expect(error.message.hasPrefix("\(first) may be written by others"))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func othersFilesAndGroupsAreRefused() throws {
        let path = try writeScript(first + "/vt-transcribe-a", "#!/bin/sh\n")
        chown(path, 65534, 0)
        #expect(code(of: "a") == .unsafe)
        chown(path, 0, 65534)
        #expect(code(of: "a") == nil)
        chmod(path, 0o775)
        #expect(code(of: "a") == .unsafe)
        // Root's own group is nobody else.
        chown(path, 0, 0)
        #expect(code(of: "a") == nil)
    }

    @Test func aLinkIntoAFolderOfOthersIsRefused() throws {
        let path = try writeScript(second + "/real", "#!/bin/sh\n")
        symlink(path, first + "/vt-transcribe-a")
        #expect(try find("a").path == first + "/vt-transcribe-a")
        chmod(second, 0o777)
        #expect(code(of: "a") == .unsafe)
    }

    @Test func aPathIsTakenAsItIs() throws {
        let path = try writeScript(first + "/Any Name", "#!/bin/sh\n")
        #expect(try find(path).path == path)
        #expect(code(of: first + "/none") == .notFound)
        chmod(path, 0o644)
        #expect(code(of: path) == .notFound)
        chmod(path, 0o757)
        #expect(code(of: path) == .unsafe)
    }

    @Test func theOrderOfTheFolders() {
        func folders(_ variables: [String: String], program: String? = "/opt/vt/bin/vt-transcribe") -> [String] {
            PluginSearch(program: program) { variables[$0] }.folders
        }
        let bundled = ["/opt/vt/bin", "/opt/vt/libexec/vt"]
        #expect(
            folders(["HOME": "/h", "PATH": "/a:/b/"]) == bundled + ["/h/.local/share/vt/plugins", "/a", "/b"])
        #expect(
            folders(["HOME": "/h", "XDG_DATA_HOME": "/d", "PATH": ":.:rel:/a::/a"]) == bundled + [
                "/d/vt/plugins", "/a",
            ])
        #expect(folders(["HOME": "/h", "XDG_DATA_HOME": "rel"]) == bundled + ["/h/.local/share/vt/plugins"])
        #expect(folders(["HOME": "/h", "PATH": "/a", "VT_PLUGIN_PATH": "/p:rel:/q"]) == bundled + ["/p", "/q"])
        #expect(folders(["HOME": "/h", "PATH": "/a", "VT_PLUGIN_PATH": ""]) == bundled)
        #expect(folders(["PATH": "/a:/opt/vt/bin"], program: "/vt") == ["/", "/a", "/opt/vt/bin"])
        #expect(folders([:], program: nil) == [])
    }

    @Test func theRunningProgramsOwnFolderComesFirst() throws {
        let own = try #require(PluginSearch.standard.folders.first)
        #expect(own.hasPrefix("/"))
        #expect(access(own, X_OK) == 0)
    }
}
