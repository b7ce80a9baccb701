import Harness
import Plugins
import POSIX
import Testing
@testable import Typing

/// Each rule of vt-plugin(7) for drivers, kept and broken, by shell scripts.
@Suite struct PluginDriverTests {
    let home: TemporaryDirectory
    let notes = Notes()

    final class Notes: Sendable {
        private let list = Monitor<[String]>([])
        func add(_ note: String) { list.note { $0.append(note) } }
        var all: [String] { list.read { $0 } }
    }

    init() throws {
        home = try TemporaryDirectory()
    }

    private func settings(_ cancellation: Cancellation? = nil, delay: Int? = nil) throws -> DriverSettings {
        DriverSettings(
            delay: delay, cancellation: try cancellation ?? Cancellation(), note: { [notes] in notes.add($0) },
            warn: { [notes] in notes.add("warning: \($0)") })
    }

    /// A driver whose `type-v1` is the script; `each` line that it reads has its verb in `$verb` and its text in `$words`.
    private func driver(
        _ script: String = "", each: String? = nil, name: String = "vt-type-x", _ cancellation: Cancellation? = nil,
        delay: Int? = nil
    ) throws -> PluginDriver {
        let body =
            each.map {
                """
                tab=$(printf '\\t')
                while IFS=$tab read -r event words; do
                    verb=${event%% *}
                    case $verb in text|key) ;; *) continue ;; esac
                    \($0)
                done
                """
            } ?? ""
        let path = try writeScript(
            home(name),
            """
            #!/bin/sh
            case $1 in
            describe) echo 'vt-plugin 1' ;;
            type-v1)
            \(script)
            \(body)
            ;;
            *) exit 64 ;;
            esac

            """)
        return PluginDriver(try Plugin.find(host: "vt-type", name: path), try settings(cancellation, delay: delay))
    }

    private func failure(_ driver: any Driver, _ text: String) -> TypingError? {
        do throws(TypingError) {
            try driver.deliver(text)
            return nil
        } catch {
            return error
        }
    }

    private var written: String { (try? text(of: home("out"))) ?? "" }

    @Test func `the frozen sample works as on its first day`() throws {
        let folder = #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        let plugin = try Plugin.find(host: "vt-type", name: folder + "/Fixtures/plugins/v1/vt-type-sample")
        let driver = PluginDriver(plugin, options: [("file", home("out"))], try settings())
        driver.prepare()
        try driver.deliver(" grüße \u{4E2D}\\n  x ")
        try driver.deliver("a\rb\t\u{1B}")
        let refused = failure(driver, "impossible")
        #expect(refused?.code == .refused && refused?.message.hasSuffix("no key has this") == true)
        try driver.deliver("after")
        driver.finish()
        #expect(written == " grüße \u{4E2D}\\n  x a<enter>b<tab><escape>after<end>")
        #expect(notes.all.contains { $0.hasSuffix("ready") })
    }

    @Test func `one process types everything, and is ready before the first word`() throws {
        let driver = try driver("echo start >>'\(home("out"))'", each: "echo \"$words\" >>'\(home("out"))'; echo done")
        driver.prepare()
        try eventually("it has started") { written == "start\n" }
        try driver.deliver("one")
        try driver.deliver("two")
        driver.finish()
        #expect(written == "start\none\ntwo\n")
    }

