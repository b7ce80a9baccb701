import Program

runProgram(PocketSphinx.self)
