"""Transcription servers on loopback that answer as no server should."""

import http.server
import json
import socket
import struct
import threading
import time

TEXT = {"text": "all is well"}


def document(*segments, text=None):
    return {
        "text": text if text is not None else " ".join(segment["text"] for segment in segments),
        "segments": list(segments), "duration": 1.0,
    }


def segment(start, end, text="all is well"):
    return {"start": start, "end": end, "text": text}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        owner = self.server.owner
        mode = owner.rng.choice(MODES)
        owner.said.append(mode.__name__)
        self.close_connection = True
        try:
            if mode not in (never, reset):
                self.body()
            mode(self)
        except (OSError, ValueError):
            pass

    def body(self):
        if self.headers.get("Content-Length"):
            return self.rfile.read(int(self.headers["Content-Length"]))
        while size := int(self.rfile.readline().split(b";")[0], 16):
            self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def answer(self, status, body, kind="application/json", **headers):
        body = json.dumps(body).encode() if isinstance(body, dict) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, parts, end=True):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for part in parts:
            self.wfile.write(part if isinstance(part, bytes) else f"data: {json.dumps(part)}\n\n".encode())
        if end:
            self.wfile.write(b"data: [DONE]\n\n")


def good(it): it.answer(200, TEXT)
def empty_text(it): it.answer(200, {"text": ""})
def empty(it): it.answer(200, b"")
def no_json(it): it.answer(200, b"<html>moved</html>", "text/html")
def garbage(it): it.answer(200, bytes(it.server.owner.rng.randbytes(3000)))
def half(it): it.answer(200, b'{"text": "all is we')
def deep(it): it.answer(200, b"[" * 200_000)
def nan(it): it.answer(200, b'{"text": "all is well", "avg_logprob": NaN}')
def huge_numbers(it): it.answer(200, b'{"text": "all is well", "segments": [{"start": 1e400, "end": -1e400, "text": "all is well"}]}')
def beyond(it): it.answer(200, document(segment(900, 901)))
def swapped(it): it.answer(200, document(segment(1, 0.2)))
def nanoseconds(it): it.answer(200, document(segment(0, 900_000_000)))
def control(it): it.answer(200, {"text": "a\x1b[2Jb\u202ec"})
def wait_long(it): it.answer(429, {"error": {"message": "slow down"}}, Retry_After="99999999999999999999")
def wait_never(it): it.answer(503, {}, Retry_After=it.server.owner.rng.choice(["-1e30", "nan", "1e30", "soon", "Fri, 31 Dec 9999 23:59:59 GMT"]))
def wait_little(it): it.answer(429, {}, Retry_After="0")
def refused(it): it.answer(401, {"error": {"message": "bad key"}})
def no_credit(it): it.answer(429, {"error": {"code": "insufficient_quota", "message": "no credit"}})
def bad_parameter(it): it.answer(400, {"error": {"message": "unknown parameter: temperature", "param": "temperature"}})
def broken(it): it.answer(500, {"error": {"message": "it broke"}})
def elsewhere(it): it.answer(307, {}, Location="http://127.0.0.1:1/v1/audio/transcriptions")
def in_circles(it): it.answer(307, {}, Location=it.path)
def teapot(it): it.answer(418, b"")


def reset(it):
    it.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    it.connection.close()


def never(it):
    it.server.owner.ended.wait(20)


def cut_off(it):
    it.send_response(200)
    it.send_header("Content-Length", "5000")
    it.end_headers()
    it.wfile.write(b'{"text": "all')


def bad_chunk(it):
    it.send_response(200)
    it.send_header("Transfer-Encoding", "chunked")
    it.end_headers()
    it.wfile.write(b"zz\r\n{}\r\n0\r\n\r\n")


def many_headers(it):
    it.send_response(200)
    for number in range(2000):
        it.send_header(f"X-{number}", "x" * 100)
    it.end_headers()


def deltas(it):
    it.stream([{"type": "transcript.text.delta", "delta": "word "} for _ in range(2000)] + [{"type": "transcript.text.done", "text": "word " * 2000}])


def broken_stream(it):
    it.stream([{"type": "transcript.text.delta", "delta": "all is "}], end=False)


def drip(it):
    it.stream([], end=False)
    for _ in range(40):
        it.wfile.write(b": still there\n\n")
        if it.server.owner.ended.wait(0.5):
            return


MODES = [
    good, good, good, empty_text, empty, no_json, garbage, half, deep, nan, huge_numbers, beyond, swapped, nanoseconds, control, wait_long,
    wait_never, wait_little, refused, no_credit, bad_parameter, broken, elsewhere, in_circles, teapot, reset, never, cut_off, bad_chunk,
    many_headers, deltas, broken_stream, drip,
]


class Server:
    """One for each try, on a port of its own."""

    def __init__(self, rng):
        self.rng = rng
        self.said = []
        self.ended = threading.Event()

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
