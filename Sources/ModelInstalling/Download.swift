internal import Glibc
internal import HTTP
internal import Plugins
internal import POSIX
internal import Text

/// Fetches the weights of one model into a partial file, however often the connection breaks.
struct Download {
    /// Where the file is.
    let url: String
    /// Bytes and hash, as the catalogue or the user has them.
    let size: Int?
    let sha256: String?
    let client: HTTPClient
    let policy: RetryPolicy
    let progress: TransferProgress
    let cancellation: Cancellation?

    /// What has come.
    struct Result {
        let part: PartialFile
        let format: WeightsFormat
        let sha256: String
        /// Whether somebody had said what the hash must be.
        let isChecked: Bool
    }

    /// How often a redirect is followed.
    private static let redirects = 10

    /// The address for messages.
    private var place: String { URLParts(url)?.withoutSecrets ?? url.sanitized }

    /// Fetches what is missing of it.
    ///
    /// - Parameters:
    ///   - name: of the model.
    ///   - folder: in which the model will lie; its lock is held.
    /// - Throws: after which what has come is kept if it can be a part of the right file, and removed if not.
    func run(_ name: String, in folder: String) throws(InstallingError) -> Result {
        let part = try PartialFile(name, in: folder, url: url, sha256: sha256, progress: progress)
        do throws(InstallingError) {
            var isWhole = false
            while true {
                let sink = DownloadSink(
                    part, name: place, folder: folder, size: size, sha256: sha256, progress: progress)
                let hadSome = part.count > 0
                try fetch(into: part, sink)
                let hash = part.sha256
                if let expected = sink.sha256, expected != hash {
                    // What was there before may have been the wrong part.
                    if hadSome, !isWhole {
                        isWhole = true
                        try part.restart()
                        continue
                    }
                    throw InstallingError(
                        .wrongContent, "\(place): the SHA-256 of what came is \(hash), not \(expected)",
                        hint: "it is thrown away; somebody on the way has changed it, or the publisher has")
                }
                guard let format = WeightsFormat(part.beginning) else {
                    throw WeightsFormat.refusal(part.beginning, of: place)
                }
                return Result(part: part, format: format, sha256: hash, isChecked: sink.sha256 != nil)
            }
        } catch {
            switch error.code {
            case .wrongContent, .notAModel, .usage: part.remove()
            case .webPage where WeightsFormat(part.beginning) == nil: part.remove()
            // Elsewhere the same file may be had.
            case .unavailable where part.notes.sha256.isEmpty, .refused where part.notes.sha256.isEmpty: part.remove()
            default: if part.count == 0 { part.remove() }
            }
            throw error
        }
    }

    /// Asks again and again, as long as something comes.
    private func fetch(into part: PartialFile, _ sink: DownloadSink) throws(InstallingError) {
        var failures = 0
        while true {
            let before = part.count
            var answer: ResponseHead?
            let problem: InstallingError
            do throws(InstallingError) {
                if try attempt(part, sink, &answer) { return }
                problem = InstallingError(
                    .unreachable, "\(place): the connection ended after \(readableSize(part.count))",
                    hint: "say it again, and it goes on from there")
            } catch {
                guard error.code == .unreachable || error.code == .tryLater else { throw error }
                problem = error
            }
            failures = part.count > before ? 1 : failures + 1
            // Who cannot be reached twice is not there; who answers may be busy.
            if answer == nil, failures > 1 { throw problem }
            let delay = policy.delay(
                afterAttempt: failures, answer, isTransient: true, now: Double(time(nil)))
            guard let delay else { throw problem }
            progress.begin("waiting to try again", of: part.name, from: part.count, total: sink.size)
            try pause(delay)
        }
    }

