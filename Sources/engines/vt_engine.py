"""What the bundled engines in Python have in common: vt-plugin(7), and a home of their own for each recogniser.

A recogniser lives in a private virtual environment, $XDG_DATA_HOME/vt/engines/NAME, which vt_models.py makes at the user's request;
nothing else fetches anything. The engine's script runs under any Python 3 until it needs the recogniser, and goes on in that
environment then: `describe` costs the start of an interpreter.
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
if sys.argv[1:2] != ["install"] and sys.argv[1:3] != ["models-v1", "install"]:
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1")

VERSION = "0.1.0"
BLOCK = 3200  # bytes of audio read at once: 100 ms


class Failure(Exception):
    """Why there is no text, or no model.

    status: one of vt(7). message: one line. hint: what to do, None if there is nothing; a command is written as it is typed.
    """

    def __init__(self, status, message, hint=None):
        super().__init__(message)
        self.status, self.hint = status, hint
        # Whether the host knows already.
        self.is_told = False


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
            line += f" {name}={quoted(str(value))}"
    text = " ".join(str(text).split())
    data = (line + "\t" + text + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(_events, data) :]


def quoted(value):
    """An attribute's value as it is, or as a JSON string if it has blanks, quotes or other characters (vt-events(5))."""
    import json

    if value and all("!" <= character <= "~" and character != '"' for character in value):
        return value
    return json.dumps(value)


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
            raise Failure(65, f"{path} is not a WAV file")
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


def command(name, model=None):
    """What installs a recogniser, with a model: a line that a person can paste."""
    return f"vt-models install {name}" + (f"/{model}" if model and not model.startswith(("/", ".")) else "")


def reason(error):
    """What an error of the network says, in its own words, without the libraries around it."""
    import re

    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    system = re.search(r"\[Errno -?\d+\] ([^'\")\]>]+)", text)
    return system.group(1).strip() if system else re.sub(r"^Got: \w+: ", "", text)


def is_inside(name):
    return os.path.realpath(sys.prefix) == os.path.realpath(home(name))


def go_on_inside(engine):
    """Goes on in the recogniser's environment, with the same arguments; returns there."""
    if is_inside(engine.name):
        return
    python = os.path.join(home(engine.name), "bin/python")
    if not os.access(python, os.X_OK):
        raise Failure(69, f"{engine.name} is not installed", command(engine.name, model() or engine.default_model()))
    if _events is not None:
        os.dup2(_events, 1)
    # What the caller's Python is told must not get into this one.
    os.execv(python, [python, "-E", "-B", os.path.abspath(sys.argv[0])] + sys.argv[1:])


# --- A program ---------------------------------------------------------------------------------------------------------


class Engine:
    """A recogniser as a plugin; `main(Engine())` is the whole program.

    name: NAME of vt-transcribe-NAME. summary: for --list-engines. partial: whether it gives partial results.
    options: name to what it does. heeds: settings that it understands beside language, model and prompt.
    usage: what stands after `install` in the usage. Its methods import the recogniser, but for `models` and the names.
    """

    name = summary = usage = ""
    partial = False
    options = {}
    heeds = ()

    def load(self):
        """Loads the model that the settings ask for; Failure 69 if it is not there, with the command that gets it."""
        raise NotImplementedError

    def transcribe(self, blocks):
        """Recognises one recording: reads all of its blocks (s16le) and writes events."""
        raise NotImplementedError

    def default_model(self):
        """The name of the model that is used if nothing else is asked for."""
        raise NotImplementedError

    def canonical(self, name):
        """The name in `models` of what may be called otherwise, too."""
        return name

    def models(self):
        """All models (vt_models.Model): those that are installed, and those that can be. Asks nobody."""
        raise NotImplementedError

    def fetch(self, name, teller):
        """Fetches a model, at the user's request, and tells how far it is (vt_models.Download); Failure if that fails."""
        raise NotImplementedError

    def removal(self, model):
        """The file or folder that is removed for an installed model."""
        return model.path

    def verify(self, model):
        """Compares an installed model with what its publisher says of it; Failure 78 if it is damaged."""
        raise NotImplementedError


