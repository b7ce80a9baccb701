"""The reference beside ours, for scripts/bench.d/vad: the package silero-vad with onnxruntime, one thread.

Runs in an environment that has silero-vad, onnxruntime, numpy and soundfile, and torch where it can be had. Without torch (200 MB
of which the package's functions use five), numpy arrays stand in for its tensors; the package's own code runs either way.
Samples are files of 32-bit floats, 16 kHz.
"""
import json
import os
import random
import sys
import time
import types
import warnings

warnings.filterwarnings("ignore")
import numpy  # noqa: E402


def numpy_for_torch():
    """What silero_vad asks of torch, by numpy arrays."""

    class Tensor(numpy.ndarray):
        def dim(self):
            return self.ndim

        def unsqueeze(self, axis):
            return numpy.expand_dims(self, axis).view(Tensor)

        def numpy(self):
            return numpy.asarray(self)

        def float(self):
            return self.astype(numpy.float32)

    def tensor(values):
        return numpy.asarray(values, dtype=numpy.float32).view(Tensor)

    class Anything:
        def __getattr__(self, name):
            return self

        def __call__(self, *arguments, **keywords):
            # no_grad() decorates functions: give them back.
            if len(arguments) == 1 and callable(arguments[0]) and not keywords:
                return arguments[0]
            return self

    torch = types.ModuleType("torch")
    torch.__getattr__ = lambda name: Anything()
    torch.Tensor = tensor
    torch.is_tensor = lambda value: isinstance(value, Tensor)
    torch.zeros = lambda *shape: tensor(numpy.zeros(shape[0] if isinstance(shape[0], tuple) else shape))
    torch.from_numpy = lambda array: array.view(Tensor)
    torch.cat = lambda arrays, dim=0: numpy.concatenate(arrays, axis=dim).view(Tensor)
    torch.set_num_threads = lambda count: None
    functional = types.SimpleNamespace(pad=lambda array, widths: numpy.pad(array, widths).view(Tensor))
    torch.nn = types.SimpleNamespace(functional=functional)
    return torch


try:
    import torch
except ImportError:
    sys.modules["torch"] = torch = numpy_for_torch()
import onnxruntime  # noqa: E402
import silero_vad  # noqa: E402
from silero_vad.utils_vad import get_speech_timestamps, get_speech_timestamps_from_probs  # noqa: E402


def load(path):
    return numpy.fromfile(path, dtype="<f4")


def windows(samples):
    samples = numpy.concatenate([samples, numpy.zeros(-len(samples) % 512, dtype=numpy.float32)])
    return [samples[at : at + 512] for at in range(0, len(samples), 512)]


class Network:
    """silero_vad.onnx in onnxruntime, with nothing between: what one window costs at least."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        path = os.path.join(os.path.dirname(silero_vad.__file__), "data/silero_vad.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.rate = numpy.array(16000, dtype=numpy.int64)
        self.state = numpy.zeros((2, 1, 128), dtype=numpy.float32)
        self.context = numpy.zeros((1, 64), dtype=numpy.float32)

    def window(self, samples):
        """512 samples to a probability; the state goes on."""
        joined = numpy.concatenate([self.context, samples[None]], axis=1)
        output, self.state = self.session.run(None, {"input": joined, "state": self.state, "sr": self.rate})
        self.context = joined[:, -64:]
        return output[0, 0]


def probabilities(path):
    """One a line, with all digits."""
    network = Network()
    for window in windows(load(path)):
        print(repr(float(network.window(window))))


def times(path, pace, count):
    """Seconds for each of so many windows; with a pace, in seconds, as vad-probe does it."""
    network, all_windows = Network(), windows(load(path))
    others = numpy.ones(64 << 20 if pace else 0, dtype=numpy.uint8)
    for index in range(count):
        if pace:
            others[::64] += 1
            time.sleep(pace)
        begun = time.perf_counter()
        network.window(all_windows[index % len(all_windows)])
        print((time.perf_counter() - begun) * 1e6)


def timestamps(options, paths):
    """What get_speech_timestamps says of each file, a JSON list a line: [[start, end] ...] and the probabilities."""
    model = silero_vad.load_silero_vad(onnx=True)
    for path in paths:
        heard = []

        class Listening:
            """The package's model, overheard."""

            reset_states = model.reset_states

            def __call__(self, chunk, rate):
                result = model(chunk, rate)
                heard.append(result.item())
                return result

        found = get_speech_timestamps(torch.Tensor(load(path)), Listening(), **options)
        print(json.dumps([[[one["start"], one["end"]] for one in found], heard]))


