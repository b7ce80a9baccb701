import Testing

@testable import Typing

@Suite struct SessionTests {
    @Test(arguments: [
        ([:], Session.none),
        (["DISPLAY": ":0"], .x11),
        (["DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"], .x11),
        // XWayland sets DISPLAY in Wayland sessions.
        (["DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"], .wayland),
        (["DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"], .wayland),
        (["DISPLAY": "", "WAYLAND_DISPLAY": ""], .none),
        (["XDG_SESSION_TYPE": "tty"], .none),
    ])
    func `the environment says what the session is`(environment: [String: String], expected: Session) {
        #expect(Session { environment[$0] } == expected)
    }

    @Test func `xdotool is never chosen under Wayland`() {
        #expect(DriverRow.all.filter { $0.sessions.contains(.wayland) }.allSatisfy { $0.name != "xdotool" })
    }

    @Test func `a missing driver is named with its package`() {
        #expect { try DriverChoice.automatic(for: .none) } throws: { ($0 as? TypingError)?.code == .noDriver }
        #expect { try DriverChoice.named("telepathy") } throws: { ($0 as? TypingError)?.code == .unknownDriver }
    }

    @Test(arguments: [
        (":0", "", 0), (":12.1", "", 12), ("unix:3", "", 3), ("unix/box:3", "", 3), ("localhost:10.0", "localhost", 10),
        ("[::1]:1", "::1", 1),
    ])
    func `display names`(name: String, host: String, display: Int) throws {
        let address = try #require(X11Address(name))
        #expect(address.host == host)
        #expect(address.display == display)
    }

    @Test(arguments: ["", "0", ":", ":x", ":-1", ":99999"])
    func `what is no display name`(name: String) {
        #expect(X11Address(name) == nil)
    }
}
