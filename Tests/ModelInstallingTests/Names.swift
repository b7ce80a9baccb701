import ModelInstalling
import Testing

@Suite struct Names {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_960, "10 kB"), (135_373_280, "135 MB"),
        (999_400_000, "999 MB"), (999_600_000, "1.0 GB"), (2_410_000_000, "2.4 GB"),
    ]) func sizesForPeople(_ bytes: Int, _ text: String) {
        #expect(readableSize(bytes) == text)
    }

    @Test(
        arguments: [
            ("/a/b/parakeet.gguf", "parakeet"),
            ("https://x/y/ggml-base.en-q5_1.bin?download=true", "whisper-base.en-q5_1"),
            ("model.GGUF", "model"), ("https://x/y/whisper-base-Q8_0.gguf", "whisper-base"),
            ("SenseVoiceSmall-Q8_0.gguf", "sensevoice-small"), ("x.tar", "x.tar"), ("/a/.gguf", nil), ("a b.gguf", nil),
            ("/", nil),
        ] as [(String, String?)]) func namesOfFiles(_ path: String, _ name: String?) throws
    {
        #expect(try Catalogue(reading: [Catalogues.shipped]).name(ofFile: path) == name)
    }

    @Test func theBeginningTells() {
        #expect(WeightsFormat(Array("GGUF\u{3}".utf8))?.fileName == "model.gguf")
        #expect(WeightsFormat([0x6C, 0x6D, 0x67, 0x67, 1])?.fileName == "model.bin")
        #expect(WeightsFormat(Array("<htm".utf8)) == nil && WeightsFormat([]) == nil)
    }
}
