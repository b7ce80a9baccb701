import Program

runProgram(TypeCommand.self)
