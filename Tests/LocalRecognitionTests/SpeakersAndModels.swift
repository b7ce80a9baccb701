import EnginePlugin
import Glibc
import Harness
import Models
import Program
import Testing

@testable import LocalRecognition

@Suite struct SpeakersInTime {
    private let speakers = Speakers(turns: [
        .init(times: 1...4, speaker: 0), .init(times: 3.5...6, speaker: 1), .init(times: 8...9, speaker: 0),
        .init(times: 9...10, speaker: 12),
    ])

    @Test(
        arguments: [
            (0...0.9, nil), (0...1.1, "0"), (3...4, "0"), (3.4...6, "1"), (6.5...7.5, nil), (0...10, "0"),
            (9.2...9.4, "12"),
            // Equally long: the first.
            (8.5...9.5, "0"),
            // Words without duration.
            (2...2, "0"), (7...7, nil), (9.5...9.5, "12"),
        ] as [(ClosedRange<Double>, String?)])
    func whoSpeaksMostOfATime(times: ClosedRange<Double>, name: String?) {
        #expect(speakers.name(in: times) == name)
    }

    @Test func nobodySpeaks() {
        #expect(Speakers(turns: []).name(in: 0...10) == nil)
        #expect(Speakers(turns: []).split([]).isEmpty)
        let all = Speakers(turns: []).split([SpokenWord("a", start: 0, end: 1), SpokenWord("b", start: 1, end: 2)])
        #expect(all.map(\.speaker) == [nil])
        #expect(all.first?.words.count == 2)
    }

    @Test func wordsAreSplitByWhoSaysThem() {
        let words = [
            SpokenWord("well", start: 0, end: 0.5), SpokenWord("one", start: 1, end: 2),
            SpokenWord("two", start: 2, end: 3), SpokenWord("three", start: 4.5, end: 5),
            // In a gap, and with times in no order.
            SpokenWord("four", start: 6.8, end: 7), SpokenWord("five", start: 8.5, end: 8.2),
        ]
        let parts = speakers.split(words)
        #expect(parts.map(\.speaker) == [nil, "0", "1", "0"])
        #expect(parts.map { $0.words.map(\.text) } == [["well"], ["one", "two"], ["three", "four"], ["five"]])
    }
}

@Suite struct ModelFiles {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var store: ModelStore { ModelStore(directories: [directory("models")]) }

    private func install(_ name: String, _ lines: String...) throws {
        try makeDirectories(directory("models/local/\(name)"))
        try write(
            (["file model.gguf"] + lines).joined(separator: "\n").utf8, to: directory("models/local/\(name)/about"))
    }

    private func find(_ wanted: String?, _ languages: [String] = []) -> Swift.Result<ModelFile, Failure> {
        Swift.Result { () throws(Failure) in try ModelFile(wanted, languages: languages, in: store) }
    }

    /// The exit status of the failure.
    private func status(_ wanted: String?, _ languages: [String] = []) -> Int? {
        if case .failure(let failure) = find(wanted, languages) { Int(failure.status.rawValue) } else { nil }
    }

    @Test func byNameByPathOrTheBest() throws {
        #expect(status(nil) == 69)
        #expect(status("a") == 69)
        try install("a", "languages en", "rank 2", "window 10 window-10.gguf", "window 5 window-5.gguf")
        try install("b", "languages de", "rank 1")
        try install("speakers", "task diarization", "rank 0")
        #expect(try find(nil).get().name == "b")
        #expect(try find(nil, ["en-US"]).get().path == directory("models/local/a/model.gguf"))
        #expect(try find("b").get().name == "b")
        #expect(status(nil, ["fr"]) == 69)
        #expect(status("c") == 69)
        #expect(status("speakers") == 64)
        try write([1], to: directory("own.gguf"))
        let own = try find(directory("own.gguf")).get()
        #expect(own == ModelFile(named: directory("own.gguf")))
        #expect(status(directory("gone.gguf")) == 66)
        #expect(status("../models/local/a") == 66)
    }

    @Test func theShortestWindowThatFits() throws {
        try install("a", "window 10 window-10.gguf", "window 5 window-5.gguf")
        let file = try find("a").get()
        func seconds(_ samples: Int) -> Int? { file.window(for: samples)?.seconds }
        #expect(seconds(0) == 5)
        // With a little room behind the audio.
        #expect(seconds(75_200) == 5)
        #expect(seconds(75_201) == 10)
        #expect(seconds(155_200) == 10)
        #expect(seconds(155_201) == nil)
        #expect(file.window(for: 0)?.path == directory("models/local/a/window-5.gguf"))
        try install("b")
        #expect(try find("b").get().window(for: 0) == nil)
    }
}

extension ModelFile {
    /// One that is only a path.
    fileprivate init?(named path: String) {
        guard let file = try? ModelFile(path, languages: [], in: ModelStore(directories: [])) else { return nil }
        self = file
    }
}
