internal import Capture

/// Where the recording goes, by way of who listens, if somebody does.
struct ListeningDestination: ~Copyable, RecordingSink {
    private var destination: Destination
    private let listener: Listener?

    init(_ destination: consuming Destination, _ listener: Listener?) {
        self.destination = destination
        self.listener = listener
    }

    var isComplete: Bool { listener?.isComplete ?? false }

    /// Whether nothing was recorded since nobody has spoken.
    var isWaiting: Bool { listener?.isWaiting ?? false }

    mutating func begin() throws {
        try destination.begin()
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard let listener else { return try destination.write(bytes) }
        try listener.take(bytes) { try destination.write($0) }
    }

    mutating func fill(_ bytes: UnsafeRawBufferPointer) throws {
        guard let listener else { return try destination.write(bytes) }
        try listener.take(bytes, isLost: true) { try destination.write($0) }
    }

    /// Completes the recording; `Destination.finish` says how.
    mutating func finish(headerAtLeast: Bool) throws {
        try listener?.finish { try destination.write($0) }
        try destination.finish(headerAtLeast: headerAtLeast)
    }

    /// After an error: saves what is there under its name.
    mutating func salvage() {
        destination.salvage()
    }
}
