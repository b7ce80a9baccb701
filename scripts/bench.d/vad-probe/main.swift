// What can only be measured inside a process: scripts/bench.d/vad runs this.
import Glibc
import VoiceActivity

let arguments = Array(CommandLine.arguments.dropFirst())

func fail(_ message: String) -> Never {
    let text = "vad-probe: \(message)\n"
    write(STDERR_FILENO, text, text.utf8.count)
    exit(64)
}

func number(_ index: Int, or fallback: Int) -> Int {
    arguments.count > index ? Int(arguments[index]) ?? fallback : fallback
}

switch arguments.first {
case "time":
    // time KERNEL PACE-IN-MICROSECONDS WINDOWS FILE: microseconds for each window, one a line.
    guard arguments.count == 5, let kernel = SileroDetector.Kernel(rawValue: arguments[1]), kernel.isSupported else {
        fail("time KERNEL PACE WINDOWS SAMPLES.f32")
    }
    timeWindows(kernel, pace: number(2, or: 0), count: number(3, or: 1000), file: arguments[4])
case "probabilities":
    // probabilities KERNEL|energy FILE: one a line, with all digits.
    if arguments.count == 3, arguments[1] == "energy" {
        printProbabilities(EnergyDetector(), file: arguments[2])
        break
    }
    guard arguments.count == 3, let kernel = SileroDetector.Kernel(rawValue: arguments[1]), kernel.isSupported else {
        fail("probabilities KERNEL SAMPLES.f32")
    }
    printProbabilities(SileroDetector(loadWeights(), kernel: kernel), file: arguments[2])
case "segments":
    segmentLines()
case "fuzz-weights":
    fuzzWeights(count: number(1, or: 1000), seed: number(2, or: 1))
case "fuzz-wav":
    fuzzWAV(count: number(1, or: 1000), seed: number(2, or: 1))
case "fuzz-encoded":
    fuzzEncoded(count: number(1, or: 1000), seed: number(2, or: 1))
case "kernels":
    for kernel in SileroDetector.Kernel.allCases where kernel.isSupported { print(kernel.rawValue) }
default:
    fail("time, probabilities, segments, fuzz-weights, fuzz-wav, fuzz-encoded or kernels")
}
