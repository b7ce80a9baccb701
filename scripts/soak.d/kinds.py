"""The kinds of tries. Each checks what DESIGN promises: nothing is lost, the status is right, it ends."""

import os
import re
import signal
import subprocess
import threading
import time

import servers
import world

ENGINE = ["--engine", "soak", "--no-gate"]
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


def feed(process, data, rng, pause):
    """Writes to a program in pieces, as a recorder does; says how many bytes went through."""
    written = 0
    try:
        while written < len(data):
            count = rng.randrange(1, 20000)
            written += os.write(process.stdin.fileno(), data[written:written + count])
            if pause:
                time.sleep(pause)
    except OSError:
        pass
    try:
        process.stdin.close()
    except OSError:
        pass
    return written


def pipe(trial):
    """A recording from a pipe, an engine that may fail, and perhaps a signal: the text is out, or the recording is there."""
    rng = trial.rng
    samples = world.sound(rng, rng.uniform(0.1, 8))
    data = world.wave(samples)
    mode = rng.choice(["ok", "ok", "slow", "dies", "refuses", "missing"])
    signal_number = rng.choice([None, None, *SIGNALS])
    process = trial.start("vt-transcribe", *ENGINE, "--option", f"mode={mode}", stdin=subprocess.PIPE)
    fed = {}
    feeder = threading.Thread(target=lambda: fed.update(count=feed(process, data, rng, rng.choice([0, 0.002]))))
    feeder.start()
    if signal_number:
        time.sleep(rng.uniform(0, 0.6))
        process.send_signal(signal_number)
    result = trial.finish(process)
    feeder.join(30)
    allowed = {"ok": {0}, "slow": {0}, "dies": {69, 76}, "refuses": {75}, "missing": {69}}[mode]
    if signal_number:
        allowed = allowed | {-signal_number}
    trial.check(result, allowed, f"{mode}, {signal_number}")
    full = f"bytes {len(samples)}"
    if full in result.text:
        return
    later, texts = trial.pending()
    trial.check(later, {0, 1}, f"--pending after {mode}, {signal_number}")
    kept = max([int(text.split()[-1]) for text in texts if text.startswith("bytes")], default=0)
    # A program that was stopped has read all but what the pipe may hold, and what it was just reading.
    owed = len(samples) if not signal_number else fed.get("count", 0) - (1 << 16) - (1 << 17)
    if kept < owed:
        trial.problem("lost", f"{mode}, {signal_number}: {kept} of {owed} bytes; {result}")


def disk(trial):
    """The store is full, or can't be written; the engine fails: nothing that was read is lost."""
    rng = trial.rng
    kind = rng.choice(["small", "small", "foreign", "file"])
    if kind == "small":
        trial.small_disk("state", rng.choice([4, 16, 64, 128, 200]))
    elif kind == "foreign" and os.geteuid() == 0:
        os.chown(trial.path("state"), 12345, 12345)
    else:
        os.rmdir(trial.path("state"))
        trial.write("state", b"in the way")
    samples = world.sound(rng, rng.uniform(0.1, 10))
    mode = rng.choice(["dies", "refuses", "missing", "ok"])
    result = trial.run("vt-transcribe", *ENGINE, "--option", f"mode={mode}", data=world.wave(samples))
    allowed = {"ok": {0}, "dies": {69, 76}, "refuses": {75}, "missing": {69}}[mode]
    trial.check(result, allowed, f"{kind} {mode}")
    full = f"bytes {len(samples)}"
    if mode == "ok":
        if full not in result.text:
            trial.problem("lost", f"{kind}: {result}")
        return
    later, texts = trial.pending()
    if full not in texts:
        trial.problem("lost", f"{kind} {mode}: {result}; then {later}")