    @Test func `it gets an unknown verb, an unknown attribute and the delay`() throws {
        let driver = try driver(
            "IFS= read -r first; IFS= read -r line; echo \"$first;$line;$VT_DELAY\" >'\(home("out"))'; echo done; cat >/dev/null",
            delay: 7)
        try driver.deliver("words")
        driver.finish()
        #expect(
            written.wholeMatch(of: /grease-[0-9a-f]+ of=newness\tignore;text grease=1\twords;7\n/) != nil, "\(written)")
    }

    @Test(arguments: [
        ("exit 0", TypingError.Code.driverFailed, "ended without saying"),
        ("printf 'error\\tno display\\n'; exit 69", .noSession, "no display"),
        ("echo 'no socket' >&2; exit 77", .noSession, "no socket"), ("exit 78", .noSession, "status 78"),
        ("exit 75", .driverFailed, "status 75"), ("exit 3", .driverFailed, "status 3"),
        ("kill -9 $$", .driverFailed, "signal 9"),
        ("echo 'done status=many'; exec sleep 5", .driverFailed, "is no status"),
        ("head -c 1100000 /dev/zero | tr '\\0' x; exec sleep 5", .driverFailed, "bytes"),
        ("echo 'it broke' >&2; echo 'done status=75'; cat >/dev/null", .driverFailed, "it broke"),
        ("printf 'error\\tno window\\n'; echo 'done status=69'; cat >/dev/null", .refused, "no window"),
        ("echo 'done status=75'; cat >/dev/null", .driverFailed, "status 75"),
    ]) func `how it fails`(script: String, code: TypingError.Code, message: String) throws {
        let driver = try driver("read -r grease; read -r line; \(script)")
        let error = failure(driver, "words")
        driver.finish()
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    }

    @Test func `after something was typed it is not untouched`() throws {
        let driver = try driver("read -r grease; read -r line; echo done; read -r line; exit 69")
        #expect(failure(driver, "a\rb")?.isUntouched == false)
    }

    @Test func `one that died is started again for the next utterance`() throws {
        let driver = try driver(
            each: "case $words in die) exit 3 ;; esac; echo \"$words\" >>'\(home("out"))'; echo done")
        try driver.deliver("one")
        #expect(failure(driver, "die")?.isLasting == false)
        try driver.deliver("two")
        driver.finish()
        #expect(written == "one\ntwo\n")
    }

    @Test func `one that does not answer is stopped when asked`() throws {
        let cancellation = try Cancellation()
        let driver = try driver("echo $$ >'\(home("out"))'; exec sleep 1000", cancellation)
        driver.prepare()
        try eventually("it runs") { written.hasSuffix("\n") }
        cancellation.cancel()
        #expect(failure(driver, "words")?.code == .cancelled)
        driver.finish()
    }

    @Test func `long text comes in several events`() throws {
        let driver = try driver(each: "printf '%s' \"$words\" >>'\(home("out"))'; echo >>'\(home("count"))'; echo done")
        let long = String(repeating: "grüße ", count: 12_000)
        try driver.deliver(long)
        driver.finish()
        #expect(written == long)
        #expect(try text(of: home("count")).count == 3)
    }

    @Test func `what the user should know although it was typed is a warning`() throws {
        let driver = try driver(each: "printf 'warning\\ton the clipboard\\n'; echo done")
        try driver.deliver("words")
        driver.finish()
        #expect(notes.all.contains { $0.hasPrefix("warning: ") && $0.hasSuffix("on the clipboard") })
    }

    // MARK: Chains

    @Test func `the next driver types what the first cannot`() throws {
        let first = try driver(
            each:
                "case $words in *é*) printf 'error\\tno é\\n'; echo 'done status=69' ;; *) printf '1%s ' \"$words\" >>'\(home("out"))'; echo done ;; esac",
            name: "vt-type-one")
        let second = try driver(each: "printf '2%s ' \"$words\" >>'\(home("out"))'; echo done", name: "vt-type-two")
        let chain = DriverChain([first, second], try settings())
        chain.prepare()
        for word in ["a", "é", "b"] { try chain.deliver(word) }
        chain.finish()
        #expect(written == "1a 2é 1b ")
    }

    @Test func `one that is unavailable is not asked again`() throws {
        let first = try driver("echo >>'\(home("asked"))'; exit 69", name: "vt-type-one")
        let second = try driver(each: "printf '2%s ' \"$words\" >>'\(home("out"))'; echo done", name: "vt-type-two")
        let chain = DriverChain([first, second], try settings())
        for word in ["a", "b", "c"] { try chain.deliver(word) }
        chain.finish()
        #expect(written == "2a 2b 2c ")
        #expect(try text(of: home("asked")) == "\n")
    }

    @Test func `what may have been typed is not typed a second time`() throws {
        let first = try driver("read -r grease; read -r line; exit 3", name: "vt-type-one")
        let second = try driver(each: "echo \"$words\" >>'\(home("out"))'; echo done", name: "vt-type-two")
        let chain = DriverChain([first, second], try settings())
        #expect(failure(chain, "words")?.code == .driverFailed)
        chain.finish()
        #expect(written.isEmpty)
    }

    @Test func `where none can, all are named`() throws {
        let first = try driver("echo 'not here' >&2; exit 69", name: "vt-type-one")
        let second = try driver("echo 'nor here' >&2; exit 69", name: "vt-type-two")
        let error = failure(DriverChain([first, second], try settings()), "words")
        #expect(error?.isLasting == true)
        #expect(error?.message.contains("not here; ") == true && error?.message.contains("nor here") == true)
    }
}
