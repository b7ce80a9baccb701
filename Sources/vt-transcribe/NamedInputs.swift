internal import ArgumentParser
internal import POSIX
internal import Program

/// What stands on the command line for one input, or for many.
///
/// ArgumentParser 1.8 takes a time that grows with the square of the names that it gets, 40 s for 32,000. So a long row of them is
/// one argument to it.
struct NamedInputs: ExpressibleByArgument {
    let paths: [Path]

    /// In front of each name of a row; no name can hold it.
    private static let mark: Character = "\0"
    /// Names that are left as they are, so that nothing is new where there are few.
    private static let shortRow = 100

    init?(argument: String) {
        guard argument.first == NamedInputs.mark else {
            paths = [argument].compactMap { Path(argument: $0) }
            return
        }
        let names = argument.split(separator: NamedInputs.mark, omittingEmptySubsequences: false).dropFirst()
        paths = names.compactMap { Path(argument: String($0)) }
    }

    /// The arguments with each long row of names as one of them.
    static func arranged(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var rest = arguments[...]
        while !rest.isEmpty {
            let row = rest.prefix { $0 == "-" || !$0.hasPrefix("-") }
            // The first may be the value of an option.
            let names = row.dropFirst()
            if names.count > shortRow {
                result += row.prefix(1) + [names.reduce(into: "") { $0 += "\(mark)\($1)" }]
            } else {
                result += row
            }
            rest = rest[row.endIndex...]
            // The option behind it.
            if let option = rest.popFirst() { result.append(option) }
        }
        return result
    }
}
