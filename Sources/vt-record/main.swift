import Program

runProgram(Record.self)
