internal import Glibc

/// What a machine may lack, for `.enabled(if: Tool.isInstalled("xdotool"), "needs xdotool")`.
package enum Tool {
    /// Whether all of these programs are on the machine.
    package static func isInstalled(_ programs: String...) -> Bool {
        programs.allSatisfy { locate($0, in: systemSearchPath) != nil }
    }

    /// The path of a program of the system's; its name where there is none, so that the failure names it.
    package static func path(_ program: String) -> String {
        locate(program, in: systemSearchPath) ?? program
    }

    /// Whether strace may trace here: some containers forbid it.
    package static let canTrace =
        isInstalled("strace") && (try? run("strace", "-o", "/dev/null", "true"))?.status == 0

    /// Where the system keeps its programs.
    package static let systemSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

/// Whether the tests run as root: for mounts, and for programs that must run as somebody else.
package var isRoot: Bool { geteuid() == 0 }

/// Real speech, from the package pocketsphinx-testdata.
package enum Speech {
    package static let directory = "/usr/share/pocketsphinx/test/data"
    package static var isInstalled: Bool { access(goForward, R_OK) == 0 }
    /// "go forward ten meters": headerless s16le, 16 kHz, mono, 2.9 s.
    package static let goForward = "\(directory)/goforward.raw"
}
