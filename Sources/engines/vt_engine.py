"""What the bundled engines in Python have in common: vt-plugin(7), and a home of their own for each recogniser.

A recogniser lives in a private virtual environment, $XDG_DATA_HOME/vt/engines/NAME. `vt-transcribe-NAME install` makes it
from pinned wheels, of which pip checks the hashes; nothing else ever fetches anything. The engine's script runs under any
Python 3 until it needs the recogniser, and then goes on in that environment: `describe` costs the start of an interpreter.
"""
# What is only needed now and then is imported there: `describe` is asked often.
import os
import sys

# An engine on this machine talks to nobody. The host says so to the libraries, too (QuietVariables.swift has the reasons); a person
# may run this by hand. Set before anything is imported that reads them.
os.environ.update(
    ORT_DISABLE_TELEMETRY="1", ORT_TELEMETRY_DISABLED="1", HF_HUB_DISABLE_TELEMETRY="1", DISABLE_TELEMETRY="1",
    DO_NOT_TRACK="1", PYANNOTE_METRICS_ENABLED="0",
)
if sys.argv[1:2] != ["install"]:
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1")

VERSION = "0.1.0"
# Blocks of audio: 100 ms.
BLOCK = 3200


class Failure(Exception):
    """Why there is no text.

    status: one of vt(7). message: one line, which says what to do where there is something to do.
    """

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


# --- Events ------------------------------------------------------------------------------------------------------------

# Libraries greet on standard output. That is not the transcript: it goes to standard error, and events keep the pipe.
_events = None


def keep_events_apart():
    global _events
    _events = os.dup(1)
    os.dup2(2, 1)


def event(verb, text="", **attributes):
    """Writes one event line (vt-events(5)), at once. Times are seconds; an attribute that is None is left out."""
    line = verb
    for name, value in attributes.items():
        if isinstance(value, float):
            value = f"{max(value, 0.0):.3f}"
        if value is not None:
            line += f" {name}={value}"
    text = " ".join(str(text).split())
    data = (line + "\t" + text + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(_events, data) :]


def final(text, start=None, end=None, words=(), **attributes):
    """Writes an utterance with its words, each (text, start, end, confidence); nothing where nothing was understood."""
    if not text.strip():
        return
    for word, word_start, word_end, confidence in words:
        if word.strip():
            confidence = None if confidence is None else min(max(float(confidence), 0.0), 1.0)
            event("word", word, start=word_start, end=word_end, confidence=confidence)
    event("final", text, start=start, end=end, **attributes)


# --- Audio -------------------------------------------------------------------------------------------------------------


def blocks_of_input():
    """Samples from standard input as they come, in blocks of whole samples (s16le) of at most 100 ms."""
    rest = b""
    while True:
        read = os.read(0, BLOCK)
        data = rest + read
        whole = len(data) & ~1
        rest = data[whole:]
        if whole:
            yield data[:whole]
        if not read:
            return


