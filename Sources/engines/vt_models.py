"""Installing: the operation `models-v1` of vt-plugin(7) for the bundled engines in Python, and `install`, its older spelling.

A recogniser lives in a private virtual environment, $XDG_DATA_HOME/vt/engines/NAME, made from pinned wheels of which pip checks the
hashes. Its models are where the recogniser itself looks for them.
"""
import os
import sys

import vt_engine
from vt_engine import Failure, event


class Model:
    """A model that there is, or that can be had.

    name: as `--model` takes it. path: where it is; None if it is not installed. size: bytes; roughly, if it is not installed.
    languages: tags; none if it is not known. The rest is as in vt-plugin(7), "Models".
    """

    def __init__(self, name, summary, size=None, languages=(), path=None, default=False, **attributes):
        self.name, self.summary, self.path, self.is_default = name, summary, path, default
        self.size, self.languages, self.attributes = size, languages, attributes

    def tell(self):
        size = folder_size(self.path) if self.path else self.size
        attributes = {key.replace("_", "-"): value for key, value in self.attributes.items()}
        event(
            "model", self.summary, name=self.name, state="installed" if self.path else "available", size=size,
            languages=",".join(self.languages) or None, default="yes" if self.is_default else None, path=self.path,
            **attributes,
        )


def folder_size(path):
    """Bytes of a file, or of all in a folder, links followed."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(
        os.path.getsize(os.path.join(place, name))
        for place, _, names in os.walk(path, followlinks=True)
        for name in names
        if os.path.exists(os.path.join(place, name))
    )


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


def table(engine):
    """The models, for a person to read."""
    return "\n".join(
        f"  {model.name:30} {'installed' if model.path else f'{model.size / 1e6:.0f} MB':>9}  {model.summary}"
        for model in engine.models())


# --- Who is told ------------------------------------------------------------------------------------------------------


class ToHost:
    """Tells the host, by event lines."""

    def status(self, text):
        event("status", text)

    def progress(self, name, done, total):
        event("progress", name=name, done=done, total=total)

    def engine(self, place, is_new):
        self.status(f"{'installed' if is_new else 'there already:'} {place}")

    def model(self, model):
        model.tell()


class ToPerson:
    """Tells a person who has typed `vt-transcribe-NAME install`: results on standard output, the rest on a terminal only."""

    def status(self, text):
        self.draw(text)

    def progress(self, name, done, total):
        share = f"{100 * done // total} % of " if total else ""
        self.draw(f"{name}: {share}{(total or done) / 1e6:.0f} MB")

    def draw(self, text):
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    def engine(self, place, is_new):
        self.draw("")
        vt_engine.say(f"{'installed' if is_new else 'there already:'} {place}\n")

    def model(self, model):
        self.draw("")
        vt_engine.say(f"fetched {model.name}: {model.path}\n")


class Download:
    """How far the download of a model is. Not every block is told: ten times a second is enough."""

    def __init__(self, teller, name, total=None):
        self.teller, self.name, self.total = teller, name, total
        self.done, self.told = 0, None

    def add(self, count):
        import time

        self.done += count
        if self.total:
            self.total = max(self.total, self.done)
        now = time.monotonic()
        if self.told is None or now - self.told >= 0.1 or self.done == self.total:
            self.told = now
            self.teller.progress(self.name, self.done, self.total)


def check_room(path, size):
    """Failure 73 if the disk with a folder lacks the room for so many bytes."""
    import shutil

    free = shutil.disk_usage(path).free
    if size and free < size:
        raise Failure(
            73, f"{path} has room for {free // 1000000} MB, and {size // 1000000} are needed",
            "vt-models remove NAME makes room")


def not_fetched(what, place, error, other):
    """A download that failed, with what to do about it. other: ways beside trying again."""
    import errno

    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
        return Failure(73, f"{what}: {error.strerror}: {error.filename or place}")
    proxy = "set HTTPS_PROXY if a proxy is the way out"
    return Failure(
        69, f"{what} cannot be fetched from {place}: {vt_engine.reason(error)}", f"try again; {proxy}; {other}")


def mirror(default):
    """The publisher's address, or the mirror that the user has set."""
    return (os.environ.get("VT_MODEL_MIRROR") or default).rstrip("/")


def tidy_up_when_ended():
    import signal

    def end(number, _):
        raise vt_engine.Ended(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)


# --- What is done -----------------------------------------------------------------------------------------------------


def run(engine, word, names):
    """One call of `models-v1`."""
    if word == "list" and not names:
        for model in engine.models():
            model.tell()
        if not os.access(os.path.join(vt_engine.home(engine.name), "bin/python"), os.X_OK):
            hint = vt_engine.command(engine.name, engine.default_model())
            event("warning", f"{engine.name} is not installed", hint=hint)
    elif word == "install":
        install(engine, names, ToHost())
    elif word == "remove" and names:
        each(names, lambda name: remove(engine, name))
    elif word == "verify":
        here = [model.name for model in engine.models() if model.path]
        each(names or here, lambda name: verify(engine, name))
    else:
        raise Failure(64, "models-v1 is followed by list, install, remove NAME... or verify")


