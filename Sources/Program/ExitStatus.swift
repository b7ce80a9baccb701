/// What a program's exit status says, the same for all of ours (vt(7)); sysexits where one fits.
package enum ExitStatus: CInt, Sendable {
    case done = 0
    /// It worked, and there was no speech; as grep without a match.
    case noSpeech = 1
    /// A batch in which some inputs failed, or all failed in different ways.
    case someFailed = 2
    case usage = 64
    /// The audio can't be decoded.
    case badAudio = 65
    case noInput = 66
    /// An engine, a service, a device or a window is not to be had.
    case unavailable = 69
    /// An error that nobody mapped.
    case internalError = 70
    case cannotCreate = 73
    /// A read or a write failed.
    case inputOutput = 74
    case tryLater = 75
    /// A plugin broke the protocol.
    case protocolError = 76
    /// Credentials are missing or refused, or there is no credit.
    case noPermission = 77
    case configuration = 78
}

/// Why a program ends: a status, and the message that says it on stderr.
package struct Failure: Error, Sendable {
    package var status: ExitStatus
    /// Lower case, naming the thing; without the program's name.
    package var message: String
    /// What to do, without `hint:`.
    package var hint: String?

    package init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }
}
