import Glibc
import HTTP
import Harness
import POSIX
import Text

/// A body that a test lets grow.
final class GrowingBody: BodySource {
    private let state = Monitor((bytes: [UInt8](), isFinished: false))

    init(_ bytes: [UInt8] = []) {
        state.change { $0.bytes = bytes }
    }

    func append(_ bytes: [UInt8]) {
        state.change { $0.bytes += bytes }
    }

    func finish() {
        state.change { $0.isFinished = true }
    }

    var length: Int? { state.read { $0.isFinished ? $0.bytes.count : nil } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int? {
        state.read { state in
            let rest = state.bytes[min(offset, state.bytes.count)...].prefix(buffer.count)
            if rest.isEmpty { return state.isFinished ? 0 : nil }
            buffer.copyBytes(from: rest)
            return rest.count
        }
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A request for a transcript, with a form around the audio.
func speechRequest(_ url: String, _ audio: Body.Part, limits: TimeLimits = TimeLimits()) -> Request {
    let form = MultipartForm(
        fields: [.init("model", "whisper-1"), .init("prompt", "Grüße, \"quoted\"\r\nand more")],
        file: .init("file", fileName: "voice.ogg", contentType: "audio/ogg"))
    return Request(
        "POST", "\(url)/v1/audio/transcriptions",
        headers: [
            Header("Authorization", "Bearer sk-test", isSecret: true), Header("Content-Type", form.contentType),
        ], body: form.body(audio), limits: limits)
}
