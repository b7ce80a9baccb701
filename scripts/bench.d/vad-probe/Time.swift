import Glibc
import VoiceActivity

func loadSamples(_ path: String) -> [Float] {
    guard let file = fopen(path, "r") else { fail("cannot open \(path)") }
    defer { fclose(file) }
    var samples: [Float] = []
    var block = [Float](repeating: 0, count: 4096)
    while true {
        let count = fread(&block, 4, block.count, file)
        if count == 0 { return samples }
        samples += block[..<count]
    }
}

func loadWeights() -> SileroWeights {
    do {
        return try SileroWeights(path: SileroWeights.installedPath)
    } catch {
        fail("\(error)")
    }
}

func windows(of samples: [Float]) -> [[Float]] {
    stride(from: 0, to: samples.count, by: DetectionWindow.length).map { start in
        let window = samples[start..<min(start + DetectionWindow.length, samples.count)]
        return Array(window) + [Float](repeating: 0, count: DetectionWindow.length - window.count)
    }
}

func microseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
}

func timeWindows(_ kernel: SileroDetector.Kernel, pace: Int, count: Int, file: String) {
    let detector = SileroDetector(loadWeights(), kernel: kernel)
    let windows = windows(of: loadSamples(file))
    // As large as a last-level cache's share, touched between windows: what other programs do meanwhile.
    var others = [UInt8](repeating: 1, count: pace > 0 ? 64 << 20 : 0)
    var times: [Double] = []
    var sum: Float = 0
    for index in 0..<count {
        if pace > 0 {
            for at in stride(from: 0, to: others.count, by: 64) { others[at] &+= 1 }
            usleep(useconds_t(pace))
        }
        let window = windows[index % windows.count]
        let begun = microseconds()
        sum += detector.probability(of: window.span)
        times.append(microseconds() - begun)
    }
    for time in times { print(time) }
    // So that the work cannot be left out.
    if sum < 0 { print(sum, others.last ?? 0) }
}

func printProbabilities(_ detector: any Detector, file: String) {
    for window in windows(of: loadSamples(file)) { print(detector.probability(of: window.span)) }
}
