import Program

runProgram(PulseRecorder.self)