def each(names, action):
    """Does it for each; at the end fails with the first failure's status, all of them told."""
    first = None
    for name in names:
        try:
            action(name)
        except Failure as failure:
            event("error", failure, name=name, hint=failure.hint)
            first = first or failure
    if first:
        first.is_told = True
        raise first


def installed(engine, name):
    """The model of this name; Failure 66 if it is not installed."""
    wanted = engine.canonical(name)
    model = next((model for model in engine.models() if model.path and model.name == wanted), None)
    if not model:
        raise Failure(66, f"{name} is not installed", "vt-models list shows what is")
    return model


def remove(engine, name):
    import shutil

    path = engine.removal(installed(engine, name))
    try:
        # Gone at once, however long it takes: half a model would still be found.
        gone = os.path.join(os.path.dirname(path), f".removed-{os.getpid()}")
        os.rename(path, gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise Failure(73, f"{path} cannot be removed: {error.strerror}") from None
    event("status", f"removed {path}", name=name)


def verify(engine, name):
    model = installed(engine, name)
    engine.verify(model)
    event("model", model.summary, name=model.name, state="installed")


def install(engine, names, teller):
    """Installs the recogniser, and the models that are named."""
    if os.path.realpath(sys.prefix) != os.path.realpath(vt_engine.home(engine.name)):
        is_new = install_recogniser(engine.name, teller)
        teller.engine(vt_engine.home(engine.name), is_new)
    if names:
        vt_engine.go_on_inside(engine)
    for name in names:
        engine.fetch(name, teller)
        teller.model(installed(engine, name))


# --- The recogniser's home --------------------------------------------------------------------------------------------


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
        with open(os.path.join(vt_engine.home(name), "installed")) as file:
            return file.read() == _stamp(name)
    except OSError:
        return False


def install_recogniser(name, teller):
    """Makes the environment, whole or not at all. Returns whether there was anything to do."""
    import fcntl
    import shutil

    place = vt_engine.home(name)
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
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        pip += ["--python", os.path.join(new, "bin/python"), "install", "--require-hashes", "--no-deps"]
        pip += ["--only-binary", ":all:", "--retries", "2", "-r", _requirements(name)]
        with open(_requirements(name)) as file:
            packages = sum("==" in line or " @ " in line for line in file)
        _run(pip, name, lambda line, count: _tell_package(teller, name, line, count, packages))
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


def _tell_package(teller, name, line, count, packages):
    """Tells of a line of pip's. Returns how many packages it has fetched."""
    import re

    if found := re.match(r"\s*(Downloading|Using cached) (\S+?)-[0-9]\S*(?: \((.*)\))?", line):
        count += 1
        size = f" ({found[3]})" if found[3] else ""
        teller.status(f"{name}: package {min(count, packages)} of {packages}, {found[2]}{size}")
    elif line.startswith("Installing collected packages"):
        teller.status(f"{name}: unpacking {packages} packages")
    return count


def _run(words, name, on_line=None):
    """Runs pip or venv. on_line: gets a line that it writes and what it returned for the one before, 0 at first."""
    import subprocess
    import tempfile

    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONUNBUFFERED"] = "1"
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace",
            env=environment)
        written, state = [], 0
        try:
            for line in child.stdout:
                written.append(line)
                state = on_line(line, state) if on_line else 0
            status = child.wait()
        finally:
            child.kill()
            child.wait()
        if status == 0:
            return
        errors.seek(0)
        lines = (errors.read().strip() or "".join(written).strip()).splitlines()
    if any("No module named pip" in line for line in lines):
        raise Failure(69, "Python has no pip", "apt-get install python3-pip")
    if any("No module named venv" in line for line in lines):
        raise Failure(69, "Python has no venv", "apt-get install python3-venv")
    broken = next((line for line in lines if "connection broken by" in line), None)
    if broken:
        # pip then says that there are no versions of it.
        raise Failure(
            69, f"{name} cannot be installed: the package index cannot be reached: {vt_engine.reason(broken)}",
            "try again; set HTTPS_PROXY if a proxy is the way out; PIP_INDEX_URL names another index, PIP_FIND_LINKS a"
            " folder with the packages")
    why = next((line for line in lines if "HASH" in line or "hash" in line), None)
    why = why or next((line for line in lines if "ERROR" in line), lines[-1] if lines else "it gave no reason")
    raise Failure(69, f"{name} cannot be installed: pip: {why.replace('ERROR: ', '')}")
