internal import CTranscribe
internal import Glibc
internal import Models
internal import POSIX
package import Program

/// libtranscribe, opened; it stays open until the process ends.
@safe package struct Library {
    let functions: vt_transcribe

    /// Opens the library and what it computes with.
    ///
    /// - Throws: `Failure` 69 if it is not installed, is of another version, or has nothing that computes on this machine.
    package init() throws(Failure) {
        var found: UnsafePointer<vt_transcribe>?
        var folder: String?
        for path in LibraryLocation.standard.paths + [LibraryLocation.fileName] {
            // What the linker finds has no folder of its own.
            if path.contains("/"), unsafe access(path, F_OK) != 0 { continue }
            var problem: CInt = 0
            var reason: UnsafePointer<CChar>?
            if let functions = unsafe vt_transcribe_open(path, &problem, &reason) {
                unsafe found = functions
                folder = path.lastIndex(of: "/").map { String(path[..<$0]) }
                break
            }
            let said = unsafe reason.map { unsafe String(cString: $0) } ?? "no reason given"
            if problem == CInt(VT_TRANSCRIBE_OTHER_VERSION.rawValue) {
                throw Failure(
                    .unavailable, "\(path) is of another version than this program can use: \(said)",
                    hint: "vt-models library installs the right one")
            }
            if path.contains("/") {
                throw Failure(
                    .unavailable, "the library \(path) cannot be loaded: \(said)",
                    hint: "vt-models library installs it again")
            }
        }
        guard let functions = unsafe found else {
            throw Failure(
                .unavailable, "the library libtranscribe is not installed", hint: "vt-models library installs it")
        }
        self.functions = unsafe functions.pointee
        // Its own words are for those who look for a fault.
        unsafe self.functions.log_set(
            { _, text, _ in
                guard let text = unsafe text else { return }
                var line = unsafe String(cString: text)
                while line.last?.isWhitespace == true { line.removeLast() }
                if !line.isEmpty { Log.debug("libtranscribe: \(line)") }
            }, nil)
        let status: transcribe_status
        if let folder {
            status = unsafe self.functions.init_backends(folder)
        } else {
            status = self.functions.init_backends_default()
        }
        guard status == TRANSCRIBE_OK else {
            throw Failure(
                .unavailable, "libtranscribe can compute nothing on this machine: \(words(for: status))",
                hint: "vt-models library installs it again")
        }
    }

    /// The library's words for a status.
    func words(for status: transcribe_status) -> String {
        unsafe functions.status_string(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
    }

    /// A device that can compute.
    package struct Device {
        /// As `--option device=` takes it: `CPU`, `Vulkan0`.
        package let name: String
        package let description: String
        /// `cpu`, `vulkan`.
        package let kind: String
        /// Bytes; 0 is unknown.
        package let memory: UInt64
        let index: CInt
    }

    /// What there is to compute with.
    package var devices: [Device] {
        (0..<functions.device_count()).compactMap { index in
            guard let device = unsafe functions.device_get(index) else { return nil }
            var info = unsafe transcribe_device_info()
            unsafe functions.device_info_init(&info)
            guard unsafe functions.device_get_info(device, &info) == TRANSCRIBE_OK else { return nil }
            func text(_ pointer: UnsafePointer<CChar>?) -> String {
                unsafe pointer.map { unsafe String(cString: $0) } ?? ""
            }
            return unsafe Device(
                name: text(info.name), description: text(info.description), kind: text(info.kind),
                memory: info.memory_total, index: index)
        }
    }
}