def batch(trial):
    """A folder, killed on the way as often as one likes: in the end each transcript is whole and right."""
    rng = trial.rng
    names = [f"{number}.wav" for number in range(rng.randrange(2, 12))]
    os.makedirs(trial.path("in"))
    sizes = {}
    for name in names:
        samples = world.sound(rng, rng.uniform(0.05, 1))
        sizes[name] = len(samples)
        trial.write(os.path.join("in", name), world.wave(samples, size=len(samples)))
    arguments = [*ENGINE, "-r", trial.path("in"), "--output-dir", trial.path("out"), "--resume", "-j", str(rng.choice([1, 2, 4]))]
    for _ in range(rng.randrange(4)):
        mode = rng.choice(["ok", "slow", "slow"])
        process = trial.start("vt-transcribe", *arguments, "--option", f"mode={mode}")
        time.sleep(rng.uniform(0, 0.5))
        process.send_signal(rng.choice(SIGNALS))
        trial.check(trial.finish(process), {0, -9, -15, -1, -2}, "a batch that was stopped")
    result = trial.run("vt-transcribe", *arguments, "--option", "mode=ok")
    trial.check(result, {0}, "the last run")
    for name in names:
        path = trial.path("out", name + ".txt")
        text = open(path).read() if os.path.exists(path) else None
        if text != f"bytes {sizes[name]}\n":
            trial.problem("lost", f"{name}: {text!r}, not {sizes[name]}")
    wanted = {name + ".txt" for name in names} | {".vt-records"}
    stray = set(os.listdir(trial.path("out"))) - wanted
    if stray:
        trial.problem("left behind", ", ".join(sorted(stray)))


def server(trial):
    """A server that answers as it likes, or not at all."""
    rng = trial.rng
    samples = world.sound(rng, rng.uniform(0.2, 1))
    path = trial.write("work/a.wav", world.wave(samples, size=len(samples)))
    # What goes on for ever ends with the time that was given.
    with servers.Server(rng) as hostile:
        base = hostile.url
        arguments = ["--no-gate", "--base-url", base, "--timeout", "2s"]
        stream = rng.choice([[], [], ["--option", "stream=true"]])
        if rng.random() < 0.5:
            result = trial.run("vt-transcribe", *arguments, *stream, path, within=90)
            piped = False
        else:
            result = trial.run("vt-transcribe", *arguments, *stream, within=90, data=world.wave(samples))
            piped = True
        what = f"{'+'.join(hostile.said)}{' streamed' if stream else ''}{' from a pipe' if piped else ''}"
    trial.check(result, {0, 1, 69, 75, 76, 77}, what)
    if re.search(rb"sk-made-up", result.output + result.errors):
        trial.problem("status", f"{what}: the key is shown")
    if result.status == 0 and not result.text.strip():
        trial.problem("status", f"{what}: 0 without a word")
    if result.status not in (0, 1) and piped:
        later, texts = trial.pending()
        if f"bytes {len(samples)}" not in texts:
            trial.problem("lost", f"{what}: {result}")


LINES = [
    r"final start=0 end=1\thello", r"final\tno times", r"partial\thel", r"partial stable=99\thello", r"word start=0 end=1\thello",
    r"final start=1e300 end=-5\tfar", r"final start=nan end=inf\tnever", r"final start=5 end=1\tbackwards", r"done status=0",
    r"done status=99999999999999999999", r"error\tgave up", r"status\tloading", r"finally\tunknown", r"\t\t\t", "", r"final\t",
    r"final start=0 end=1 speaker=\042\033[2J\042\tA\033[31m", r"final\t\377\376\200", r"partial stable=-1\tx", r"final stable=x\tx",
    r"final start=0.1 end=0.1 confidence=1e99\tz",
]


def plugin(trial):
    """An engine that keeps to no protocol."""
    rng = trial.rng
    body = ["cat >/dev/null"] if rng.random() < 0.7 else []
    for _ in range(rng.randrange(8)):
        body.append(f"printf '{rng.choice(LINES)}\\n'")
        if rng.random() < 0.1:
            body.append(rng.choice(["head -c 2000000 /dev/zero | tr '\\0' x; echo", "yes final | head -n 50000", "exec >&-", "kill -9 $$", "sleep 0.2"]))
    body.append(f"exit {rng.choice([0, 0, 0, 1, 2, 64, 65, 69, 70, 75, 76, 77, 126, 200])}")
    script = trial.write("work/script", "\n".join(body).encode() + b"\n")
    samples = world.sound(rng, rng.uniform(0.1, 2))
    piped = rng.random() < 0.5
    arguments = [*ENGINE, "--option", "mode=script", "--timeout", "5s", "--format", rng.choice(["txt", "srt", "json", "jsonl", "tsv"])]
    if piped:
        result = trial.run("vt-transcribe", *arguments, data=world.wave(samples), SOAK_SCRIPT=script)
    else:
        path = trial.write("work/a.wav", world.wave(samples, size=len(samples)))
        result = trial.run("vt-transcribe", *arguments, path, SOAK_SCRIPT=script)
    what = " ; ".join(body)[:200]
    trial.check(result, {0, 1, 64, 65, 69, 70, 75, 76, 77}, what)
    if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", result.output):
        trial.problem("status", f"control characters: {what}")
    try:
        result.output.decode("utf-8")
    except UnicodeDecodeError:
        trial.problem("status", f"no UTF-8: {what}")
    # Sound of which nobody made words is kept, whatever the status.
    if piped and result.status != 0:
        later, texts = trial.pending()
        if f"bytes {len(samples)}" not in texts:
            trial.problem("lost", f"{what}: {result}; then {later}")


