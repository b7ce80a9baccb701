"""Recordings with their words, word errors, and audio that comes as from a microphone: for scripts/bench.d/local."""
import gzip
import os
import random
import re
import struct
import subprocess
import threading
import time

from bench_local import DATA, PROMPT_TEXTS, PROMPTS, RATE, WORK, end

# --- Recordings ---------------------------------------------------------------------------------------------------------


class Clip:
    """A recording with its words. name: for listings. is_tuned: whether it is of the half on which constants were chosen."""

    def __init__(self, kind, name, words, path, is_tuned):
        self.kind, self.name, self.words, self.path, self.is_tuned = kind, name, words, path, is_tuned

    def data(self):
        """Its samples, s16le."""
        with open(self.path, "rb") as file:
            return file.read()[44:]


def wav(data):
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data",
                       len(data))
    return head + data


def write(name, data):
    path = os.path.join(WORK, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(wav(data))
    return path


def halves(listed):
    """Lines in the order of their names, with whether they are of the tuned half: 1, 3, 5 … (scripts/bench.d/offline)."""
    return [(*fields, number % 2 == 0) for number, fields in enumerate(sorted(listed))]


def all_clips():
    """LibriVox clips and Asterisk's prompts, chosen as scripts/bench.d/offline chooses them."""
    clips, listed = [], []
    with open(f"{DATA}/librivox/transcription", encoding="utf-8") as file:
        for line in file:
            match = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip())
            if match:
                listed.append((match[2], match[1]))
    for name, words, is_tuned in halves(listed):
        samples = subprocess.run(["sox", f"{DATA}/librivox/{name}.wav", "-t", "raw", "-r", str(RATE), "-c", "1", "-b", "16", "-"],
                                 check=True, stdout=subprocess.PIPE).stdout
        clips.append(Clip("librivox", name, words, write(f"clips/{name}.wav", samples), is_tuned))
    listed = []
    with gzip.open(PROMPT_TEXTS) as file:
        texts = file.read().decode("utf-8", "ignore").encode("ascii", "ignore").decode()
    for line in texts.splitlines():
        match = re.match(r"([A-Za-z0-9_/-]*): *(.*)$", line)
        if not match or re.search(r"[][()0-9]", match[2]) or not os.path.exists(f"{PROMPTS}/{match[1]}.g722"):
            continue
        if len(re.sub(r"[^A-Za-z']", " ", match[2]).split()) >= 4:
            listed.append((match[1], match[2]))
    for name, words, is_tuned in halves(listed):
        samples = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "g722", "-i", f"{PROMPTS}/{name}.g722", "-f", "s16le",
                                  "-ar", str(RATE), "-ac", "1", "-"], check=True, stdout=subprocess.PIPE).stdout
        clips.append(Clip("prompt", name, words, write(f"clips/{name.replace('/', '_')}.wav", samples), is_tuned))
    return clips


def noise(seconds, seed=1):
    """Room noise at -68 dB: digital silence would be told from speech too easily."""
    chance = random.Random(seed)
    return struct.pack(f"<{int(seconds * RATE)}h", *(round(chance.gauss(0, 13)) for _ in range(int(seconds * RATE))))


def level(data):
    """The mean square of samples."""
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    return sum(sample * sample for sample in samples) / max(1, len(samples))


# --- Word errors --------------------------------------------------------------------------------------------------------


def distance(said, heard):
    """Insertions, deletions and substitutions, the fewest that turn one list into the other."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        diagonal, row[0] = row[0], place
        for column, other in enumerate(heard, 1):
            diagonal, row[column] = row[column], min(diagonal + (word != other), row[column] + 1, row[column - 1] + 1)
    return row[-1]


def word_errors(clips, texts):
    """Errors and words, after Whisper's normaliser of English."""
    from whisper_normalizer.english import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    errors = words = 0
    for clip in clips:
        said = normal(clip.words).split()
        errors += distance(said, normal(texts[clip.name]).split())
        words += len(said)
    return errors, words


# --- Live ---------------------------------------------------------------------------------------------------------------


class Line:
    """An event line and when it came: seconds behind the first sample."""

    def __init__(self, time, text):
        self.time = time
        head, _, self.text = text.partition("\t")
        self.verb, *attributes = head.split(" ")
        self.attributes = dict(one.split("=", 1) for one in attributes if "=" in one)

    @property
    def stable(self):
        return int(self.attributes.get("stable", 0))


def play(command, data, variables, is_paced=True):
    """Gives a program audio as a microphone does, 20 ms at a time.

    Returns its event lines, the time of the end of the audio, and that of the program's end, in seconds from the first sample.
    """
    child = subprocess.Popen(command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines, said = [], []
    begun = time.monotonic()

    def listen():
        for line in child.stdout:
            lines.append(Line(time.monotonic() - begun, line.decode(errors="replace").rstrip("\n")))

    threads = [threading.Thread(target=listen), threading.Thread(target=lambda: said.append(child.stderr.read()))]
    for thread in threads:
        thread.start()
    period = RATE // 50 * 2
    for place in range(0, len(data), period):
        wait = begun + (place + period) / (2 * RATE) - time.monotonic()
        if is_paced and wait > 0:
            time.sleep(wait)
        os.write(child.stdin.fileno(), data[place:place + period])
    child.stdin.close()
    ended = time.monotonic() - begun
    for thread in threads:
        thread.join()
    status = child.wait()
    if status not in (0, 1):
        end(f"{' '.join(command[:4])} ended with {status}: {said[0].decode(errors='replace')[-1500:]}")
    return lines, ended, time.monotonic() - begun
