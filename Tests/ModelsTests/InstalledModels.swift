import Testing

@testable import Models

/// What an `about` file says of a model.
@Suite struct InstalledModels {
    private func read(_ about: String) -> InstalledModel? {
        InstalledModel(name: "tiny", folder: "/models/local/tiny", about: about)
    }

    @Test func aboutIsReadAsItWasWritten() {
        var model = InstalledModel(name: "tiny", folder: "/models/local/tiny", file: "model.gguf")
        #expect(read(model.about) == model)
        model.family = "whisper"
        model.task = .diarization
        model.languages = ["en", "pt-BR"]
        model.size = 78_988_736
        model.sha256 = String(repeating: "0f", count: 32)
        model.licence = "CC-BY-4.0"
        model.source = "https://example.org/a model.gguf"
        model.wordErrors = 2.4
        model.wordErrorsOn = "LibriSpeech test-clean"
        model.streams = true
        model.rank = 10
        model.windows = [.init(seconds: 5, file: "window 5.gguf"), .init(seconds: 10, file: "window-10.gguf")]
        #expect(read(model.about) == model)
        #expect(model.path == "/models/local/tiny/model.gguf")
        #expect(model.path(of: model.windows[0]) == "/models/local/tiny/window 5.gguf")
        // A text from elsewhere is no further line.
        model.licence = "MIT\nfile /etc/passwd\r\nrank 1\u{2028}streams yes"
        #expect(read(model.about)?.licence == "MIT file /etc/passwd rank 1 streams yes")
        #expect(read(model.about)?.file == "model.gguf")
    }

    @Test(arguments: [
        "", "family whisper", "file", "file ", "file ../model.gguf", "file /etc/passwd", "file .", "file ..",
        "file a/b", "file a\nwindow 10 ../b", "file a\nwindow 10 /b", "file a\nwindow 10 ..", "\u{0}\u{FFFD}",
        "FILE model.gguf", "file a\u{0}b", "file a\nwindow 10 b\u{0}",
    ])
    func namesNoWeightsOfItsFolder(about: String) {
        #expect(read(about) == nil)
    }

    @Test func valuesThatMakeNoSense() throws {
        let model = try #require(
            read(
                """
                file model.gguf
                size -5
                word-errors nan
                rank many
                streams perhaps
                languages
                window ten window-10.gguf
                window 0 window-0.gguf
                window -10 window-minus.gguf
                window 20
                window 8 window-8.gguf
                window 4 window-4.gguf
                unknown key
                """))
        #expect(model.size == 0)
        #expect(model.wordErrors == nil)
        #expect(model.rank == InstalledModel.unranked)
        #expect(!model.streams)
        #expect(model.languages.isEmpty)
        #expect(model.windows == [.init(seconds: 4, file: "window-4.gguf"), .init(seconds: 8, file: "window-8.gguf")])
        for errors in ["inf", "-1", "x"] { #expect(read("file a\nword-errors \(errors)")?.wordErrors == nil) }
        #expect(read("file a\r\nrank 3\r\n")?.rank == 3)
        #expect(read("file a\nsize 99999999999999999999")?.size == 0)
    }

    @Test func understandsByThePrimarySubtag() {
        var model = InstalledModel(name: "tiny", folder: "/", file: "a")
        #expect(model.understands("xx"))
        model.languages = ["en", "pt-BR"]
        for tag in ["en", "EN-gb", "pt", "pt_PT"] { #expect(model.understands(tag)) }
        for tag in ["de", "e", "eng", ""] { #expect(!model.understands(tag)) }
    }
}
