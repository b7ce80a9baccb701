import Glibc
import HTTP
import Harness
import POSIX
import Testing
import Text

/// What we send goes through servers that thousands of others are used with.
@Suite struct OtherServers {
    private static let noise = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    /// A form whose length is not known, held and then growing, as it comes out behind a proxy.
    private func sendGrowingForm(_ client: HTTPClient, _ url: String) throws -> Exchange {
        let body = GrowingBody()
        var request = speechRequest(url, .source(body))
        request.isHeld = true
        let exchange = client.begin(request)
        try eventually("the connection is ready") { exchange.isConnected || exchange.hasEnded }
        exchange.release()
        for start in stride(from: 0, to: Self.noise.count, by: 30_000) {
            body.append(Array(Self.noise[start..<start + 30_000]))
            exchange.bodyHasGrown()
            pause(.milliseconds(2))
        }
        body.finish()
        exchange.bodyHasGrown()
        _ = try exchange.response()
        return exchange
    }

    @Test(
        .enabled(
            if: SpeechServer.isInstalled && Tool.isInstalled("nghttpx"), "needs nghttp2-proxy, python3 and openssl"))
    func http2() throws {
        let certificate = try Certificate()
        let server = try SpeechServer("json")
        let port = try LoopbackPort.free()
        let proxy = try start(
            Command(
                "nghttpx",
                [
                    "--conf=/dev/null", "--frontend=127.0.0.1,\(port)", "--backend=127.0.0.1,\(server.port)",
                    "--workers=1", "--errorlog-file=/dev/stderr", certificate.keyPath, certificate.path,
                ]))
        defer { proxy.kill() }
        try LoopbackPort.wait(for: port, of: proxy)
        let client = try HTTPClient(trust: TrustStore(file: certificate.path))
        let exchange = try sendGrowingForm(client, "https://localhost:\(port)")
        #expect(exchange.head?.version == "2")
        #expect(exchange.head?.status == 200)
        _ = try server.requests(1)
        #expect(try server.audio(ofRequest: 1) == Self.noise)
        #expect(try server.requests(1).first?["headers"]?["expect"] == nil)
        // Many at once share the connection.
        let others = (0..<20).map { _ in
            client.begin(speechRequest("https://localhost:\(port)", .bytes(Array(Self.noise.prefix(1000)))))
        }
        for other in others { #expect(try other.response().head.version == "2") }
        #expect(others.contains { $0.timings.reusedConnection })
    }

    @Test(
        .enabled(if: SpeechServer.isInstalled && Tool.isInstalled("nginx"), "needs nginx, python3 and openssl"),
        arguments: [true, false])
    func nginx(isHTTP2: Bool) throws {
        let certificate = try Certificate()
        let server = try SpeechServer("json")
        let port = try LoopbackPort.free()
        let directory = try TemporaryDirectory("nginx")
        let configuration = """
            daemon off; master_process off; pid \(directory("pid")); error_log stderr;
            events {}
            http {
                access_log off;
                client_body_temp_path \(directory("body")); proxy_temp_path \(directory("proxy"));
                fastcgi_temp_path \(directory("f")); uwsgi_temp_path \(directory("u")); scgi_temp_path \(directory("s"));
                server {
                    listen 127.0.0.1:\(port) ssl\(isHTTP2 ? " http2" : "");
                    ssl_certificate \(certificate.path); ssl_certificate_key \(certificate.keyPath);
                    location / { proxy_pass http://127.0.0.1:\(server.port); proxy_http_version 1.1; }
                }
            }
            """
        try write(configuration.utf8, to: directory("nginx.conf"))
        let proxy = try start(
            Command("nginx", ["-e", "stderr", "-p", directory.path, "-c", directory("nginx.conf")]))
        defer { proxy.kill() }
        try LoopbackPort.wait(for: port, of: proxy)
        let client = try HTTPClient(trust: TrustStore(file: certificate.path))
        let exchange = try sendGrowingForm(client, "https://localhost:\(port)")
        #expect(exchange.head?.status == 200)
        #expect(exchange.head?.version == (isHTTP2 ? "2" : "1.1"))
        _ = try server.requests(1)
        #expect(try server.audio(ofRequest: 1) == Self.noise)
    }
}
