"""Writes a model for whisper.cpp that says the same words whatever it hears: whisper-cpp-model.py FILE WORD...

Nothing is learnt: attention and feed-forward layers are zero, so that what a step of the decoder says depends on its
position alone. The file has the format of whisper.cpp's models/convert-pt-to-ggml.py, English only. The words are said
from 0.00 to 2.00 s.
"""
import struct
import sys

VOCABULARY, TEXT = 51864, 50256
END, START, TIMES = 50256, 50257, 50363
AUDIO, STATE, HEADS, LAYERS, POSITIONS, MELS = 1500, 64, 2, 4, 448, 80

words = sys.argv[2:]
names = [b" %d" % index for index in range(TEXT)]
# whisper.cpp asks for the blank by name.
names[220] = b" "
spoken = [1000 + index for index in range(len(words))]
for token, word in zip(spoken, words):
    names[token] = (" " + word).encode()
# Position by position: what comes next.
script = [TIMES] + spoken + [TIMES + 100, END]

out = open(sys.argv[1], "wb")
out.write(struct.pack("<i", 0x67676D6C))
out.write(struct.pack("<11i", VOCABULARY, AUDIO, STATE, HEADS, LAYERS, POSITIONS, STATE, HEADS, LAYERS, MELS, 1))
out.write(struct.pack("<2i", MELS, 201) + bytes(4 * MELS * 201))
out.write(struct.pack("<i", TEXT))
for name in names:
    out.write(struct.pack("<i", len(name)) + name)


def tensor(name, *shape, ones=False, values=()):
    """Zeros, or ones, or the given (index, value)s; matrices that are multiplied are half precision."""
    half = len(shape) > 1 and not name.endswith(("positional_embedding", ".bias"))
    count = 1
    for size in shape:
        count *= size
    size = 2 if half else 4
    data = bytearray(struct.pack("<f", 1.0) * count if ones else size * count)
    for index, value in values:
        struct.pack_into("<e" if half else "<f", data, index * size, value)
    out.write(struct.pack("<3i", len(shape), len(name), int(half)))
    out.write(struct.pack(f"<{len(shape)}i", *reversed(shape)) + name.encode() + data)


def linear(name, *shape, bias=True):
    tensor(name + ".weight", *shape)
    if bias:
        tensor(name + ".bias", shape[0], *([1] if len(shape) == 3 else []))


def norm(name):
    tensor(name + ".weight", STATE, ones=True)
    tensor(name + ".bias", STATE)


def block(name, attentions):
    norm(name + "mlp_ln")
    linear(name + "mlp.0", 4 * STATE, STATE)
    linear(name + "mlp.2", STATE, 4 * STATE)
    for attention in attentions:
        norm(name + attention + "_ln")
        for part in ("query", "key", "value", "out"):
            linear(f"{name}{attention}.{part}", STATE, STATE, bias=part != "key")


tensor("encoder.positional_embedding", AUDIO, STATE)
linear("encoder.conv1", STATE, MELS, 3)
linear("encoder.conv2", STATE, STATE, 3)
norm("encoder.ln_post")
for layer in range(LAYERS):
    block(f"encoder.blocks.{layer}.", ["attn"])
# After the script's last line it is over, wherever the decoder is (after a prompt, say).
last = len(script) - 1
tensor(
    "decoder.positional_embedding", POSITIONS, STATE,
    values=[(position * STATE + min(position, last), 20.0) for position in range(POSITIONS)],
)
tensor(
    "decoder.token_embedding.weight", VOCABULARY, STATE,
    values=[(token * STATE + position, 2.0) for position, token in enumerate(script)],
)
norm("decoder.ln")
for layer in range(LAYERS):
    block(f"decoder.blocks.{layer}.", ["attn", "cross_attn"])
