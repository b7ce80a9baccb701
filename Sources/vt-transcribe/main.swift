internal import Program

runProgram(Transcribe.self)
