import Glibc
import Harness
import POSIX
import Testing

/// A folder takes the place of another.
@Suite struct Folders {
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory("vt-folders")
        for name in ["old", "new"] {
            try makeDirectories(folder(name))
            try write(name.utf8, to: folder("\(name)/file"))
        }
    }

    @Test func whereNothingWas() throws {
        #expect(try replaceFolder(at: folder("place"), with: folder("new")) == nil)
        #expect(entries(of: folder.path) == ["old", "place"])
        #expect(try text(of: folder("place/file")) == "new")
    }

    @Test func whereAnotherWas() throws {
        let left = try replaceFolder(at: folder("old"), with: folder("new"))
        #expect(try text(of: folder("old/file")) == "new")
        #expect(try left.map { try text(of: $0 + "/file") } == "old")
    }

    @Test func whereItCannotBe() throws {
        #expect(throws: SystemError.self) { try replaceFolder(at: folder("none/place"), with: folder("new")) }
        #expect(throws: SystemError.self) { try replaceFolder(at: folder("old"), with: folder("none")) }
        #expect(try text(of: folder("old/file")) == "old" && text(of: folder("new/file")) == "new")
    }
}
