import Program

runProgram(Local.self)
