"""Runs vt-transcribe-moonshine's transcribe-v1 without a model: moonshine-lines.py PLUGIN, in the engine's environment.

Moonshine finds the utterances, live, and its own streams tell them; what it would understand is left out by its option
skip_transcription, and the text is the number of the line.
"""
import importlib.machinery
import importlib.util
import os
import sys

sys.path.insert(0, os.path.dirname(sys.argv[1]))
sys.dont_write_bytecode = True
import vt_engine
from moonshine_voice import ModelArch, Transcriber

engines = []
vt_engine.main = engines.append
loader = importlib.machinery.SourceFileLoader("plugin", sys.argv[1])
loader.exec_module(importlib.util.module_from_spec(importlib.util.spec_from_loader("plugin", loader)))
engine = engines[0]
engine.interval = 0.5
engine.transcriber = Transcriber("", ModelArch.TINY, options={"skip_transcription": "true"})
parse, numbers = engine.transcriber._parse_transcript, {}


def parse_and_name(pointer):
    transcript = parse(pointer)
    for line in transcript.lines:
        line.text = f"line {numbers.setdefault(line.line_id, len(numbers) + 1)}"
        line.has_text_changed = line.is_updated
    return transcript


engine.transcriber._parse_transcript = parse_and_name
vt_engine.keep_events_apart()
engine.transcribe(vt_engine.blocks_of_input())
