/// Why a model could not be listed, installed, checked or removed.
package struct InstallingError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// A request that makes no sense: a name that nobody knows, an address of another kind.
        case usage
        /// A catalogue cannot be read.
        case catalogue
        /// There is no such file.
        case noInput
        /// What came, or what is installed, is not what was announced.
        case wrongContent
        /// What came is no model.
        case notAModel
        /// Nobody answers there, or not from here.
        case unreachable
        /// What answers is a web page: a network that wants a login first.
        case webPage
        /// The publisher has it no more, or what does the work is not there.
        case unavailable
        /// The publisher wants somebody who is known to him.
        case refused
        /// The publisher is busy, or fails at present.
        case tryLater
        /// There is no place for it: no home, no permission, no room.
        case noPlace
        /// Reading or writing failed.
        case inputOutput
        /// Somebody asked for it to stop.
        case cancelled
        /// A program that was called has failed with this status of vt(7).
        case failed(status: CInt)
    }

    package var code: Code
    /// Lower case, naming the thing.
    package var message: String
    /// What to do about it, if there is something.
    package var hint: String?

    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}