    /// One request, and those that it is redirected to.
    ///
    /// - Returns: whether all is there.
    private func attempt(
        _ part: PartialFile, _ sink: DownloadSink, _ answer: inout ResponseHead?
    ) throws(InstallingError) -> Bool {
        if let size = sink.size, part.count == size { return true }
        var address = url
        for _ in 0...Download.redirects {
            var request = Request("GET", address, limits: TimeLimits(connect: 10, stall: 60, answer: { 60 }))
            request.answerLimit = 1 << 20
            request.cancellation = cancellation?.descriptor
            request.sink = sink
            if part.count > 0 {
                request.headers.append(Header("Range", "bytes=\(part.count)-"))
                let tag = part.notes.etag
                if !tag.isEmpty {
                    request.headers.append(Header("If-Range", tag))
                } else if sink.sha256 == nil {
                    // Nothing would tell whether the rest belongs to what is there.
                    try part.restart()
                    request.headers.removeLast()
                }
            }
            let exchange = client.begin(request)
            exchange.waitForEnd()
            answer = exchange.head
            if let failure = exchange.failure {
                if failure.code == .broken, let head = exchange.head, head.isSuccess { return false }
                // A page of an error may be long; what counts is the status.
                guard failure.code == .tooLarge else { throw explain(failure) }
            }
            guard let head = exchange.head else {
                throw InstallingError(.unreachable, "\(place): there was no answer")
            }
            if [301, 302, 303, 307, 308].contains(head.status) {
                address = try target(of: head, from: address)
                continue
            }
            return try isComplete(head, part, sink)
        }
        throw InstallingError(.unavailable, "\(place): it is redirected without end")
    }

    private func target(of head: ResponseHead, from address: String) throws(InstallingError) -> String {
        guard let here = URLParts(address), let location = head["location"], let there = here.resolving(location),
            let parts = URLParts(there)
        else { throw InstallingError(.unavailable, "\(place): it is redirected to no address") }
        guard here.scheme == "http" || parts.scheme == "https" else {
            throw InstallingError(
                .unavailable, "\(place): it is redirected to \(parts.origin), which is not protected",
                hint: "anybody on the way could change what comes")
        }
        return there
    }

    private func isComplete(
        _ head: ResponseHead, _ part: PartialFile, _ sink: DownloadSink
    ) throws(InstallingError) -> Bool {
        switch head.status {
        case 200, 206:
            guard let size = sink.size else { return true }
            if part.count == size { return true }
            // It has come to its end, as the server sees it.
            if head["content-length"] == nil, head["content-range"] == nil {
                throw InstallingError(
                    .wrongContent, "\(place): it ends after \(part.count) of \(size) bytes",
                    hint: "another file is there now: a newer catalogue may know it")
            }
            return false
        case 416:
            // There is nothing behind what is there: it is all, or it is not of this file.
            let total = head["content-range"].flatMap { $0.split(separator: "/").last }.flatMap { Int($0) }
            if total == part.count, part.count > 0 { return true }
            try part.restart()
            throw InstallingError(.tryLater, "\(place): the server does not have the part that was asked for")
        default: throw refusal(head)
        }
    }

    private func refusal(_ head: ResponseHead) -> InstallingError {
        let status = head.status
        switch status {
        case 401, 403:
            return InstallingError(
                .refused, "\(place): the server refuses it (\(status))",
                hint: "some models are given only to those who accept their licence: fetch it there, then install FILE")
        case 404, 410:
            return InstallingError(
                .unavailable, "\(place): it is not there (\(status))",
                hint: "the publisher may have moved it; vt-models install FILE takes one that you have")
        case 407:
            return InstallingError(.unreachable, "\(place): a proxy wants a name and a password (407)")
        case _ where RetryPolicy.isTransient(status):
            return InstallingError(.tryLater, "\(place): the server cannot give it at present (\(status))")
        default: return InstallingError(.unavailable, "\(place): the server answers \(status)")
        }
    }

    private func explain(_ failure: HTTPError) -> InstallingError {
        if let own = failure.underlying as? InstallingError { return own }
        switch failure.code {
        case .cancelled: return InstallingError(.cancelled, failure.message)
        case .cannotConnect, .timedOut, .broken, .proxyRefused, .proxyWantsCredentials, .heldTooLong:
            return InstallingError(.unreachable, failure.message, hint: failure.hint)
        case .refused: return InstallingError(.usage, failure.message, hint: failure.hint)
        default: return InstallingError(.unavailable, failure.message, hint: failure.hint)
        }
    }

    private func pause(_ seconds: Double) throws(InstallingError) {
        guard let cancellation else {
            usleep(UInt32(clamping: seconds * 1e6))
            return
        }
        _ = try? waitUntilReady(cancellation.descriptor, for: POLLIN, milliseconds: Int(clamping: seconds * 1000))
        if cancellation.isCancelled { throw InstallingError(.cancelled, "given up") }
    }
}
