import Audio
import Glibc
import POSIX
import Program
import Synchronization
import Text

/// One recording: from a source, pinned to it, to standard output until a signal comes.
final class Recording {
    private let server: PulseServer
    private let request: RecordingRequest
    private let source: PulseSource
    private let stopping: StopRequest

    init(_ server: PulseServer, _ request: RecordingRequest) throws {
        self.server = server
        self.request = request
        source = try SourceChoice.choose(request.device, among: server.sources()) { try server.cards() }
        stopping = try StopRequest(waking: server)
    }

    /// Records. Returns when a signal has ended it, with all that was heard before.
    ///
    /// - Throws: `Failure` where the source or the server is lost; what came before is on standard output.
    func run() throws {
        source.sayOddities(isChosen: request.device != nil)
        let stream = try SourceStream(server, source, request.format, period: request.period)
        Log.debug("recording from \(source.name), \(source.description)")
        var output = try WAVWriter(STDOUT_FILENO, format: request.format, name: "standard output")
        while !stopping.isRequested {
            stream.keepAwake()
            server.turn()
            try write(from: stream, to: &output)
            try server.check()
            try stream.check()
        }
        // What the server had heard when it halts the stream is here when it says so.
        try stream.halt()
        try write(from: stream, to: &output)
        try output.finish()
        stream.disconnect()
    }

    /// Writes what has arrived; silence where the server says that something is missing.
    private func write(from stream: SourceStream, to output: inout WAVWriter) throws {
        try unsafe stream.read {
            try unsafe output.write($0)
        } miss: { count in
            tellGap(seconds: Double(count) / Double(request.format.bytesPerSecond))
            let silence = [UInt8](repeating: request.format.sampleFormat.zero, count: count)
            try unsafe silence.withUnsafeBytes { try unsafe output.write($0) }
        }
    }
}

extension PulseSource {
    /// Says what a user ought to know of it.
    func sayOddities(isChosen: Bool) {
        if isMuted { Log.warning("\(name) is muted") }
        if isMonitor, !isChosen { Log.warning("the default source, \(name), is what is played, not a microphone") }
    }
}

extension SampleFormat {
    /// A byte of silence.
    var zero: UInt8 { self == .u8 ? 0x80 : 0 }
}

/// Says what was lost: to vt-record as it wants to hear it (vt-plugin(7), RECORDERS), to a person in words.
func tellGap(seconds: Double) {
    let number = decimal(seconds, places: 3)
    guard environment("VT_TMPDIR") != nil else { return Log.warning("\(number) s were lost, and are silence") }
    try? writeAll(STDERR_FILENO, EventLine("gap", [.init("seconds", number)]).line, name: "standard error")
}

/// The signal that ends a recording; a second one ends the program.
final class StopRequest: Sendable {
    private let count = Atomic<Int>(0)

    var isRequested: Bool { count.load(ordering: .acquiring) > 0 }

    init(waking server: PulseServer) throws {
        try Signals.watch([SIGINT, SIGTERM, SIGHUP], evenIfIgnored: true) { [self] signal in
            if count.add(1, ordering: .acquiringAndReleasing).oldValue > 0 { Signals.endProcess(by: signal) }
            server.wake()
        }
    }
}
