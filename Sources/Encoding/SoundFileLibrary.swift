internal import Audio
internal import CSndFile

/// libsndfile, opened when it is first needed.
enum SoundFileLibrary {
    struct Missing: Error {
        let reason: String
    }

    private static let loaded: Result<vt_sndfile, Missing> = {
        var reason: UnsafePointer<CChar>?
        if let library = unsafe vt_sndfile_load(&reason) { return unsafe .success(library.pointee) }
        return .failure(Missing(reason: unsafe reason.map { unsafe String(cString: $0) } ?? "unknown error"))
    }()

    /// Its functions.
    static func functions() throws(Missing) -> vt_sndfile { try loaded.get() }

    /// Opens it, which takes a moment.
    static func prepare() { _ = loaded }

    static let hint = "install it: apt-get install libsndfile1"

    /// The library's words for what went wrong with a handle, or with opening where there is none.
    static func message(_ library: vt_sndfile, _ handle: OpaquePointer?) -> String {
        guard let text = unsafe library.strerror(handle) else { return "unknown error" }
        var message = unsafe String(cString: text)
        for prefix in ["Error : ", "Error: "] where message.hasPrefix(prefix) {
            message.removeFirst(prefix.count)
        }
        while message.hasSuffix(".") { message.removeLast() }
        return message
    }
}
