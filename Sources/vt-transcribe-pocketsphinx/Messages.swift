import CPocketSphinx
import Glibc
import POSIX
import Program

/// What PocketSphinx says about itself: kept off stderr, but for VT_LOG=debug; its last error is for our own messages.
enum Messages {
    private static let errors = Monitor<(first: [String], last: String?, count: Int)>(([], nil, 0))
    /// How many errors one message names; a bad dictionary has one for each line.
    private static let named = 5

    /// The last error, without its place in PocketSphinx's source.
    static var lastError: String? { errors.note { $0.last } }

    /// All errors so far in one line, or as many as can be read; nil where there were none.
    static var complaints: String? {
        errors.note { errors in
            guard errors.count > 0 else { return nil }
            let rest = errors.count - errors.first.count
            return errors.first.joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
        }
    }

    /// Takes the library's messages over. Call it before anything else of the library.
    static func capture() {
        unsafe vt_ps_set_message_handler { level, text in
            guard let text = unsafe text else { return }
            Messages.take(level: level, text: unsafe String(cString: text))
        }
    }

    private static func take(level: CInt, text: String) {
        let message = withoutPlace(text)
        guard !message.isEmpty else { return }
        if level == CInt(ERR_ERROR.rawValue) {
            errors.note { errors in
                errors.last = message
                errors.count += 1
                if errors.count <= named { errors.first.append(message) }
            }
            // An error need not stop the work (a word that the dictionary lacks); what stops it is reported.
            Log.info(message)
        } else if level == CInt(ERR_FATAL.rawValue) {
            // The library would exit with 1, which says something else in our table.
            Log.error("PocketSphinx: \(message)", hint: "are the model's files complete and of one model?")
            _exit(ExitStatus.configuration.rawValue)
        } else {
            Log.debug(message)
        }
    }

    /// Takes `ERROR: "jsgf.c", line 123: ` off the beginning, and the line's end.
    private static func withoutPlace(_ text: String) -> String {
        var rest = Substring(text)
        if rest.hasPrefix("ERROR: ") || rest.hasPrefix("FATAL: "), let line = rest.firstRange(of: ", line ") {
            let behind = rest[line.upperBound...].drop { $0.isNumber }
            if behind.hasPrefix(": ") { rest = behind.dropFirst(2) }
        }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
