import HTTP
import Testing

@Suite struct Addresses {
    @Test(arguments: [
        ("https://api.openai.com/v1", "https://api.openai.com"), ("HTTP://LocalHost:8000", "http://localhost:8000"),
        ("https://u:p@h.example:443/x?key=1", "https://h.example"), ("http://[::1]:80/", "http://[::1]"),
        ("https://a@b@evil.example/", "https://evil.example"),
        ("https://h.example?x=@good.example", "https://h.example"),
    ]) func originOf(url: String, origin: String) throws {
        #expect(try #require(URLParts(url)).origin == origin)
    }

    @Test(arguments: [
        "", "api.openai.com", "ftp://h/", "file:///etc/passwd", "https://", "https:///x", "https://h:0/",
        "https://h:99999/",
        "https://h:x/", "https://h /", "https://h\n/", "https://good.example\\@evil.example/", "https://[::1/",
    ]) func whatIsNone(url: String) {
        #expect(URLParts(url) == nil)
    }

    @Test(arguments: [
        ("http://localhost:1/", true), ("http://127.0.0.1/", true), ("http://127.9.9.9/", true),
        ("http://[::1]/", true),
        ("http://127.0.0.1.evil.example/", false), ("http://localhost.evil.example/", false),
        ("http://10.0.0.1/", false),
        ("http://0.0.0.0/", false), ("http://127.1/", false),
    ]) func loopback(url: String, is expected: Bool) throws {
        #expect(try #require(URLParts(url)).isLoopback == expected)
    }

    @Test(arguments: [
        ("http://localhost/", true), ("http://10.1.2.3/", true), ("http://172.16.0.1/", true),
        ("http://172.32.0.1/", false),
        ("http://192.168.1.20:8000/", true), ("http://192.169.1.1/", false), ("http://169.254.1.1/", true),
        ("http://100.64.0.1/", true), ("http://100.128.0.1/", false), ("http://8.8.8.8/", false),
        ("http://[fd12::1]/", true),
        ("http://[fe80::1]/", true), ("http://[2001:db8::1]/", false), ("http://whisper/", true),
        ("http://nas.local/", true),
        ("http://speaches.lan/", true), ("http://x.internal/", true), ("http://a.home.arpa/", true),
        ("http://example.org/", false),
        ("http://local.example/", false), ("http://10.0.0.1.evil.example/", false), ("http://2130706433/", false),
        ("http://0x7f000001/", false), ("http://10.1/", false), ("http://example.org./", false),
    ]) func ofOnesOwnNetwork(url: String, is expected: Bool) throws {
        #expect(try #require(URLParts(url)).isPrivate == expected)
    }

    @Test func aHeaderShowsNothingOfItsSecret() {
        #expect("\(Header("Authorization", "Bearer abc", isSecret: true))" == "Authorization: Bearer ****")
        #expect("\(Header("Authorization", "abc def", isSecret: true))" == "Authorization: ****")
        #expect("\(Header("Cookie", "a=b; c=d", isSecret: true))" == "Cookie: ****")
    }

    @Test(arguments: [
        ("/b", "https://h.example/b"), ("b", "https://h.example/v1/b"),
        ("//other.example/c", "https://other.example/c"),
        ("https://other.example/", "https://other.example/"), ("http://h.example/", "http://h.example/"),
    ]) func relative(location: String, means target: String) throws {
        #expect(try #require(URLParts("https://h.example/v1/a?x=/y")).resolving(location) == target)
    }

    @Test func aLogShowsNoCredential() {
        let request = Request(
            "POST", "https://user:secret@h.example/v1?token=secret",
            headers: [
                Header("Authorization", "Bearer secret", isSecret: true),
                Header("xi-api-key", "secret", isSecret: true),
                Header("Accept", "*/*"),
            ])
        #expect(
            request.description
                == "POST https://h.example/v1; Authorization: Bearer ****; xi-api-key: ****; Accept: */*")
    }
}
