"""The reference beside ours: onnxruntime with the published silero_vad.onnx, and the package's own get_speech_timestamps.

The package imports torch, 200 MB of which its functions use almost nothing: a stub of the few names stands in for it. The segment
logic that is compared is the package's file, unchanged; the network runs in onnxruntime as the package runs it.
"""
import random
import sys
import types


class Anything:
    """torch, as far as importing silero_vad.utils_vad asks for it."""

    def __getattr__(self, name):
        return self

    def __call__(self, *arguments, **keywords):
        # no_grad() decorates functions: give them back.
        if len(arguments) == 1 and callable(arguments[0]) and not keywords:
            return arguments[0]
        return self


def utilities(directory):
    stub = types.ModuleType("torch")
    stub.__getattr__ = lambda name: Anything()
    sys.modules["torch"] = stub
    import importlib.util

    specification = importlib.util.spec_from_file_location("utils_vad", directory + "/silero_vad/utils_vad.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class Network:
    def __init__(self, directory):
        import numpy
        import onnxruntime

        self.numpy = numpy
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            directory + "/silero_vad/data/silero_vad.onnx", options, providers=["CPUExecutionProvider"]
        )
        self.rate = numpy.array(16000, dtype=numpy.int64)
        self.reset()

    def reset(self):
        self.state = self.numpy.zeros((2, 1, 128), dtype=self.numpy.float32)
        self.context = self.numpy.zeros((1, 64), dtype=self.numpy.float32)

    def window(self, samples):
        """512 samples to a probability."""
        joined = self.numpy.concatenate([self.context, samples[None]], axis=1)
        output, self.state = self.session.run(None, {"input": joined, "state": self.state, "sr": self.rate})
        self.context = joined[:, -64:]
        return output[0, 0]

    def all(self, samples):
        self.reset()
        samples = self.numpy.concatenate([samples, self.numpy.zeros(-len(samples) % 512, dtype=self.numpy.float32)])
        return [self.window(samples[at : at + 512]) for at in range(0, len(samples), 512)]


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


def cases(directory, count, seed, out):
    """Writes cases to `out` and what the reference answers to standard output."""
    reference = utilities(directory).get_speech_timestamps_from_probs
    source = random.Random(seed)
    with open(out, "w") as file:
        for _ in range(count):
            options, probabilities, length = random_case(source)
            file.write(case_line(options, probabilities, length) + "\n")
            segments = reference(probabilities, audio_length_samples=length, **options)
            print(" ".join(f"{segment['start']}-{segment['end']}" for segment in segments))


if __name__ == "__main__":
    if sys.argv[1] == "cases":
        cases(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
