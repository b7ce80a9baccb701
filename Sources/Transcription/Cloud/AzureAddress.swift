internal import HTTP
internal import Text

/// Where a deployment at Azure is: `https://RESOURCE.openai.azure.com/openai/deployments/DEPLOYMENT/audio/transcriptions`, with the
/// version of the interface in its query.
///
/// https://learn.microsoft.com/azure/ai-services/openai/reference; openai-python's `lib/azure.py`.
enum AzureAddress {
    /// The version that is asked for where nobody names another.
    static let version = "2024-10-21"

    /// - Parameters:
    ///   - base: what the user says: the resource alone, or with the deployment in its path, or the address of the newer interface,
    ///     which ends in `/openai/v1` and needs no version.
    ///   - deployment: nil if it is in the address.
    ///   - version: of the interface; nil is the usual one.
    static func url(_ base: String, path: String, deployment: String?, version: String?) -> String {
        let (place, query) = base.splitQuery
        let isWhole = place.contains("/deployments/") || place.withoutTrailingSlashes.hasSuffix("/v1")
        var start = place.withoutTrailingSlashes
        if !isWhole, let deployment {
            if start.hasSuffix("/openai") { start.removeLast("/openai".count) }
            start += "/openai/deployments/" + percentEncoded(deployment)
        }
        var url = start.joining(path: path)
        let isVersioned = query.contains("api-version=") || start.hasSuffix("/v1")
        let wanted = version ?? (isVersioned ? nil : AzureAddress.version)
        let items = [query.isEmpty ? nil : query, wanted.map { "api-version=" + percentEncoded($0) }].compactMap(\.self)
        if !items.isEmpty { url += "?" + items.joined(separator: "&") }
        return url
    }

    /// Whether an address names the deployment itself.
    static func namesDeployment(_ base: String) -> Bool { base.splitQuery.place.contains("/deployments/") }

    /// How a key is sent: one of Entra's tokens, which are JSON Web Tokens (RFC 7519), as a bearer, any other in a header of its own.
    static func header(for key: Secret) -> Header {
        key.withValue { key in
            let isToken = key.hasPrefix("eyJ") && key.split(separator: ".", omittingEmptySubsequences: false).count == 3
            return isToken
                ? Header("Authorization", "Bearer \(key)", isSecret: true) : Header("api-key", key, isSecret: true)
        }
    }
}

extension String {
    /// An address, and what is behind its `?`.
    var splitQuery: (place: String, query: String) {
        guard let mark = firstIndex(of: "?") else { return (self, "") }
        return (String(self[..<mark]), String(self[index(after: mark)...]))
    }

    /// An address with a path below it, in front of its query; one that ends in that path already has it.
    func joining(path: String) -> String {
        let (place, query) = splitQuery
        let start = place.withoutTrailingSlashes
        return (start.hasSuffix(path) ? start : start + path) + (query.isEmpty ? "" : "?" + query)
    }
}
