import Glibc
import POSIX
import Program

/// A model that the system has, as Debian's pocketsphinx-* packages install it.
struct InstalledModel {
    /// Folder of the acoustic model.
    let acousticModel: String
    let dictionary: String
    let languageModel: String

    /// Where distributions and `make install` put models; a folder for each language.
    private static let folders = ["/usr/share/pocketsphinx/model", "/usr/local/share/pocketsphinx/model"]
    private static let preferred = "en-us"

    /// Finds the model of a language.
    ///
    /// - Parameter language: as `VT_LANGUAGE` has it (`en`, `en-US`, `de`); nil, empty and `auto` mean en-us.
    init(language: String?) throws(Failure) {
        let wanted = (language ?? "").lowercased().split(separator: "_").joined(separator: "-")
        let installed = InstalledModel.languages
        let name: String
        if wanted.isEmpty || wanted == "auto" {
            name = InstalledModel.preferred
        } else if !wanted.contains("-"), InstalledModel.preferred.hasPrefix(wanted + "-") {
            name = InstalledModel.preferred
        } else {
            // "de" is served by "de-de", and the other way round.
            name =
                installed.keys.sorted().first {
                    $0 == wanted || $0.hasPrefix(wanted + "-") || wanted.hasPrefix($0 + "-")
                }
                ?? wanted
        }
        guard let folder = installed[name] else {
            guard name == InstalledModel.preferred else {
                let known = installed.keys.sorted().joined(separator: ", ")
                throw Failure(
                    .unavailable, "no PocketSphinx model for the language \(wanted)",
                    hint: (known.isEmpty ? "" : "installed: \(known); ")
                        + "a model of your own: --option hmm=FOLDER --option dict=FILE --option lm=FILE")
            }
            throw Failure(
                .unavailable, "the PocketSphinx model en-us is not installed",
                hint: "apt-get install pocketsphinx-en-us")
        }
        acousticModel = "\(folder)/\(name)"
        languageModel = "\(folder)/\(name).lm.bin"
        dictionary = "\(folder)/cmudict-\(name).dict"
        for path in [acousticModel, languageModel, dictionary] where unsafe access(path, R_OK) != 0 {
            throw Failure(
                .unavailable,
                "the PocketSphinx model \(name) is incomplete: \(path): \(SystemError(code: errno, call: "access").reason)",
                hint: "apt-get install --reinstall pocketsphinx-\(name)")
        }
    }

    /// The folder of each language that is installed.
    private static var languages: [String: String] {
        var result: [String: String] = [:]
        for folder in folders {
            guard let directory = unsafe opendir(folder) else { continue }
            defer { unsafe closedir(directory) }
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                    unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if !name.hasPrefix("."), result[name] == nil { result[name] = "\(folder)/\(name)" }
            }
        }
        return result
    }
}
