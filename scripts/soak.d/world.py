"""What a try stands in: a home of its own, the programs, plugins that can be told what to do, and audio."""

import os
import shutil
import signal
import struct
import subprocess
import threading
import time

BIN = os.environ["VT_BIN"]
SAMPLES = {}


class Skip(Exception):
    """This machine can't make such tries."""


# An engine that says how many bytes it got, and can be told to fail. It counts with the shell alone, so a kill hits nothing else.
ENGINE = r"""#!/bin/sh
case $1 in
describe) printf 'vt-plugin 1\ninput s16le\npartial yes\noption mode what it does\n' ;;
transcribe-v1)
    case $VT_OPTION_MODE in
    slow) sleep 0.2 ;;
    dies) kill -9 $$ ;;
    refuses) cat >/dev/null; printf 'error\tcome back tomorrow\n'; exit 75 ;;
    missing) printf 'error\tno model\n'; exit 69 ;;
    script) . "$SOAK_SCRIPT"; exit ;;
    esac
    printf 'final start=0.000 end=0.100\tbytes %s\n' "$(wc -c)" ;;
*) exit 64 ;;
esac
"""

DRIVER = r"""#!/bin/sh
case $1 in
describe) printf 'vt-plugin 1\n' ;;
type-v1)
    tab=$(printf '\t')
    while IFS=$tab read -r event words; do
        case ${event%% *} in
        text)
            case $SOAK_DRIVER in
            dies) [ -e "$SOAK_FOLDER/died" ] || { : >"$SOAK_FOLDER/died"; kill -9 $$; } ;;
            refuses) printf 'error\tno window\n'; exit 69 ;;
            esac
            printf '%s\n' "$words" >>"$SOAK_FOLDER/typed"; echo done ;;
        key) echo done ;;
        esac
    done ;;
*) exit 64 ;;
esac
"""

RECORDER = r"""#!/bin/bash
case $1 in
describe) printf 'vt-plugin 1\noutput s16le\n' ;;
record-v1) . "$SOAK_SCRIPT" ;;
*) exit 64 ;;
esac
"""


def wave(samples, rate=16000, size=None):
    """A WAV of 16-bit samples; of a stream that knows no length without `size`."""
    size = 0xFFFFFFFF if size is None else size
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", min(0xFFFFFFFF, size + 36), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16, b"data", size) + samples


def sound(rng, seconds):
    """Bytes that are no silence to anybody."""
    return b"".join(struct.pack("<h", (at % 160) * 125 - 10000) for at in range(int(seconds * 16000)))


def prepare(base):
    """Makes a file of each kind that this machine can write, to be damaged later."""
    plain = os.path.join(base, "plain.wav")
    data = sound(None, 1.0)
    with open(plain, "wb") as file:
        file.write(wave(data, size=len(data)))
    with open(plain, "rb") as file:
        SAMPLES["wav"] = file.read()
    if not shutil.which("ffmpeg"):
        return
    for ending, arguments in {
        "s24.wav": ["-c:a", "pcm_s24le"], "f32.wav": ["-c:a", "pcm_f32le"], "flac": [], "mp3": [], "opus": ["-c:a", "libopus"],
        "ogg": ["-c:a", "libvorbis"], "aiff": [], "au": [], "caf": [], "w64": [], "m4a": [], "mkv": [], "webm": ["-c:a", "libopus"],
        "ts": ["-f", "mpegts"], "flv": ["-c:a", "libmp3lame"], "aac": [], "wma": [],
    }.items():
        path = os.path.join(base, "sample." + ending)
        made = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", plain, *arguments, path], capture_output=True)
        if made.returncode == 0:
            with open(path, "rb") as file:
                SAMPLES[ending] = file.read()


class Result:
    """How a program ended, and what it wrote."""

    def __init__(self, status, output, errors, hung):
        self.status, self.output, self.errors, self.hung = status, output, errors, hung

    @property
    def text(self):
        return self.output.decode("utf-8", "replace")

    def __str__(self):
        return f"status {self.status}: {self.errors.decode('utf-8', 'replace').strip()[-300:]!r}"


