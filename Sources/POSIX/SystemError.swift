internal import Glibc

/// A system call that failed: its name, what it was done to, and errno.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of errno.
    package let code: CInt
    /// The call, for example `open`.
    package let call: String
    /// What the call was made on, usually a path; nil where nothing has a name.
    package let subject: String?

    package init(code: CInt, call: String, subject: String? = nil) {
        self.code = code
        self.call = call
        self.subject = subject
    }

    /// The system's own words for the error, for example "No space left on device".
    package var reason: String {
        unsafe String(cString: strerror(code))
    }

    package var description: String {
        if let subject { "\(subject): \(reason) (\(call))" } else { "\(reason) (\(call))" }
    }
}

/// Runs a system call again for as long as a signal interrupts it.
///
/// - Parameters:
///   - call: the call's name, for the error.
///   - subject: what it is made on, for the error.
///   - body: makes the call once; negative means failure, with errno set.
/// - Returns: what the call returned, never negative.
/// - Throws: `SystemError` with the call's errno; never EINTR.
@discardableResult
package func retrying<Result: SignedInteger>(
    _ call: String, on subject: @autoclosure () -> String? = nil, _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(code: code, call: call, subject: subject()) }
    }
}
