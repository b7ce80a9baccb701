import Glibc
import Harness
import POSIX
import Testing

@Suite struct OutputFiles {
    func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    @Test func aNewFileAppearsWhenItIsComplete() throws {
        let directory = try TemporaryDirectory()
        var file = try OutputFile(directory("a"))
        try writeAll(file.descriptor, "hello")
        #expect(entries(of: directory.path).allSatisfy { $0.hasPrefix("a.") && $0.hasSuffix(".part") })
        try file.commit()
        #expect(entries(of: directory.path) == ["a"])
        #expect(try text(of: directory("a")) == "hello")
        // Once is enough.
        try file.commit()
        _ = consume file
        #expect(try text(of: directory("a")) == "hello")
    }

    @Test func aNewFileHasTheModeThatTheUmaskLeaves() throws {
        let directory = try TemporaryDirectory()
        // The umask of this process, without changing it: what open gives.
        close(open(directory("plain"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o666))
        var file = try OutputFile(directory("a"))
        try file.commit()
        #expect(mode(directory("a")) == mode(directory("plain")))
    }

    @Test(arguments: [0o600, 0o640, 0o666, 0o755] as [mode_t])
    func anExistingFileKeepsItsModeAndItsBytesUntilTheEnd(mode wanted: mode_t) throws {
        let directory = try TemporaryDirectory()
        try write("old".utf8, to: directory("a"))
        chmod(directory("a"), wanted)
        var file = try OutputFile(directory("a"))
        #expect(mode(file.temporaryPath ?? "") == wanted)
        try writeAll(file.descriptor, "new")
        #expect(try text(of: directory("a")) == "old")
        try file.commit()
        #expect(try text(of: directory("a")) == "new")
        #expect(mode(directory("a")) == wanted)
    }

    @Test func anAbandonedFileLeavesNothing() throws {
        let directory = try TemporaryDirectory()
        try write("old".utf8, to: directory("a"))
        do {
            let file = try OutputFile(directory("a"))
            try writeAll(file.descriptor, "half")
        }
        #expect(entries(of: directory.path) == ["a"])
        #expect(try text(of: directory("a")) == "old")
    }

    @Test func anAbandonedRecordingIsKept() throws {
        let directory = try TemporaryDirectory()
        do {
            let file = try OutputFile(directory("a"), whenAbandoned: .kept)
            try writeAll(file.descriptor, "half")
        }
        #expect(entries(of: directory.path) == ["a"])
        #expect(try text(of: directory("a")) == "half")
    }

    @Test(arguments: [("relative", "sub/real"), ("dangling", "sub/new"), ("chain", "relative")])
    func linksStayAndWhatTheyPointToIsReplaced(link: String, target: String) throws {
        let directory = try TemporaryDirectory()
        mkdir(directory("sub"), 0o700)
        try write("old".utf8, to: directory("sub/real"))
        symlink("sub/real", directory("relative"))
        if link != "relative" { symlink(target, directory(link)) }
        let real = link == "dangling" ? directory("sub/new") : directory("sub/real")
        var file = try OutputFile(directory(link))
        try writeAll(file.descriptor, "new")
        // The temporary file lies where the real one does: a rename does not cross file systems.
        #expect(file.temporaryPath?.hasPrefix(directory("sub/")) == true)
        try file.commit()
        #expect(isLink(directory(link)))
        #expect(try text(of: real) == "new")
    }

    @Test func anAbsoluteLinkAndOneToItself() throws {
        let directory = try TemporaryDirectory()
        symlink(directory("real"), directory("link"))
        var file = try OutputFile(directory("link"))
        try file.commit()
        #expect(entries(of: directory.path) == ["link", "real"])
        symlink("loop", directory("loop"))
        let error = #expect(throws: OutputError.self) { _ = try OutputFile(directory("loop")) }
        #expect(error?.underlying.code == ELOOP)
    }

    @Test func aFIFOIsOpenedInPlace() throws {
        let directory = try TemporaryDirectory()
        try #require(mkfifo(directory("fifo"), 0o600) == 0)
        let reader = try start(Command("cat", [directory("fifo")]))
        var file = try OutputFile(directory("fifo"))
        #expect(file.temporaryPath == nil)
        try writeAll(file.descriptor, "through")
        try file.commit()
        #expect(try reader.finish().text == "through")
        #expect(entries(of: directory.path) == ["fifo"])
    }

    @Test func aFullDeviceFailsToWriteNotToCreate() throws {
        let file = try OutputFile("/dev/full")
        let error = #expect(throws: SystemError.self) { try writeAll(file.descriptor, "x", name: "/dev/full") }
        #expect(error?.code == ENOSPC)
        #expect(access("/dev/full", F_OK) == 0)
    }

    @Test func anOpenFileIsWrittenInPlace() throws {
        let directory = try TemporaryDirectory()
        let standardOutput = try Descriptor.open(directory("out"), O_RDWR | O_CREAT)
        for name in ["/dev/fd", "/proc/self/fd"] {
            var file = try OutputFile("\(name)/\(standardOutput.number)")
            #expect(file.temporaryPath == nil)
            try writeAll(file.descriptor, name)
            try file.commit()
            #expect(try text(of: directory("out")) == name)
        }
        #expect(entries(of: directory.path) == ["out"])
    }

    @Test(arguments: [
        ("missing/a", ENOENT), ("file/a", ENOTDIR), ("folder", EISDIR), ("folder/", EISDIR), ("new/", EISDIR),
        ("", ENOENT), ("/proc/version/x", ENOTDIR),
    ])
    func whatCannotBeCreated(name: String, code: CInt) throws {
        let directory = try TemporaryDirectory()
        mkdir(directory("folder"), 0o700)
        try write([], to: directory("file"))
        let path = name.isEmpty || name.hasPrefix("/") ? name : directory(name)
        let error = #expect(throws: OutputError.self) { _ = try OutputFile(path) }
        #expect(error?.code == .cannotCreate)
        #expect(error?.underlying.code == code)
        // The user never heard of a temporary file.
        #expect(error?.underlying.subject == path)
        #expect(entries(of: directory.path) == ["file", "folder"])
    }

    @Test(.enabled(if: isRoot, "mounts, which root may"))
    func aReadOnlyFileSystem() throws {
        let directory = try TemporaryDirectory()
        guard mount("tmpfs", directory.path, "tmpfs", UInt(MS_RDONLY), nil) == 0 else {
            try Test.cancel("cannot mount: \(String(cString: strerror(errno)))")
        }
        defer { umount2(directory.path, CInt(MNT_DETACH)) }
        let error = #expect(throws: OutputError.self) { _ = try OutputFile(directory("a")) }
        #expect(error?.code == .cannotCreate)
        #expect(error?.underlying.code == EROFS)
    }

    @Test(.enabled(if: isRoot, "becomes another user, which root may"))
    func aWritableFileInAFolderThatIsNot() throws {
        let directory = try TemporaryDirectory()
        try write("old, and longer".utf8, to: directory("a"))
        chmod(directory.path, 0o755)
        chown(directory("a"), 65534, 65534)
        // The file system's idea of the user is one of this thread alone.
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setfsuid = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> CInt).self)
        _ = setfsuid(65534)
        defer { _ = setfsuid(0) }
        var file = try OutputFile(directory("a"))
        #expect(file.temporaryPath == nil)
        try writeAll(file.descriptor, "new")
        try file.commit()
        #expect(try text(of: directory("a")) == "new")
        let error = #expect(throws: OutputError.self) { _ = try OutputFile(directory("b")) }
        #expect(error?.underlying.code == EACCES)
    }

    @Test func aFolderThatVanishesIsAFailureToWrite() throws {
        let directory = try TemporaryDirectory()
        mkdir(directory("folder"), 0o700)
        var file = try OutputFile(directory("folder/a"))
        unlink(file.temporaryPath ?? "")
        rmdir(directory("folder"))
        var failure: OutputError?
        do throws(OutputError) { try file.commit() } catch { failure = error }
        #expect(failure?.code == .writeFailed)
        #expect(failure?.underlying.code == ENOENT)
        #expect(failure?.leftAt == file.temporaryPath)
    }

    @Test func theLongestNameStillHasATemporaryOne() throws {
        let directory = try TemporaryDirectory()
        let name = String(repeating: "ü", count: 127)
        var file = try OutputFile(directory(name))
        try file.commit()
        #expect(entries(of: directory.path) == [name])
    }

    @Test func twoAtOnceDoNotMeet() throws {
        let directory = try TemporaryDirectory()
        var first = try OutputFile(directory("a"))
        var second = try OutputFile(directory("a"))
        #expect(first.temporaryPath != second.temporaryPath)
        try writeAll(first.descriptor, "first")
        try writeAll(second.descriptor, "second")
        try second.commit()
        try first.commit()
        #expect(try text(of: directory("a")) == "first")
        #expect(entries(of: directory.path) == ["a"])
    }
}
