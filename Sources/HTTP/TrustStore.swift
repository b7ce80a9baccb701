internal import CCurl
internal import Glibc

/// Where certificates of authorities are found, as the `curl` program does it; the library alone does not look there.
package struct TrustStore: Sendable {
    /// A file of certificates, instead of the system's.
    package var file: String?
    /// A folder of certificates, instead of the system's.
    package var directory: String?

    package init(file: String? = nil, directory: String? = nil) {
        self.file = file
        self.directory = directory
    }

    /// As the environment has it.
    package static let fromEnvironment: TrustStore = {
        func value(_ name: String) -> String? {
            guard let text = unsafe getenv(name), unsafe text.pointee != 0 else { return nil }
            return unsafe String(cString: text)
        }
        if let file = value("CURL_CA_BUNDLE") { return TrustStore(file: file) }
        return TrustStore(file: value("SSL_CERT_FILE"), directory: value("SSL_CERT_DIR"))
    }()

    /// - Parameter set: sets an option; for servers, and for proxies that speak TLS.
    func apply(_ set: (CURLoption, String) -> Void) {
        if let file {
            set(CURLOPT_CAINFO, file)
            set(CURLOPT_PROXY_CAINFO, file)
        }
        if let directory {
            set(CURLOPT_CAPATH, directory)
            set(CURLOPT_PROXY_CAPATH, directory)
        }
    }
}