def file(trial):
    """A damaged file, through every program that reads audio."""
    rng = trial.rng
    ending = rng.choice(sorted(world.SAMPLES))
    data = bytearray(world.SAMPLES[ending])
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:at + rng.randrange(1, 4000)]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randrange(1, 4000))
        elif kind == 3:
            del data[at:]
        elif kind == 4:
            data[at:at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\x80"])
        else:
            data += data[at:at + 5000]
    path = trial.write(os.path.join("work", "damaged." + ending), bytes(data))
    piped = rng.random() < 0.5
    program, arguments, allowed = rng.choice([
        ("vt-transcribe", ENGINE, {0, 1, 65, 69}), ("vt-vad", ["segments", "--detector", "energy"], {0, 1, 65}),
        ("vt-encode", ["-f", rng.choice(["wav", "flac", "opus"])], {0, 65}),
    ])
    if piped:
        result = trial.run(program, *arguments, data=bytes(data))
    else:
        result = trial.run(program, *arguments, path)
    trial.check(result, allowed, f"{program} {ending}{' from a pipe' if piped else ''}")
    if trial.problems:
        os.replace(path, trial.path("..", f"damaged-{os.path.basename(trial.folder)}.{ending}"))


def type_(trial):
    """Text for a window, a driver that may fail, and perhaps a signal: each line is typed, or it is in `undelivered`."""
    rng = trial.rng
    lines = [f"line {number} of this dictation" for number in range(rng.randrange(1, 30))]
    driver = rng.choice(["ok", "ok", "dies", "refuses"])
    signal_number = rng.choice([None, None, signal.SIGTERM, signal.SIGHUP])
    process = trial.start("vt-type", "--driver", "soak", stdin=subprocess.PIPE, SOAK_DRIVER=driver)
    data = "".join(line + "\n" for line in lines).encode()
    feeder = threading.Thread(target=feed, args=(process, data, rng, rng.choice([0, 0.005])))
    feeder.start()
    if signal_number:
        time.sleep(rng.uniform(0, 0.4))
        process.send_signal(signal_number)
    result = trial.finish(process)
    feeder.join(30)
    allowed = {"ok": {0}, "dies": {69, 76}, "refuses": {69}}[driver] | ({-signal_number} if signal_number else set())
    trial.check(result, allowed, f"{driver}, {signal_number}")
    typed = read(trial.path("typed"))
    kept = read(trial.path("state", "vt", "undelivered"))
    # What a program that was stopped has not read yet is still its writer's.
    lost = [line for line in lines if line not in typed and line not in kept]
    if lost and not signal_number:
        trial.problem("lost", f"{driver}: {lost[:3]}; {result}")


def record(trial):
    """A recorder that stops, dies or writes halves of samples: the stream ends properly, with all that came."""
    rng = trial.rng
    size = rng.randrange(0, 60000)
    end = rng.choice(["exit 0", "exit 69", "kill -9 $$", "exec sleep 20", "exit 3"])
    script = trial.write("work/script", f"head -c {size} /dev/zero | tr '\\0' '\\101'\n{end}\n".encode())
    process = trial.start("vt-record", "--recorder", "soak", "--quiet", SOAK_SCRIPT=script)
    if "sleep" in end:
        time.sleep(rng.uniform(0.3, 0.8))
        process.send_signal(rng.choice([signal.SIGINT, signal.SIGTERM]))
    result = trial.finish(process)
    trial.check(result, {0, 69, 76, 75}, f"{size} bytes, {end}")
    came = result.output.count(b"\x41")
    whole = size // 2 * 2
    if "sleep" not in end and came < whole - 1 and result.status == 0 or result.output and not result.output.startswith(b"RIFF"):
        trial.problem("lost", f"{came} of {whole} bytes, {end}: {result}")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
