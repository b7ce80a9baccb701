import Program

runProgram(Encode.self)
