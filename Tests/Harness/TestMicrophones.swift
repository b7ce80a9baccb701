extension Home {
    /// Gives the programs of this home microphones that count: Tests/TestMicrophone says what they can be told.
    ///
    /// Sample number n is n modulo 65536 by the device's own clock, so a test knows of every frame when it was captured.
    /// `default` and `counter` behave; the others are named for what they do.
    ///
    /// - Parameter more: further definitions for `.asoundrc`.
    package func addMicrophones(_ more: String = "") throws {
        let definitions = """
            pcm_type.vt_test { lib "\(BuiltPrograms.directory)/libTestMicrophone.so" }
            pcm.!default { type vt_test }
            pcm.counter { type vt_test hint { show on description "Counting microphone\nfor tests" } }
            pcm.busy { type vt_test open_error 16 }
            pcm.denied { type vt_test open_error 13 }
            pcm.unplugged { type vt_test open_error 19 }
            pcm.vanishing { type vt_test vanish_after 16000 }
            pcm.stalling { type vt_test stall_after 8000 }
            pcm.dumb { type vt_test stall_after 1 }
            pcm.overrunning { type vt_test overrun_every 8000 }
            pcm.broken { type vt_test broken_after 8000 }
            pcm.fast { type vt_test speed 60 }
            pcm.stereo { type vt_test rate 48000 channels 2 }
            \(more)

            """
        try write(definitions.utf8, to: "\(path)/.asoundrc")
    }

    /// Gives the programs of this home one microphone, the default, that hears a recording and then digital silence.
    ///
    /// - Parameters:
    ///   - samples: s16le, 16 kHz, one channel; the first is heard when the microphone is started.
    ///   - speed: device seconds in a second.
    package func addMicrophone(hearing samples: [UInt8], speed: Int = 1) throws {
        try write(samples, to: directory("heard.raw"))
        let definition = """
            pcm_type.vt_test { lib "\(BuiltPrograms.directory)/libTestMicrophone.so" }
            pcm.!default { type vt_test rate 16000 channels 1 speed \(speed) play "\(directory("heard.raw"))" }

            """
        try write(definition.utf8, to: "\(path)/.asoundrc")
    }
}

/// What a counting microphone delivered: samples s16le, of one channel.
package struct CountedSamples: Sendable {
    package let samples: [UInt16]

    /// - Parameter bytes: headerless samples.
    package init(raw bytes: some Collection<UInt8>) {
        var samples: [UInt16] = []
        var low: UInt8?
        for byte in bytes {
            if let first = low {
                samples.append(UInt16(byte) << 8 | UInt16(first))
                low = nil
            } else {
                low = byte
            }
        }
        self.samples = samples
    }

    /// A run of samples that carry on counting, or of silence.
    package struct Run: Equatable, Sendable {
        package var isSilence: Bool
        package var position: Int
        package var count: Int
    }

    /// What it consists of, in order. A counter is only a run while it says its own position.
    ///
    /// - Parameter tolerance: how far, in frames, a counter may be from its position: gaps are measured to within a period.
    /// - Returns: nil where a sample is neither silence nor near its position, or where a counter jumps without silence.
    package func runs(tolerance: Int) -> [Run]? {
        var runs: [Run] = []
        for (position, sample) in samples.enumerated() {
            let expected = UInt16(truncatingIfNeeded: position)
            let distance = abs(Int(Int16(bitPattern: sample &- expected)))
            let continues = position > 0 && sample == samples[position - 1] &+ 1
            // A zero that is no continuation is silence, but for the first sample of all.
            let isSilence = sample == 0 && position > 0 && !continues
            if !isSilence, distance > tolerance { return nil }
            if let last = runs.last, last.isSilence == isSilence {
                if !isSilence, !continues { return nil }
                runs[runs.count - 1].count += 1
            } else {
                runs.append(Run(isSilence: isSilence, position: position, count: 1))
            }
        }
        return runs
    }
}
