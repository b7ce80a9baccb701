import Harness
import Testing

/// The manual says what the programs do, and the other way round.
@Suite(.enabled(if: Tool.isInstalled("mandoc"), "needs mandoc"))
struct EveryProgramHasAPage {
    @Test(arguments: EveryProgram.all) func helpAndPageNameTheSameOptions(_ program: String) throws {
        let help = optionsOfHelp(try run(program, "--help").text)
        let page = optionsOfPage(try EveryProgram.text("man/\(program).1"))
        #expect(help.subtracting(page) == [], "in --help, not in man/\(program).1")
        #expect(page.subtracting(help) == [], "in man/\(program).1, not in --help")
        #expect(help.contains("--help"))
    }

    @Test(arguments: EveryProgram.pages) func pagesAreWellFormed(_ page: String) throws {
        let path = "\(BuiltPrograms.packageDirectory)/man/\(page)"
        let result = try run("mandoc", "-T", "lint", "-W", "warning", path)
        #expect(result.text == "" && result.status == 0)
    }

    @Test(arguments: EveryProgram.pages) func pagesReferToPagesThatExist(_ page: String) throws {
        let own = Set(EveryProgram.pages)
        for line in try EveryProgram.text("man/\(page)").split(separator: "\n") where line.hasPrefix(".Xr vt") {
            let words = line.split(separator: " ")
            try #require(words.count >= 3, "\(line)")
            #expect(own.contains("\(words[1]).\(words[2])"), "\(page): \(line)")
        }
    }

    @Test func everyStatusOfAPageIsInTheTable() throws {
        let table = statuses(in: try EveryProgram.text("man/vt.7"))
        #expect(table.isSuperset(of: ["0", "1", "64", "69", "77", "78"]))
        for program in EveryProgram.compiled {
            let page = statuses(in: try EveryProgram.text("man/\(program).1"))
            #expect(!page.isEmpty, "man/\(program).1 lists its exit statuses")
            #expect(page.subtracting(table) == [], "man/\(program).1")
        }
    }

    /// The options that a help text defines: lines that begin with two blanks and an option.
    private func optionsOfHelp(_ text: String) -> Set<String> {
        var options: Set<String> = []
        for line in text.split(separator: "\n") {
            guard let match = line.prefixMatch(of: /\x20\x20(?:(-\w), )?(--[a-z][a-z0-9-]*)/) else { continue }
            options.insert(String(match.2))
            if let short = match.1 { options.insert(String(short)) }
        }
        return options
    }

    /// The options that a page defines: items of a list that hold `Fl Fl name`, `Fl -name` or `Fl n`.
    private func optionsOfPage(_ text: String) -> Set<String> {
        var options: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix(".It Fl ") {
            // `Ar` and what follows it is the value's name; after a comma the macro goes on.
            var dashes = ""
            var isFlag = false
            var isAfterComma = false
            for word in line.split(separator: " ").dropFirst() {
                switch word {
                case "Fl":
                    dashes = isAfterComma ? "-" : dashes + "-"
                    isAfterComma = false
                    isFlag = true
                case ",", "|": isAfterComma = true
                case _ where word.count == 2 && word.first?.isUppercase == true: isFlag = false
                default:
                    if isFlag { options.insert((isAfterComma ? "-" : dashes) + word) }
                    dashes = ""
                    isAfterComma = false
                }
            }
        }
        return options
    }

    /// The numbers that the items of EXIT STATUS begin with.
    private func statuses(in page: String) -> Set<String> {
        guard let begin = page.firstRange(of: ".Sh EXIT STATUS\n")?.upperBound else { return [] }
        let rest = page[begin...]
        let section = rest[..<(rest.firstRange(of: "\n.Sh ")?.lowerBound ?? rest.endIndex)]
        return Set(section.split(separator: "\n").compactMap { $0.wholeMatch(of: /\.It (\d+)/).map { String($0.1) } })
    }
}
