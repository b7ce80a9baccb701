internal import Program

runProgram(VoiceActivityProgram.self)