def whole(path):
    """A file of any format from its bytes to the segments, as a user of the package would."""
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32")
    if rate != 16000:
        sys.exit("16 kHz is wanted")
    model = silero_vad.load_silero_vad(onnx=True)
    for one in get_speech_timestamps(torch.Tensor(samples), model, return_seconds=True, time_resolution=3):
        print(one["start"], one["end"], sep="\t")


def random_case(source):
    """Probabilities that wander as real ones do, and options from the defaults to the absurd."""
    count = source.randint(1, 400)
    level, probabilities = source.random(), []
    for _ in range(count):
        if source.random() < 0.1:
            level = source.random() ** source.choice([0.3, 1, 3])
        probabilities.append(min(1.0, max(0.0, level + source.gauss(0, 0.1))))
    if source.random() < 0.3:
        probabilities = [float(round(value)) for value in probabilities]
    # What survives the way through text and 32 bits unchanged.
    probabilities = [round(value * 1024) / 1024 for value in probabilities]
    threshold = source.choice([0.5, 0.5, 0.25, 0.75])
    return {
        "threshold": threshold,
        "neg_threshold": source.choice([None, None, 0.125, threshold]),
        "min_speech_duration_ms": source.choice([250, 250, 0, 32, 1000]),
        "min_silence_duration_ms": source.choice([100, 100, 0, 500, 2000]),
        "speech_pad_ms": source.choice([30, 30, 0, 100, 400, 37]),
        "max_speech_duration_s": source.choice([float("inf"), float("inf"), 1, 2.5, 5]),
        "min_silence_at_max_speech": source.choice([98, 98, 0, 300]),
        "use_max_poss_sil_at_max_speech": source.random() < 0.7,
    }, probabilities, count * 512 - source.choice([0, 0, 1, 500, 511])


def case_line(options, probabilities, length):
    def optional(value):
        return "-" if value is None or value == float("inf") else repr(value)

    words = [
        repr(options["threshold"]),
        optional(options["neg_threshold"]),
        repr(options["min_speech_duration_ms"]),
        repr(options["min_silence_duration_ms"]),
        repr(options["speech_pad_ms"]),
        optional(options["max_speech_duration_s"]),
        repr(options["min_silence_at_max_speech"]),
        "1" if options["use_max_poss_sil_at_max_speech"] else "0",
        repr(length),
    ]
    return " ".join(words + [repr(value) for value in probabilities])


def cases(count, seed, out):
    """Writes cases for `vad-probe segments` to a file, and what the reference answers to standard output."""
    source = random.Random(seed)
    with open(out, "w") as file:
        for _ in range(count):
            options, probabilities, length = random_case(source)
            file.write(case_line(options, probabilities, length) + "\n")
            segments = get_speech_timestamps_from_probs(probabilities, audio_length_samples=length, **options)
            print(" ".join(f"{segment['start']}-{segment['end']}" for segment in segments))


def versions():
    """What is compared with."""
    named = getattr(torch, "__version__", None)
    torch_version = f"torch {named}" if isinstance(named, str) else "numpy in place of torch"
    print(f"silero-vad {silero_vad.__version__}, onnxruntime {onnxruntime.__version__}, {torch_version}")


if __name__ == "__main__":
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "versions":
        versions()
    elif what == "probabilities":
        probabilities(rest[0])
    elif what == "times":
        times(rest[0], float(rest[1]), int(rest[2]))
    elif what == "timestamps":
        timestamps(json.loads(rest[0]), rest[1:])
    elif what == "whole":
        whole(rest[0])
    elif what == "cases":
        cases(int(rest[0]), int(rest[1]), rest[2])
    else:
        sys.exit("versions, probabilities, times, timestamps, whole or cases")
