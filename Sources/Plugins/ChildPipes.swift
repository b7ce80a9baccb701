internal import Glibc
internal import POSIX

/// The pipes of a child: the ends that it gets, until it has started, and ours.
final class ChildPipes {
    private var childEnds: [CInt] = []
    /// Descriptors that become the child's 0, 1 and 2.
    let childInput: CInt
    private(set) var childOutput: CInt
    private(set) var childErrors: CInt
    /// Our ends, not blocking; nil where there is none, or closed.
    var input: Descriptor?
    var output: Descriptor?
    var errors: Descriptor?
    /// Fills the child's input; nil where that is no pipe of ours.
    let feed: ((UnsafeMutableRawBufferPointer) throws -> Int?)?

    init(_ source: ChildProcess.InputSource) throws(SystemError) {
        switch source {
        case .descriptor(let number):
            childInput = number
            feed = nil
        case .none:
            childInput = try Descriptor.open("/dev/null", O_RDONLY).release()
            childEnds = [childInput]
            feed = nil
        case .pulled(let pull):
            let ends = try Descriptor.pipe().release()
            childInput = ends.reading
            childEnds = [childInput]
            input = Descriptor(owning: ends.writing)
            feed = pull
        }
        childOutput = -1
        childErrors = -1
        let output = try Descriptor.pipe().release()
        childOutput = output.writing
        childEnds.append(childOutput)
        self.output = Descriptor(owning: output.reading)
        let errors = try Descriptor.pipe().release()
        childErrors = errors.writing
        childEnds.append(childErrors)
        self.errors = Descriptor(owning: errors.reading)
        for number in [input?.number, output.reading, errors.reading] {
            if let number { try doNotBlock(number) }
        }
    }

    deinit {
        closeChildEnds()
    }

    /// Closes our copies of what the child has now, so that the ends of its streams are seen.
    func closeChildEnds() {
        for number in childEnds { close(number) }
        childEnds = []
    }
}

private func doNotBlock(_ descriptor: CInt) throws(SystemError) {
    let flags = try retrying("fcntl") { fcntl(descriptor, F_GETFL) }
    try retrying("fcntl") { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
}