def blocks_of_file(path):
    """The samples of a WAV file of the host's: complete, 16 bit, mono, at VT_RATE (vt-plugin(7), Batches)."""
    try:
        file = open(path, "rb")
    except OSError as error:
        raise Failure(66, f"{path}: {error.strerror}") from None
    with file:
        head = file.read(12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
            raise Failure(65, f"{path} is no WAV file")
        long_size = None
        while True:
            chunk = file.read(8)
            if len(chunk) < 8:
                raise Failure(65, f"{path} has no data chunk")
            name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
            if name == b"data":
                if size == 0xFFFFFFFF and long_size is not None:
                    size = long_size
                break
            body = file.read(size + (size & 1))
            if name == b"ds64" and len(body) >= 16:
                long_size = int.from_bytes(body[8:16], "little")
            if name == b"fmt " and body[2:8] != bytes([1, 0]) + rate().to_bytes(4, "little"):
                raise Failure(65, f"{path} is not mono at {rate()} Hz")
        while size > 0:
            data = file.read(min(size, BLOCK))
            if not data:
                return
            size -= len(data)
            yield data[: len(data) & ~1]


def rate():
    return int(os.environ.get("VT_RATE", "16000"))


# --- Settings ----------------------------------------------------------------------------------------------------------


def option(name):
    """The value of `--option NAME=`, or None."""
    return os.environ.get("VT_OPTION_" + name.upper().replace("-", "_")) or None


def choice(name, default):
    """An option that is yes or no."""
    value = option(name)
    if value not in (None, "yes", "no"):
        raise Failure(64, f"{name}={value}: it is yes or no")
    return default if value is None else value == "yes"


def number(name, low, high):
    """An option that is a whole number, or None."""
    value = option(name)
    if value is None:
        return None
    if not value.isdigit() or not low <= int(value) <= high:
        raise Failure(64, f"{name}={value}: it is a whole number from {low} to {high}")
    return int(value)


def model():
    """The model asked for, by `--model` or `--option model=`; None where none was."""
    return os.environ.get("VT_MODEL") or option("model")


def language():
    return os.environ.get("VT_LANGUAGE") or None


def folder(variable, default):
    """An XDG base folder."""
    value = os.environ.get(variable, "")
    return value if value.startswith("/") else os.path.join(os.path.expanduser("~"), default)


# --- The recogniser's home ---------------------------------------------------------------------------------------------


def home(name):
    return os.path.join(folder("XDG_DATA_HOME", ".local/share"), "vt/engines", name)


def make_folders(path):
    """Makes a folder, those above it too. A home that is missing is not ours to make; nor does root make folders in another
    user's, who could not use them afterwards."""
    user_home = os.path.expanduser("~")
    if os.path.join(path, "").startswith(os.path.join(user_home, "")) and not os.path.isdir(user_home):
        raise Failure(73, f"the home {user_home} does not exist: make it, or set HOME to one that does")
    above = path
    while not os.path.exists(above):
        above = os.path.dirname(above)
    if above != path and os.geteuid() == 0 != os.stat(above).st_uid:
        raise Failure(73, f"{path}: {above} belongs to another user, who could not use what root makes there")
    os.makedirs(path, mode=0o700, exist_ok=True)


def command(*words):
    """This engine's own command line, for a message: what a person can paste."""
    return "“" + " ".join((os.path.abspath(sys.argv[0]),) + words) + "”"


def reason(error):
    """What an error of the network says, in its own words, without the libraries around it."""
    import re

    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    system = re.search(r"\[Errno -?\d+\] ([^'\")\]>]+)", text)
    return system.group(1).strip() if system else re.sub(r"^Got: \w+: ", "", text)


def _requirements(name):
    return os.path.join(os.path.dirname(os.path.realpath(sys.argv[0])), name + ".requirements")


def _stamp(name):
    """What an installation was made from: it is made again when that changes."""
    import hashlib

    with open(_requirements(name), "rb") as file:
        digest = hashlib.sha256(file.read())
    digest.update(repr((sys.version_info[:2], os.uname().machine)).encode())
    return digest.hexdigest()


def _is_installed(name):
    try:
        with open(os.path.join(home(name), "installed")) as file:
            return file.read() == _stamp(name)
    except OSError:
        return False


def _go_on_inside(name):
    """Goes on in the recogniser's environment, with the same arguments; returns there."""
    place = home(name)
    if os.path.realpath(sys.prefix) == os.path.realpath(place):
        return
    python = os.path.join(place, "bin/python")
    if not os.access(python, os.X_OK):
        raise Failure(69, f"{name} is not installed: run {command('install')}")
    # What the caller's Python is told must not get into this one.
    os.execv(python, [python, "-E", "-B", os.path.abspath(sys.argv[0])] + sys.argv[1:])


def _install(name):
    """Makes the environment, whole or not at all. Returns whether there was anything to do."""
    import fcntl
    import shutil

    place = home(name)
    above = os.path.dirname(place)
    try:
        make_folders(above)
        lock = os.open(os.path.join(above, f".{name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Failure(73, f"{above}: {error.strerror}") from None
    fcntl.flock(lock, fcntl.LOCK_EX)
    # What an installation that was killed has left.
    for entry in os.listdir(above):
        if entry.startswith(f".{name}.") and entry != f".{name}.lock":
            shutil.rmtree(os.path.join(above, entry), ignore_errors=True)
    if _is_installed(name):
        return False
    new = os.path.join(above, f".{name}.new")
    try:
        _run([sys.executable, "-m", "venv", "--without-pip", new], name)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
        pip += ["--python", os.path.join(new, "bin/python"), "install", "--require-hashes", "--no-deps"]
        pip += ["--only-binary", ":all:", "--retries", "2", "-r", _requirements(name)]
        _run(pip, name)
        with open(os.path.join(new, "installed"), "w") as file:
            file.write(_stamp(name))
        old = os.path.join(above, f".{name}.old")
        if os.path.lexists(place):
            os.rename(place, old)
        os.rename(new, place)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise Failure(73, f"{place}: {error.strerror}") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return True


def _run(words, name):
    import subprocess

    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    if result.returncode == 0:
        return
    said = (result.stderr.strip() or result.stdout.strip()).splitlines()
    if any("No module named pip" in line for line in said):
        raise Failure(69, "Python has no pip: apt-get install python3-pip")
    if any("No module named venv" in line for line in said):
        raise Failure(69, "Python has no venv: apt-get install python3-venv")
    broken = next((line for line in said if "connection broken by" in line), None)
    if broken:
        # pip then says that there are no versions of it.
        raise Failure(69, f"{name} cannot be installed: the package index cannot be reached: {reason(broken)}")
    why = next((line for line in said if "HASH" in line or "hash" in line), None)
    why = why or next((line for line in said if "ERROR" in line), said[-1] if said else "it said nothing")
    raise Failure(69, f"{name} cannot be installed: pip: {why.replace('ERROR: ', '')}")


# --- A program ---------------------------------------------------------------------------------------------------------


class Engine:
    """A recogniser as a plugin; `main(Engine())` is the whole program.

    name: NAME of vt-transcribe-NAME. summary: for --list-engines. partial: whether it gives partial results.
    options: name to what it does. usage: what stands after `install` in the usage. Its methods import the recogniser.
    """

    name = summary = usage = ""
    partial = False
    options = {}

    def load(self):
        """Loads the model that the settings ask for; Failure 69 where it is not there, naming the command that gets it."""
        raise NotImplementedError

    def transcribe(self, blocks):
        """Recognises one recording: reads all of its blocks (s16le) and writes events."""
        raise NotImplementedError

    def fetch(self, name):
        """Fetches a model, at the user's request, with the recogniser's own means; Failure where that fails."""
        raise NotImplementedError


def _say(text):
    """Writes to standard output: not by `print`, whose failures come when nobody looks any more."""
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(1, data) :]


def _describe(engine):
    lines = ["vt-plugin 1", f"summary {engine.summary}", "input s16le"]
    lines += [f"partial {'yes' if engine.partial else 'no'}", "files yes", "requires python3"]
    # Its model is loaded before the first sample is asked for.
    lines.append("standby yes")
    lines += [f"option {name} {what}" for name, what in engine.options.items()]
    _say("\n".join(lines) + "\n")


def _help(engine):
    return f"""USAGE: vt-transcribe-{engine.name} describe | transcribe-v1 | transcribe-files-v1
       vt-transcribe-{engine.name} install {engine.usage}

{engine.summary}: an engine of vt-transcribe.
install puts the recogniser into {home(engine.name)}
and fetches the models that are named. Nothing else fetches anything.

OPTIONS:
  -h, --help              Show this, and exit.
  --version               Show the version, and exit.
"""


def _prepared(engine):
    if rate() != 16000 or os.environ.get("VT_CHANNELS", "1") != "1":
        raise Failure(64, "it takes 16000 Hz, mono")
    try:
        engine.load()
    except ImportError as error:
        raise Failure(69, f"its installation is broken ({error}): run {command('install')}") from None


def _transcribe_files(engine):
    _prepared(engine)
    for line in sys.stdin:
        status = 0
        try:
            engine.transcribe(blocks_of_file(line.rstrip("\n")))
        except Failure as failure:
            event("error", failure)
            status = failure.status
        except Exception as error:
            _blame(error)
            status = 70
        event("done", status=status)


def _blame(error):
    """Tells whatever a recogniser threw at us: its own words, and where it was."""
    import traceback

    traceback.print_exc()
    if _events is not None:
        event("error", f"{type(error).__name__}: {error}")


def _install_all(engine, models):
    if os.path.realpath(sys.prefix) != os.path.realpath(home(engine.name)):
        is_new = _install(engine.name)
        _say(f"{'installed' if is_new else 'there already:'} {home(engine.name)}\n")
    if models:
        _go_on_inside(engine.name)
    for name in models:
        _say(f"fetched {name}: {engine.fetch(name)}\n")


def main(engine):
    arguments = sys.argv[1:]
    operation = arguments[0] if arguments else ""
    is_plugin = operation in ("transcribe-v1", "transcribe-files-v1") and len(arguments) == 1
    try:
        if operation == "describe":
            return _describe(engine)
        if operation in ("-h", "--help", "--version"):
            return _say(VERSION + "\n" if operation == "--version" else _help(engine))
        if operation == "install" and not any(word.startswith("-") for word in arguments):
            return _install_all(engine, arguments[1:])
        if not is_plugin:
            raise Failure(64, f"unknown operation “{' '.join(arguments)}”; --help shows what there is")
        _go_on_inside(engine.name)
        keep_events_apart()
        if operation == "transcribe-v1":
            _prepared(engine)
            engine.transcribe(blocks_of_input())
        else:
            _transcribe_files(engine)
    except Failure as failure:
        if is_plugin:
            if _events is None:
                keep_events_apart()
            event("error", failure)
        print(f"vt-transcribe-{engine.name}: {failure}", file=sys.stderr)
        sys.exit(failure.status)
    except OSError as error:
        print(f"vt-transcribe-{engine.name}: {error}", file=sys.stderr)
        sys.exit(74)
    except KeyboardInterrupt:
        import signal

        # As a program that doesn't catch it: a shell's loop stops, too.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except Exception as error:
        _blame(error)
        sys.exit(70)
