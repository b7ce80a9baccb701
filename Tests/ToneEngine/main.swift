import Glibc
import ToneWords

// An engine for ToneWords: a plugin of vt-transcribe (vt-plugin(7)) that never guesses.
//
// --option log=FILE adds a line for each recording it gets: the samples of it. --option stop=SECONDS ends its text there, as
// recognisers do that lose the end of a long recording. --option wait=SECONDS takes its time for each.
//
// tone-engine speak writes s16le: the sounds of the words on stdin, a line each, a number and the seconds of silence behind it.

func option(_ name: String) -> String? { getenv("VT_OPTION_\(name)").map { String(cString: $0) } }

func write(_ text: String, to descriptor: CInt = STDOUT_FILENO) { write(Array(text.utf8), to: descriptor) }

func write(_ bytes: [UInt8], to descriptor: CInt = STDOUT_FILENO) {
    var bytes = bytes[...]
    while !bytes.isEmpty {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 { exit(74) }
        bytes = bytes.dropFirst(count)
    }
}

func readAll(_ descriptor: CInt) -> [UInt8] {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &block, block.count)
        if count <= 0 { return bytes }
        bytes += block[..<count]
    }
}

func seconds(_ samples: Int) -> String {
    let milliseconds = samples * 1000 / ToneWords.sampleRate
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.utf8.count) + rest
}

/// - Parameter bytes: s16le.
func transcribe(_ bytes: ArraySlice<UInt8>) {
    let bytes = Array(bytes)
    let samples = stride(from: 0, to: bytes.count - 1, by: 2).map {
        Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
    if let path = option("LOG") {
        let log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        write("\(samples.count)\n", to: log)
        close(log)
    }
    if let wait = option("WAIT").flatMap(Double.init) { usleep(UInt32(wait * 1e6)) }
    let stop = option("STOP").flatMap(Double.init).map { Int($0 * Double(ToneWords.sampleRate)) } ?? .max
    let words = ToneWords.words(in: samples).filter { $0.samples.lowerBound < stop }
    // An utterance for each ten words.
    for start in stride(from: 0, to: words.count, by: 10) {
        let utterance = words[start..<min(start + 10, words.count)]
        for word in utterance {
            write(
                "word start=\(seconds(word.samples.lowerBound)) end=\(seconds(word.samples.upperBound))\t\(word.text)\n"
            )
        }
        if let first = utterance.first, let last = utterance.last {
            let text = utterance.map(\.text).joined(separator: " ")
            write("final start=\(seconds(first.samples.lowerBound)) end=\(seconds(last.samples.upperBound))\t\(text)\n")
        }
    }
}

switch CommandLine.arguments.dropFirst().first {
case "describe":
    write("vt-plugin 1\ninput s16le\nfiles yes\noption log where\noption stop when\noption wait how long\n")
case "transcribe-v1":
    transcribe(readAll(STDIN_FILENO)[...])
case "transcribe-files-v1":
    while let path = readLine() {
        let file = open(path, O_RDONLY)
        let bytes = readAll(file)
        close(file)
        // Behind the header, which has a place for RF64.
        let data = bytes.firstIndex { _ in true }.flatMap { _ in
            (12..<bytes.count - 8).first { bytes[$0..<$0 + 4].elementsEqual("data".utf8) }
        }
        if let data { transcribe(bytes[(data + 8)...]) }
        write("done status=0\n")
    }
case "speak":
    var words: [(number: Int, pause: Double)] = []
    while let line = readLine() {
        let parts = line.split(separator: " ")
        guard parts.count == 2, let number = Int(parts[0]), let pause = Double(parts[1]) else { exit(65) }
        words.append((number, pause))
    }
    write(ToneWords.samples(words).withUnsafeBytes { Array($0) })
default:
    exit(64)
}
