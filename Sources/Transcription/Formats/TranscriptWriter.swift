/// A transcript on its way out, in one format or in several at once.
package struct TranscriptWriter {
    /// Takes a piece of text.
    package typealias Write = (String) throws -> Void

    private var outputs: [(formatter: any TranscriptFormatter, write: Write)] = []

    package init() {}

    /// - Parameters:
    ///   - formatter: makes text of events.
    ///   - write: gets each piece as soon as it is there.
    package mutating func add(_ formatter: any TranscriptFormatter, _ write: @escaping Write) {
        outputs.append((formatter, write))
    }

    package mutating func begin() throws {
        for index in outputs.indices { try outputs[index].write(outputs[index].formatter.begin()) }
    }

    package mutating func add(_ event: RecognitionEvent) throws {
        for index in outputs.indices { try outputs[index].write(outputs[index].formatter.add(event)) }
    }

    package mutating func end() throws {
        for index in outputs.indices { try outputs[index].write(outputs[index].formatter.end()) }
    }
}
