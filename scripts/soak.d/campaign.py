"""The campaign of scripts/soak: tries of all kinds, side by side, until the time or their number is up."""

import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(__file__))
import kinds
import world

KINDS = {
    # name: (the try, its share)
    "pipe": (kinds.pipe, 5),
    "disk": (kinds.disk, 2),
    "batch": (kinds.batch, 3),
    "server": (kinds.server, 4),
    "plugin": (kinds.plugin, 4),
    "file": (kinds.file, 8),
    "type": (kinds.type_, 3),
    "record": (kinds.record, 2),
}


class Tally:
    """What became of the tries of one kind."""

    def __init__(self):
        self.tries = 0
        self.skipped = None
        self.problems = collections.Counter()
        self.peaks = []

    def growth(self):
        """KiB by which the programs' memory grew from the first quarter of the tries to the last: of the same work there is no more."""
        quarter = len(self.peaks) // 4
        if quarter < 25:
            # Too few to tell growth from the difference between one try and another.
            return 0
        median = lambda values: sorted(values)[len(values) // 2]
        return max(0, median(self.peaks[-quarter:]) - median(self.peaks[:quarter]))


def main():
    options = argparse.ArgumentParser(prog="scripts/soak", allow_abbrev=False)
    options.add_argument("--minutes", type=float)
    options.add_argument("--hours", type=float)
    options.add_argument("--tries", type=int)
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--only", type=lambda text: text.split(","), default=list(KINDS))
    options.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) * 2)
    options.add_argument("--keep", action="store_true", help="keep the folder of a try that failed")
    options = options.parse_args()
    for kind in options.only:
        if kind not in KINDS:
            options_error(f"no kind is called {kind}: {', '.join(KINDS)}")
    seconds = (options.hours or 0) * 3600 + (options.minutes or 0) * 60
    if not seconds:
        seconds = float("inf") if options.tries else 300
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"soak: seed {seed}", flush=True)

    base = tempfile.mkdtemp(prefix="vt-soak-")
    os.chmod(base, 0o700)
    world.prepare(base)
    tallies = {kind: Tally() for kind in options.only}
    lock = threading.Lock()
    end = time.monotonic() + seconds
    names = [kind for kind in options.only for _ in range(KINDS[kind][1])]

    def work(number):
        if time.monotonic() >= end:
            return
        rng = random.Random(seed * 1_000_003 + number)
        kind = rng.choice(names)
        if tallies[kind].skipped:
            return
        trial = world.Trial(os.path.join(base, str(number)), rng)
        try:
            KINDS[kind][0](trial)
        except world.Skip as reason:
            with lock:
                tallies[kind].skipped = str(reason)
            trial.clean()
            return
        except Exception as error:  # the campaign's own mistake is a finding as well
            trial.problem("campaign", f"{type(error).__name__}: {error}")
        trial.look_for_orphans()
        with lock:
            tally = tallies[kind]
            tally.tries += 1
            tally.peaks.append(trial.peak)
            for category, text in trial.problems:
                tally.problems[category] += 1
                print(f"soak: {kind} {number}: {category}: {text}", flush=True)
        if not (options.keep and trial.problems):
            trial.clean()

    numbers = range(options.tries) if options.tries else iter(int, 1)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = set()
        for number, _ in enumerate(numbers):
            if time.monotonic() >= end:
                break
            waiting.add(pool.submit(work, number))
            if len(waiting) >= options.jobs * 2:
                done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    future.result()
        for future in waiting:
            future.result()
    bad = report(tallies)
    if options.keep and bad:
        print(f"soak: what failed is in {base}")
    else:
        shutil.rmtree(base, ignore_errors=True)
    sys.exit(1 if bad else 0)


def options_error(text):
    print(f"soak: {text}", file=sys.stderr)
    sys.exit(64)


# What was lost, in the words of the last lines; everything else that is wrong has a column of its own.
COLUMNS = ["lost", "status", "hang", "crash", "left behind", "campaign"]


def report(tallies):
    print(f"\n{'kind':8} {'tries':>6} {'lost':>6} {'status':>7} {'hangs':>6} {'crashes':>8} {'left':>6} {'growth':>10}")
    total = Tally()
    growth = 0
    for kind, tally in tallies.items():
        if tally.skipped:
            print(f"{kind:8} skipped: {tally.skipped}")
            continue
        line(kind, tally, tally.growth())
        growth = max(growth, tally.growth())
        total.tries += tally.tries
        total.problems.update(tally.problems)
    line("all", total, growth)
    return bool(sum(total.problems.values())) or growth > 2048


def line(kind, tally, growth):
    lost, status, hang, crash, left, own = (tally.problems[column] for column in COLUMNS)
    note = f"  {own} of the campaign's own" if own else ""
    print(f"{kind:8} {tally.tries:6} {lost:6} {status:7} {hang:6} {crash:8} {left:6} {growth:6} KiB{note}")


if __name__ == "__main__":
    main()