class Trial:
    """One try."""

    def __init__(self, folder, rng):
        self.folder, self.rng = folder, rng
        self.problems = []
        self.peak = 0
        self.mounts = []
        for name in ["", "plugins", "state", "data", "config", "cache", "tmp", "work"]:
            os.makedirs(os.path.join(folder, name), mode=0o700, exist_ok=True)
        for name, text in {"vt-transcribe-soak": ENGINE, "vt-type-soak": DRIVER, "vt-record-soak": RECORDER}.items():
            self.write(os.path.join("plugins", name), text.encode(), mode=0o755)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, data, mode=0o600):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)
        return path

    def environment(self, **more):
        result = {
            "PATH": os.environ["PATH"], "HOME": self.folder, "XDG_STATE_HOME": self.path("state"), "XDG_DATA_HOME": self.path("data"),
            "XDG_CONFIG_HOME": self.path("config"), "XDG_CACHE_HOME": self.path("cache"), "XDG_RUNTIME_DIR": self.path("tmp"),
            "TMPDIR": self.path("tmp"), "VT_PLUGIN_PATH": self.path("plugins"), "SOAK_TRIAL": self.folder,
            "SOAK_FOLDER": self.folder, "LC_ALL": "C.UTF-8", "VT_API_KEY": "sk-made-up",
        }
        result.update(more)
        return result

    def start(self, program, *arguments, stdin=subprocess.DEVNULL, directory=None, **environment):
        return subprocess.Popen(
            [os.path.join(BIN, program), *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=directory or self.path("work"), env=self.environment(**environment), start_new_session=True)

    def finish(self, process, within=60, data=None):
        """Waits for a program. One that does not end is a hang, and one that ends by a signal that nobody sent a crash."""
        hung = False
        result = {}

        def read(name):
            try:
                result[name] = getattr(process, name).read()
            except ValueError:
                result[name] = b""

        readers = [threading.Thread(target=read, args=(name,)) for name in ("stdout", "stderr")]
        for reader in readers:
            reader.start()
        if data is not None:
            try:
                process.stdin.write(data)
            except (BrokenPipeError, ValueError):
                pass
            try:
                process.stdin.close()
            except BrokenPipeError:
                pass
        pid_file = f"/proc/{process.pid}/status"
        end = time.monotonic() + within
        while process.poll() is None:
            self.peak = max(self.peak, peak_of(pid_file))
            if time.monotonic() > end:
                hung = True
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                break
            time.sleep(0.01)
        for reader in readers:
            reader.join(10)
        return Result(process.returncode, result.get("stdout", b""), result.get("stderr", b""), hung)

    def run(self, program, *arguments, within=60, data=None, directory=None, **environment):
        stdin = subprocess.PIPE if data is not None else subprocess.DEVNULL
        return self.finish(self.start(program, *arguments, stdin=stdin, directory=directory, **environment), within, data)

    def check(self, result, allowed, what):
        """Whether it ended as it may."""
        if result.hung:
            self.problem("hang", what)
        elif result.status < 0 and result.status not in allowed or result.status in (132, 134, 139):
            self.problem("crash", f"{what}: {result}")
        elif result.status not in allowed:
            self.problem("status", f"{what}: {result}")
        else:
            return True
        return False

    def problem(self, category, text):
        self.problems.append((category, text))

    def small_disk(self, name, kibibytes):
        """Makes a folder a file system that is soon full."""
        if os.geteuid() != 0:
            raise Skip("only root mounts a small disk")
        path = self.path(name)
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k,mode=0700", "soak", path], capture_output=True)
        if made.returncode != 0:
            raise Skip("no small disk can be mounted here")
        self.mounts.append(path)

    def pending(self, **environment):
        """What is still owed, as vt-transcribe gives it: the texts."""
        result = self.run("vt-transcribe", "--pending", "--engine", "soak", "--option", "mode=ok", "--no-gate", **environment)
        return result, [line.split("\t", 1)[-1] for line in result.text.splitlines()]

    def look_for_orphans(self):
        """Finds processes of this try that go on; what stops within a moment is no orphan."""
        end = time.monotonic() + 4
        while True:
            left = self.processes()
            if not left or time.monotonic() > end:
                break
            time.sleep(0.1)
        for pid, name in left:
            self.problem("left behind", name)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def processes(self):
        mark = f"SOAK_TRIAL={self.folder}\0".encode()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if mark not in file.read() + b"\0":
                        continue
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found.append((int(pid), file.read().replace(b"\0", b" ").decode("utf-8", "replace")[:100]))
            except OSError:
                continue
        return [(pid, name) for pid, name in found if name]

    def clean(self):
        for path in self.mounts:
            subprocess.run(["umount", "--lazy", path], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def peak_of(path):
    """KiB of memory of its own that a process has had, as far as the kernel says it."""
    try:
        with open(path) as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
