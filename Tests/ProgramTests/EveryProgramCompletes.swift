import Harness
import Testing

/// The completions that are committed are those that the programs generate, and the shells can read them.
@Suite struct EveryProgramCompletes {
    @Test(arguments: EveryProgram.compiled, ["bash", "zsh", "fish"])
    func committedFilesAreFresh(_ program: String, _ shell: String) throws {
        let generated = try run(program, "--generate-completion-script", shell)
        #expect(generated.status == 0, "\(generated)")
        let isFresh = try EveryProgram.text(path(program, shell)) == generated.text
        #expect(isFresh, "\(path(program, shell)) is stale: run scripts/completions and commit what it writes")
    }

    @Test(arguments: EveryProgram.compiled + EveryProgram.scripts, ["bash", "zsh", "fish"])
    func shellsCanReadThem(_ program: String, _ shell: String) throws {
        guard Tool.isInstalled(shell) else { return }
        let file = "\(BuiltPrograms.packageDirectory)/\(path(program, shell))"
        let result = try run(shell, "-n", file)
        #expect(result.status == 0 && result.errors == "", "\(result)")
    }

    @Test(arguments: [("vt-dictate", "st", ["start", "stop", "status"]), ("vt-type", "--list", ["--list-drivers"])])
    func bashCompletes(_ program: String, _ word: String, _ expected: [String]) throws {
        let file = "\(BuiltPrograms.packageDirectory)/\(path(program, "bash"))"
        let script = """
            source /usr/share/bash-completion/bash_completion 2>/dev/null
            source '\(file)'
            COMP_WORDS=(\(program) \(word)) COMP_CWORD=1 COMP_LINE='\(program) \(word)' COMP_POINT=\(program.count + 1 + word.count)
            complete -p \(program) >/dev/null || exit 3
            function=$(complete -p \(program) | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            $function \(program) \(word) \(program)
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let result = try run("bash", "-c", script)
        let words = result.text.split(separator: "\n").map { $0.trimmingPrefix(" ").filter { $0 != " " } }
        #expect(Set(words) == Set(expected), "\(result)")
    }

    private func path(_ program: String, _ shell: String) -> String {
        switch shell {
        case "bash": "completions/bash/\(program)"
        case "zsh": "completions/zsh/_\(program)"
        default: "completions/fish/\(program).fish"
        }
    }
}
