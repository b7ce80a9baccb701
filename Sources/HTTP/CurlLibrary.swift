internal import CCurl
internal import Synchronization

/// libcurl, opened when it is first needed: about 10 ms, so on the client's own thread.
enum CurlLibrary {
    private static let loaded: Result<Void, HTTPError> = {
        var reason: UnsafePointer<CChar>?
        if unsafe vt_curl_load(&reason) { return .success(()) }
        let text = unsafe reason.map { unsafe String(cString: $0) } ?? "unknown error"
        return .failure(
            HTTPError(
                .unavailable, "libcurl is needed to speak to a server: \(text)",
                hint: "install it: apt-get install libcurl4"))
    }()

    static func load() throws(HTTPError) { try loaded.get() }

    static func message(_ code: CURLcode) -> String {
        unsafe vt_curl_message(code).map { unsafe String(cString: $0) } ?? "error \(code.rawValue)"
    }
}
