import Glibc
import Harness
import Testing

/// The drivers ydotool and dotool, over stand-ins that write down what reaches them: no machine for tests lets a test press keys in its
/// kernel, and Debian has no dotool.
@Suite struct TypeThroughTheKernel {
    let home: Home

    init() throws {
        home = try Home()
        try makeDirectories(home.directory("stubs"))
    }

    private var log: String { (try? text(of: home.directory("log"))) ?? "" }

    private func stub(_ name: String, _ script: String) throws {
        try writeScript(
            "\(home.directory("stubs"))/\(name)", "#!/bin/sh\nexec 9>>'\(home.directory("log"))'\n\(script)\n")
    }

    private func type(_ arguments: [String], _ input: String, _ environment: [String: String?] = [:]) throws -> Result {
        let path = "\(home.directory("stubs")):\(home.environment["PATH"] ?? "")"
        return try run(
            Command("vt-type", arguments, environment: environment.merging(["PATH": path]) { $1 }),
            input: .text(input), home: home)
    }

    /// A socket as ydotoold has one.
    private func socket() throws -> String {
        let path = home.directory("ydotool.socket")
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(number)
        guard bound == 0 else { throw HarnessError("cannot bind \(path)") }
        return path
    }

    private var american: [String: String?] { ["XKB_DEFAULT_LAYOUT": "us"] }

    @Test func `ydotool gets the text on its standard input`() throws {
        try stub("ydotool", "echo \"($*)\" >&9; cat >&9")
        let environment = american.merging(["YDOTOOL_SOCKET": try socket()]) { $1 }
        let result = try type(
            ["--driver", "ydotool", "--keys", "enter", "--delay", "5ms"], "it's \"$HOME\" \\n\n", environment)
        #expect(result.status == 0, "\(result)")
        #expect(log == "(type --key-delay 5 --file -)\nit's \"$HOME\" \\n(type --key-delay 5 --file -)\n\n")
    }

    @Test func `what ydotool would garble is refused, and the next driver gets it`() throws {
        try stub("ydotool", "cat >&9")
        try home.addPlugin(
            "vt-type-other",
            """
            #!/bin/sh
            [ "$1" = type-v1 ] || { echo 'vt-plugin 1'; exit; }
            while IFS="$(printf '\\t')" read -r event words; do
                case $event in text*) printf '<%s>' "$words" >>'\(home.directory("log"))'; echo done ;; esac
            done

            """)
        let environment = american.merging(["YDOTOOL_SOCKET": try socket()]) { $1 }
        let chained = try type(["--driver", "ydotool,other"], "plain\ngrüße\nplain\n", environment)
        #expect(chained.status == 0, "\(chained)")
        #expect(log == "plain< grüße> plain")
        let alone = try type(["--driver", "ydotool"], "grüße\n", environment)
        #expect(alone.status == 69 && alone.errors.contains("cannot type 'ü"), "\(alone)")
        let german = try type(
            ["--driver", "ydotool"], "zebra\n", environment.merging(["XKB_DEFAULT_LAYOUT": "de"]) { $1 })
        #expect(german.status == 69 && german.errors.contains("the layout here is de"), "\(german)")
        let told = try type(
            ["--driver", "ydotool", "--option", "layout=us"], "zebra\n",
            environment.merging(["XKB_DEFAULT_LAYOUT": "de"]) { $1 })
        #expect(told.status == 0, "\(told)")
    }

    @Test(.enabled(if: access("/dev/uinput", F_OK) != 0, "this machine has /dev/uinput"))
    func `without uinput and ydotoold it says so`() throws {
        try stub("ydotool", "cat >&9")
        let result = try type(["--driver", "ydotool"], "words\n", american.merging(["XDG_RUNTIME_DIR": nil]) { $1 })
        #expect(result.status == 69 && result.errors.contains("there is no /dev/uinput"), "\(result)")
        #expect(try text(of: home.state + "/undelivered").hasSuffix("\twords\n"))
    }

    @Test func `a ydotool that fails keeps the words`() throws {
        try stub("ydotool", "echo 'failed to open uinput device' >&2; exit 134")
        let result = try type(
            ["--driver", "ydotool"], "words\n", american.merging(["YDOTOOL_SOCKET": try socket()]) { $1 })
        #expect(result.status == 69 && result.errors.contains("failed to open uinput device"), "\(result)")
        #expect(try text(of: home.state + "/undelivered").hasSuffix("\twords\n"))
    }

    @Test func `dotool gets one command for each event, and waits with its keyboard plugged in`() throws {
        try stub("dotool", "echo \"plugged $DOTOOL_XKB_LAYOUT\" >&9; cat >&9")
        let result = try type(
            ["--driver", "dotool", "--option", "layout=de", "--keys", "enter,escape", "--delay", "5ms"],
            "type \"$HOME\" é\n\u{1B}\n")
        #expect(result.status == 0, "\(result)")
        let expected = """
            plugged de
            typedelay 5
            type type "$HOME" é
            plugged de
            typedelay 5
            key enter
            plugged de
            typedelay 5
            key esc
            plugged de
            typedelay 5
            key enter
            plugged de
            typedelay 5

            """
        #expect(log == expected)
    }

    @Test func `what dotool leaves out is no success`() throws {
        try stub("dotool", "grep -q 中 && echo 'dotool: WARNING: impossible character for layout: 中' >&2; exit 0")
        let result = try type(["--driver", "dotool", "--option", "layout=de"], "grüße\n中\n")
        #expect(result.status == 69 && result.errors.contains("impossible character for layout: 中"), "\(result)")
        #expect(try text(of: home.state + "/undelivered").split(separator: "\n").count == 1)
        let american = try type(["--driver", "dotool", "--option", "layout=us"], "grüße\n")
        #expect(american.status == 69 && american.errors.contains("the American layout has no 'ü"), "\(american)")
    }

    @Test func `a dotool without uinput is named`() throws {
        try stub(
            "dotool", "echo 'dotool: could not open device file /dev/uinput: no such file or directory' >&2; exit 1")
        let result = try type(["--driver", "dotool", "--option", "layout=us"], "words\n")
        #expect(result.status == 69 && result.errors.contains("sudo modprobe uinput"), "\(result)")
        #expect(try text(of: home.state + "/undelivered").hasSuffix("\twords\n"))
    }
}
