import Harness
import SHA256
import Testing

/// SHA-256: the vectors of FIPS 180-4, and what sha256sum(1) says.
@Suite struct Hashes {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ]) func thePublishedVectors(_ text: String, _ expected: String) {
        var hash = SHA256()
        hash.update(Array(text.utf8))
        #expect(hash.hexadecimal == expected)
        // Asking changes nothing.
        #expect(hash.hexadecimal == expected)
    }

    @Test func aMillionTimesA() {
        var hash = SHA256()
        for _ in 0..<1000 { hash.update([UInt8](repeating: UInt8(ascii: "a"), count: 1000)) }
        #expect(hash.hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// All lengths around the ends of blocks, in pieces of all sizes.
    @Test(arguments: [1, 3, 55, 56, 57, 63, 64, 65, 100, 1000]) func piecesMakeNoDifference(_ piece: Int) throws {
        let bytes = ModelServer.weights(1000)
        for length in [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000] {
            var whole = SHA256()
            whole.update(Array(bytes[..<length]))
            var pieces = SHA256()
            for start in stride(from: 0, to: length, by: piece) {
                pieces.update(Array(bytes[start..<min(start + piece, length)]))
            }
            #expect(whole.hexadecimal == pieces.hexadecimal)
        }
    }

    @Test(.enabled(if: ModelServer.isInstalled, "needs sha256sum")) func sha256sumSaysTheSame() throws {
        for length in [0, 1, 64, 100_000, 1_234_567] {
            let bytes = Array(ModelServer.weights(max(4, length))[..<length])
            var hash = SHA256()
            hash.update(bytes)
            #expect(try hash.hexadecimal == ModelServer.sha256(bytes))
        }
    }
}