def say(text):
    """Writes to standard output: not by `print`, whose failures come when nobody looks any more."""
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(1, data) :]


def _describe(engine):
    lines = ["vt-plugin 1", f"summary {engine.summary}", "input s16le"]
    lines += [f"partial {'yes' if engine.partial else 'no'}", "files yes", "requires python3"]
    # Its model is loaded before the first sample is asked for.
    lines += ["standby yes", "models yes"] + ([f"heeds {' '.join(engine.heeds)}"] if engine.heeds else [])
    lines += [f"option {name} {what}" for name, what in engine.options.items()]
    say("\n".join(lines) + "\n")


def _help(engine):
    import vt_models

    return f"""USAGE: vt-transcribe-{engine.name} describe | transcribe-v1 | transcribe-files-v1
       vt-transcribe-{engine.name} models-v1 list | install | remove | verify
       vt-transcribe-{engine.name} install {engine.usage}

{engine.summary}: an engine of vt-transcribe.
{command(engine.name, engine.default_model())}
puts the recogniser into {home(engine.name)}
and fetches the model. Nothing else fetches anything.

MODELS:
{vt_models.table(engine)}

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
        raise Failure(69, f"its installation is broken ({error})", command(engine.name)) from None


def _transcribe_files(engine):
    _prepared(engine)
    for line in sys.stdin:
        # What the end of the input cuts off is no request (vt-plugin(7), "Batches").
        if not line.endswith("\n"):
            break
        path, status = line.rstrip("\n"), 0
        try:
            engine.transcribe(blocks_of_file(path))
        except Failure as failure:
            event("error", failure, hint=failure.hint)
            status = failure.status
        except Exception as error:
            _blame(error)
            status = 70
        event("done", status=status, path=path)


def _blame(error):
    """Tells whatever a recogniser threw at us: its own words, and where it was."""
    import traceback

    traceback.print_exc()
    if _events is not None:
        event("error", f"{type(error).__name__}: {error}")


class Ended(BaseException):
    """A signal that ends the program, once what is half done has been tidied up."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


def _plugin(engine, operation, words):
    """An operation that answers with events."""
    keep_events_apart()
    if operation == "models-v1":
        import vt_models

        vt_models.tidy_up_when_ended()
        vt_models.run(engine, words[0] if words else "", words[1:])
    elif operation == "transcribe-v1":
        go_on_inside(engine)
        _prepared(engine)
        engine.transcribe(blocks_of_input())
    else:
        go_on_inside(engine)
        _transcribe_files(engine)


def _person(engine, operation, words):
    """What a person asks for."""
    if operation in ("-h", "--help", "--version") or (operation == "install" and words[:1] in (["-h"], ["--help"])):
        say(VERSION + "\n" if operation == "--version" else _help(engine))
    elif operation == "install" and not any(word.startswith("-") for word in words):
        import vt_models

        vt_models.tidy_up_when_ended()
        vt_models.install(engine, words, vt_models.ToPerson())
    else:
        raise Failure(64, f"unknown operation {' '.join([operation] + words)!r}", "--help shows what there is")


def main(engine):
    operation, *words = sys.argv[1:] or [""]
    is_plugin = operation == "models-v1" or (operation in ("transcribe-v1", "transcribe-files-v1") and not words)
    try:
        if operation == "describe":
            _describe(engine)
        else:
            (_plugin if is_plugin else _person)(engine, operation, words)
    except Failure as failure:
        if is_plugin and not failure.is_told:
            event("error", failure, hint=failure.hint)
        print(f"vt-transcribe-{engine.name}: {failure}", file=sys.stderr)
        if failure.hint:
            print(f"hint: {failure.hint}", file=sys.stderr)
        sys.exit(failure.status)
    except OSError as error:
        print(f"vt-transcribe-{engine.name}: {error}", file=sys.stderr)
        sys.exit(74)
    except (KeyboardInterrupt, Ended) as end:
        import signal

        # As a program that doesn't catch it: a shell's loop stops, too.
        number = end.number if isinstance(end, Ended) else signal.SIGINT
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    except Exception as error:
        _blame(error)
        sys.exit(70)
