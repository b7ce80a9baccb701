"""Writes a model for faster-whisper that says the same words whatever it hears: faster-whisper-model.py FOLDER WORD...

Runs in the engine's environment. As in whisper-cpp-model.py nothing is learnt: what a step of the decoder says depends on
its position alone. English only; the words are said from 0.00 to 2.00 s.
"""
import os
import sys

import numpy
import tokenizers
from ctranslate2.specs import WhisperSpec

VOCABULARY, TEXT, TIMES = 51864, 50256, 50363
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>"] + [f"<|l{index}|>" for index in range(99)]
SPECIAL += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
STATE, HEADS, LAYERS, MELS, AUDIO, POSITIONS = 64, 1, 1, 80, 1500, 448

folder, words = sys.argv[1], sys.argv[2:]
# Its suppressed tokens are looked up by their characters.
alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
names = alphabet + [f"t{index}" for index in range(TEXT - len(alphabet))] + SPECIAL
assert len(names) == TIMES, len(names)
names += [f"<|{index * 0.02:.2f}|>" for index in range(VOCABULARY - TIMES)]
spoken = [1000 + index for index in range(len(words))]
for token, word in zip(spoken, words):
    names[token] = "Ġ" + word
script = [TIMES] + spoken + [TIMES + 100, TEXT]


def zeros(*shape):
    return numpy.zeros(shape, dtype=numpy.float32)


def norm(spec):
    spec.gamma, spec.beta = numpy.ones(STATE, dtype=numpy.float32), zeros(STATE)


def linear(spec, outputs, inputs):
    spec.weight, spec.bias = zeros(outputs, inputs), zeros(outputs)


def attention(spec, sizes):
    norm(spec.layer_norm)
    for part, outputs in zip(spec.linear, sizes):
        linear(part, outputs, STATE)


def layer(spec, is_decoder):
    attention(spec.self_attention, [3 * STATE, STATE])
    if is_decoder:
        attention(spec.attention, [STATE, 2 * STATE, STATE])
    norm(spec.ffn.layer_norm)
    linear(spec.ffn.linear_0, 4 * STATE, STATE)
    linear(spec.ffn.linear_1, STATE, 4 * STATE)


model = WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
for spec, inputs in (model.encoder.conv1, MELS), (model.encoder.conv2, STATE):
    spec.weight, spec.bias = zeros(STATE, inputs, 3), zeros(STATE)
# The times of words come from where the decoder looks: at its step's half second of the audio. It learns nothing there.
frames = zeros(AUDIO, STATE)
for frame in range(AUDIO):
    frames[frame, min(frame // 25, STATE - 1)] = 20
model.encoder.position_encodings.encodings = frames
positions, embeddings = zeros(POSITIONS, STATE), zeros(VOCABULARY, STATE)
last = len(script) - 1
for position in range(POSITIONS):
    positions[position, min(position, last)] = 20
for position, token in enumerate(script):
    embeddings[token, position] = 2
model.decoder.position_encodings.encodings = positions
model.decoder.embeddings.weight = embeddings
model.decoder.projection.weight = embeddings
for spec, is_decoder in (model.encoder, False), (model.decoder, True):
    norm(spec.layer_norm)
    for part in spec.layer:
        layer(part, is_decoder)
        if is_decoder:
            for look in part.attention.linear[:2]:
                look.weight[:STATE] = numpy.identity(STATE)
model.register_vocabulary(names)
model.config.suppress_ids = []
model.config.suppress_ids_begin = [TEXT]
model.config.lang_ids = []
model.config.alignment_heads = [[0, 0]]
model.validate()
model.optimize(quantization=None)
os.makedirs(folder, exist_ok=True)
model.save(folder)

tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={name: index for index, name in enumerate(names)}, merges=[]))
tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = tokenizers.decoders.ByteLevel()
tokenizer.save(os.path.join(folder, "tokenizer.json"))
