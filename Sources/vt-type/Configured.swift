import Configuration
import Program
import Text
import Typing

extension TypeCommand {
    /// Takes from `[type]` what the command line doesn't say.
    ///
    /// - Throws: `Failure` with 78 for a value that makes no sense.
    mutating func complete(by configuration: Configuration) throws {
        func value(_ key: ConfigurationKey) -> Configuration.Found<ConfigurationTable.Value>? {
            configuration.value(key, in: .type)
        }
        let configured = value(.driver)?.strings?.joined(separator: ",")
        // What stands beside a driver is for that one.
        if driver == nil || driver == configured {
            driver = configured
            let own = value(.options)?.options ?? []
            driverOptions = own.map { "\($0.key)=\($0.value)" } + driverOptions
        }
        if keys == nil, let found = value(.keys), let names = found.strings {
            guard let policy = KeyPolicy(list: names.joined(separator: ",")) else {
                throw Failure(
                    .configuration,
                    "\(found.origin): keys are enter, tab and escape, not \(names.joined(separator: ","))")
            }
            keys = policy
        }
        prefix = prefix ?? value(.prefix)?.string
        suffix = suffix ?? value(.suffix)?.string
        if delay == nil, let found = value(.delay), let text = found.string {
            guard let time = TimeSpan(argument: text), time.seconds <= 10 else {
                throw Failure(.configuration, "\(found.origin): delay is a time of 10s at most, not \(text)")
            }
            delay = time
        }
    }

    /// `--show-config`: `[type]` as it is in force.
    func listing(_ configuration: Configuration, asked: TypeCommand) -> String {
        func found<Value>(_ key: ConfigurationKey, _ value: Value?, _ own: Value?, _ option: String)
            -> Configuration.Found<Value>?
        {
            guard let value else { return nil }
            if own != nil { return .init(value, from: .option(option)) }
            return .init(value, from: configuration.value(key, in: .type)?.origin ?? .builtIn)
        }
        func quoted(_ text: String) -> String { text.jsonQuoted }
        var listing = ConfigurationListing(configuration)
        listing.add("log", configuration.logLevel(Log.level.name, environment), quoted)
        listing.endTable()
        listing.add("driver", found(.driver, driver ?? "auto", asked.driver, "--driver"), quoted)
        if driverOptions.count > asked.driverOptions.count {
            listing.add(
                options: configuration.value(.options, in: .type).flatMap { entry in
                    entry.options.map { .init($0, from: entry.origin) }
                })
        }
        listing.add("keys", found(.keys, keys, asked.keys, "--keys")) { keys in
            let names = KeyPolicy.names.filter { keys.contains($0.key) }.map(\.name.jsonQuoted)
            return "[" + names.joined(separator: ", ") + "]"
        }
        listing.add("prefix", found(.prefix, prefix, asked.prefix, "--prefix"), quoted)
        listing.add("suffix", found(.suffix, suffix, asked.suffix, "--suffix"), quoted)
        listing.add("delay", found(.delay, delay, asked.delay, "--delay")) { $0.description.jsonQuoted }
        listing.endTable("[type]")
        return listing.text
    }
}
