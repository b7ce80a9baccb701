internal import Program

runProgram(ModelsProgram.self)
