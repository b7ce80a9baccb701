internal import CTranscribe
internal import EnginePlugin
internal import POSIX
internal import Program

/// The engine's own options (`--option NAME=VALUE`).
package struct Options {
    /// Their names, with what they do.
    package static let described: [(name: String, help: String)] = [
        ("task", "transcribe, or translate if the model can; default transcribe"),
        ("target", "the language of a translation; default en"),
        ("threads", "threads on the processor; default: its cores, shared between the jobs of a batch"),
        ("device", "auto, cpu, vulkan, or the name of a device (a wrong one lists them); default auto"),
    ]

    let translates: Bool
    let target: String?
    let threads: Int
    let device: String

    init() throws(Failure) {
        let task = EngineEnvironment.option("task") ?? "transcribe"
        guard ["transcribe", "translate"].contains(task) else {
            throw Failure(.usage, "option task: \(task) is neither transcribe nor translate")
        }
        translates = task == "translate"
        target = EngineEnvironment.option("target")
        if target != nil, !translates {
            throw Failure(.usage, "option target needs the option task=translate")
        }
        if let wanted = EngineEnvironment.option("threads") {
            guard let number = Int(wanted), (1...1024).contains(number) else {
                throw Failure(.usage, "option threads: \(wanted) is not a number from 1 to 1024")
            }
            threads = number
        } else {
            let jobs = environment("VT_JOBS").flatMap(Int.init) ?? 1
            threads = max(1, Processors.cores / max(1, jobs))
        }
        device = EngineEnvironment.option("device") ?? "auto"
    }
}

/// Where a model computes.
struct ComputeDevice {
    /// One of the library's backends.
    let backend: CInt
    /// The library's number of the device; nil leaves the choice to the backend.
    let index: CInt?

    /// - Parameter name: `auto`, a kind of device, or the name of one.
    /// - Throws: `Failure` 69 if there is none of that name.
    init(_ name: String, _ library: Library) throws(Failure) {
        switch name.lowercased() {
        case "auto": (backend, index) = (CInt(TRANSCRIBE_BACKEND_AUTO), nil)
        case "cpu": (backend, index) = (CInt(TRANSCRIBE_BACKEND_CPU_ACCEL), nil)
        default:
            let devices = library.devices
            let wanted = name.lowercased()
            guard
                let device = devices.first(where: { $0.name.lowercased() == wanted })
                    ?? devices.first(where: { $0.kind.lowercased() == wanted })
            else {
                let known = devices.map(\.name).joined(separator: ", ")
                throw Failure(
                    .unavailable, "there is no device \(name) here",
                    hint: wanted == "vulkan"
                        ? "vt-models library --vulkan; here there are: \(known)" : "there are: \(known)")
            }
            (backend, index) = (CInt(TRANSCRIBE_BACKEND_AUTO), device.index)
        }
    }
}
