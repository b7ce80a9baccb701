internal import Glibc

/// What kind of desktop the program runs in, read from the environment.
package enum Session: Equatable, Sendable {
    case x11
    case wayland
    case none

    /// - Parameter environment: looks up a variable; nil where it is unset.
    ///
    /// Under Wayland DISPLAY is usually set as well, for XWayland, where keys sent to X reach only X programs: Wayland comes first.
    package init(environment: (String) -> String?) {
        func isSet(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }
        if isSet("WAYLAND_DISPLAY") || isSet("WAYLAND_SOCKET") {
            self = .wayland
        } else if environment("XDG_SESSION_TYPE") == "wayland" {
            self = .wayland
        } else if isSet("DISPLAY") {
            self = .x11
        } else {
            self = .none
        }
    }

    package static var current: Session {
        Session { name in getenv(name).map { String(cString: $0) } }
    }
}

/// Where a program is found on PATH; nil where it isn't. Empty and relative entries are skipped.
package func findProgram(_ name: String, path: String? = getenv("PATH").map { String(cString: $0) }) -> String? {
    for folder in (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") where folder.first == "/" {
        let file = "\(folder)/\(name)"
        var status = stat()
        if stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(file, X_OK) == 0 { return file }
    }
    return nil
}
