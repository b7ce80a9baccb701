import Testing

@testable import Transcription

/// What models write where nobody speaks.
@Suite struct Marks {
    @Test(arguments: [
        "[BLANK_AUDIO]", "[ Silence ]", "(silence)", "[SILENCE] [SILENCE]",
        "[BLANK_AUDIO] [BLANK_AUDIO].", "<|nospeech|>",
        "[MUSIC]", "[ Music playing ]", "(upbeat music)", "♪", "♪♪ ♪", "*silence*",
        "[no speech detected]", "(Stille)", "(無音)",
        "[Music] (applause)", "- [BLANK_AUDIO]",
    ]) func silenceIsNoText(text: String) {
        #expect(SilenceMarks.removed(from: text) == "")
    }

    @Test(arguments: [
        "silence", "Silence.", "music", "blank audio", "[inaudible]", "(he says silence)",
        "[Anna] hello", "a * b * c",
        "silence (in the hall)", "array[silence_index]", "f(x)", "x < y > z",
        "[Music] and then she sang", "♪ la la la ♪", "(",
        "[BLANK_AUDIO", "", "[1]", "(2)", "no speech today",
    ]) func whatSomebodyMayHaveSaidStays(text: String) {
        #expect(SilenceMarks.removed(from: text) == text)
    }

    @Test(arguments: [
        ("[BLANK_AUDIO] go forward", "go forward"), ("go forward [BLANK_AUDIO]", "go forward"),
        ("go (silence) forward", "go forward"), ("go [ Silence ], forward", "go , forward"),
        ("[Music] [SILENCE] go", "[Music] go"),
    ]) func marksInATextGo(text: String, expected: String) {
        #expect(SilenceMarks.removed(from: text) == expected)
    }
}
