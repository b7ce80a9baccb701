package import ArgumentParser

/// Which configuration counts: the same options in every program that heeds one.
package struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read this configuration instead of ~/.config/vt/config.toml (vt.toml(5)); /dev/null is none.",
            valueName: "file"))
    package var config: String?

    @Option(
        help: ArgumentHelp("Use a profile of the configuration.", valueName: "name"))
    package var profile: String?

    @Flag(help: "Show what is in force and where it comes from; do nothing else.")
    package var showConfig = false

    package init() {}

    /// Reads it.
    ///
    /// - Parameter environment: looks a variable up.
    /// - Throws: `ConfigurationError`.
    package func read(_ environment: (String) -> String?) throws(ConfigurationError) -> Configuration {
        try Configuration(path: config, profile: profile, environment: environment)
    }
}
