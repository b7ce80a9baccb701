internal import Batch
internal import POSIX
internal import Program
internal import Text
internal import Transcription

/// What one input cost, and how much of it has text.
struct Account {
    /// How often an engine was asked.
    var attempts = 0
    /// Seconds of audio that engines got, in all.
    var secondsSent = 0.0
    /// The engine that was asked last.
    var engine: String?
    /// Parts that a long recording was cut into.
    var parts = 1
    /// How much of the speech has text, 0 to 1; nil where nobody knows.
    var coverage: Double?

    /// Adds what another channel of the same recording cost.
    mutating func add(_ other: Account) {
        attempts += other.attempts
        secondsSent += other.secondsSent
        engine = other.engine ?? engine
        parts = max(parts, other.parts)
        coverage = [coverage, other.coverage].compactMap(\.self).min()
    }

    mutating func note(_ request: EngineRequest) {
        attempts += 1
        secondsSent += request.seconds
        engine = request.engine
    }
}

/// `--usage`: a line for each question to an engine, which many processes may add to.
final class UsageLedger: Sendable {
    private let file: LineFile
    private let path: Path

    private static let heading = "date\tengine\tmodel\tseconds\tbilled"

    init(_ path: Path) throws {
        self.path = path
        do throws(SystemError) {
            file = try LineFile(path, appends: true)
            if file.isEmpty { try file.write(UsageLedger.heading) }
        } catch {
            throw Failure(.cannotCreate, "\(path): \(error.reason)")
        }
    }

    /// Adds a question; where that fails it is said, and the work goes on.
    func note(_ request: EngineRequest, at time: String) {
        let fields = [
            time, request.engine, request.model ?? "", decimal(request.seconds), decimal(request.billed),
        ]
        do throws(SystemError) {
            try file.write(fields.map(\.sanitized).joined(separator: "\t"))
        } catch {
            Log.warning("\(path): \(error.reason); this is not in the ledger: \(fields.joined(separator: " "))")
        }
    }
}
