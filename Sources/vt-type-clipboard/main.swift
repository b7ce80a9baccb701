import Program

runProgram(ClipboardDriver.self)
