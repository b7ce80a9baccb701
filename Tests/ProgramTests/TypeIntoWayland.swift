import Harness
import Testing

@Suite(.enabled(if: WaylandSession.isInstalled, "needs sway, foot and wtype"), .serialized)
struct TypeIntoWayland {
    let session: WaylandSession

    init() throws {
        session = try WaylandSession()
    }

    private func type(_ text: String) throws {
        let result = try run(
            Command("vt-type", environment: session.environment), input: .text(text), home: session.home)
        #expect(result.status == 0, "\(result)")
    }

    @Test func `the first character of every run arrives`() throws {
        // wtype by itself loses it in most runs here: foot learns only then that there is a keyboard.
        var expected = ""
        for number in 0..<20 {
            try type("hello wörld \(number);")
            expected += "hello wörld \(number);"
            try session.waitFor(expected)
        }
    }

    @Test func `every character`() throws {
        let text = TypeIntoX11.everything.joined(separator: " ")
        try type(text)
        try session.waitFor(text)
    }

    @Test func `a modifier that another keyboard holds is not combined`() throws {
        let holder = try start(
            Command("wtype", ["-M", "ctrl", "-s", "20000"], environment: session.environment), home: session.home)
        defer { holder.kill() }
        try type("abc")
        try session.waitFor("abc")
    }

    @Test func `xdotool is not used where DISPLAY is set too`() throws {
        let environment = session.environment.merging(["DISPLAY": ":0"]) { $1 }
        let result = try run(Command("vt-type", ["--list-drivers"], environment: environment), home: session.home)
        let marked = result.text.split(separator: "\n").filter { $0.contains("(default here)") }
        #expect(marked.count == 1 && marked.first?.hasPrefix("virtual-keyboard\t") == true, "\(result)")
    }
}
