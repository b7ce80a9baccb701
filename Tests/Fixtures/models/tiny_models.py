#!/usr/bin/env python3
"""Writes tiny models with random weights, one of each family, for the engine `local` to load and run.

    tiny_models.py FOLDER [NAME...]      writes FOLDER/NAME.gguf of each NAME.txt beside this file (none named: of all)

What they make of audio is nonsense, always the same. A description holds these lines:

    KEY = VALUE               in JSON; +1 is an integer with a sign, "#TOKEN" the number of a token, "#" how many there are
    TENSOR : DIMENSIONS       fastest first; then last=X for its last number (how likely a blank is), spread=X for how far
                              its numbers lie from 0
    -NAME                     takes a key or a tensor away
    include NAME              begins with another description
    seed = N                  other random numbers

In lists, @bytes stands for 256 bytes as GPT-2 writes them, @words and @gwords for some words with the mark of a blank before
them, @letters for a to j, @times for Whisper's marks of time; "#@bytes" for the numbers of all of these.
"""
import array
import json
import math
import os
import random
import struct
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
WORDS = "one two three four five six seven eight nine ten alpha beta gamma delta".split()


class Signed(int):
    """An integer that may be negative, as GGUF tells it from others."""


def byte_characters():
    visible = [*range(33, 127), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) if byte in visible else chr(256 + hidden.index(byte)) for byte in range(256)]


MACROS = {
    "@bytes": byte_characters(),
    "@words": ["▁" + word for word in WORDS],
    "@gwords": ["Ġ" + word for word in WORDS],
    "@letters": list("abcdefghij"),
    "@times": [f"<|{number * 0.02:.2f}|>" for number in range(1501)],
}


def described(name):
    """Keys, tensors (dimensions and options) and seed of a description."""
    keys, tensors, seed = {}, {}, 0
    with open(os.path.join(FOLDER, name + ".txt"), encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line.startswith("include "):
                keys, tensors, seed = described(line.split()[1])
            elif line.startswith("-"):
                keys.pop(line[1:], None)
                tensors.pop(line[1:], None)
            elif line.startswith("seed = "):
                seed = int(line.split()[2])
            elif " = " in line:
                key, value = line.split(" = ", 1)
                keys[key] = Signed(value) if value.startswith("+") else json.loads(value)
            elif " : " in line:
                tensor, words = line.split(" : ", 1)
                words = words.split()
                options = dict(word.split("=") for word in words if "=" in word)
                shape = [int(word) for word in words if "=" not in word]
                tensors[tensor] = (shape, {option: float(number) for option, number in options.items()})
    return keys, tensors, seed


def resolved(keys):
    """The keys with macros and numbers of tokens put in."""
    tokens = []
    for token in keys.get("tokenizer.ggml.tokens", []):
        tokens += MACROS.get(token, [token])
    number = {token: index for index, token in enumerate(tokens)}

    def value(key, given):
        if key == "tokenizer.ggml.tokens":
            return tokens
        if isinstance(given, list):
            lists = [MACROS[one[1:]] if isinstance(one, str) and one[1:] in MACROS else None for one in given]
            return [n for one, many in zip(given, lists) for n in ([number[m] for m in many] if many else [value("", one)])]
        if given == "#":
            return len(tokens)
        if isinstance(given, str) and given.startswith("#"):
            return number[given[1:]]
        return given

    result = {key: value(key, given) for key, given in keys.items()}
    if tokens:
        # Normal, or control.
        result["tokenizer.ggml.token_type"] = [3 if len(t) > 2 and t[0] in "<[" and t[-1] in ">]" else 1 for t in tokens]
    return result


# --- GGUF (ggml's docs/gguf.md), version 3 -------------------------------------------------------------------------------


def text(string):
    data = string.encode()
    return struct.pack("<Q", len(data)) + data


def field(value):
    """A value with its type: bool 7, 32 bits without sign 4 and with one 5, float 6, string 8, array 9."""
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<Ii", 5, value) if isinstance(value, Signed) else struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if value and isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
    letter, kind = ("f", 6) if value and isinstance(value[0], float) else ("i", 5)
    return struct.pack(f"<IIQ{len(value)}{letter}", 9, kind, len(value), *value)


def weights(name, shape, options, seed):
    count = math.prod(shape)
    numbers = random.Random(f"{seed} {name}")
    part = name.rsplit(".", 1)[-1]
    if part == "window":
        result = [0.5 - 0.5 * math.cos(2 * math.pi * index / count) for index in range(count)]
    elif part == "mel_filterbank":
        result = [abs(numbers.gauss(0, 0.1)) for _ in range(count)]
    elif part == "running_var" or (part == "weight" and ("norm" in name or ".bn." in name)):
        result = [1.0] * count
    else:
        spread = options.get("spread", 1 / math.sqrt(shape[0]) if len(shape) > 1 else 0.02)
        result = [numbers.gauss(0, spread) for _ in range(count)]
    if "last" in options:
        result[-1] = options["last"]
    return array.array("f", result).tobytes()


def write(path, keys, tensors, seed):
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys))
    for key, value in keys.items():
        head += text(key) + field(value)
    body = b""
    for name, (shape, options) in tensors.items():
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        data = weights(name, shape, options, seed)
        body += data + bytes(-len(data) % 32)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + body)


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tiny_models.py FOLDER [NAME...]")
    names = sys.argv[2:] or sorted(entry[:-4] for entry in os.listdir(FOLDER) if entry.endswith(".txt"))
    for name in names:
        keys, tensors, seed = described(name)
        write(os.path.join(sys.argv[1], name + ".gguf"), resolved(keys), tensors, seed)


if __name__ == "__main__":
    main()
