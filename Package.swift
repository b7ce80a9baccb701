// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors where CI builds; a user's newer compiler may know warnings that we do not.
let isCI = Context.environment["CI"] != nil

let swift: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (isCI ? [.treatAllWarnings(as: .error)] : [])

// Where C pointers are handled, each unsafe use is marked.
let swiftOverC: [SwiftSetting] = swift + [.strictMemorySafety()]

// The speech detector's network. Optimised in debug builds too, where the tests would otherwise wait for it.
let kernel: [SwiftSetting] = swiftOverC + [.unsafeFlags(["-O"])]
#if arch(x86_64)
    let kernelAVX2: [SwiftSetting] = kernel + [.unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma"])]
#else
    let kernelAVX2: [SwiftSetting] = kernel
#endif

// Every program has the ground below it, and with it this: the folder with a libstdc++.so that stands for the archive.
let standardLibrary: [LinkerSetting] = [.unsafeFlags(["-L\(Context.packageDirectory)/Sources/link"])]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "vt",
    products: [
        .executable(name: "vt-record", targets: ["vt-record"]),
        .executable(name: "vt-encode", targets: ["vt-encode"]),
        .executable(name: "vt-transcribe", targets: ["vt-transcribe"]),
        .executable(name: "vt-vad", targets: ["vt-vad"]),
        .executable(name: "vt-type", targets: ["vt-type"]),
        .executable(name: "vt-models", targets: ["vt-models"]),
        .executable(name: "vt-transcribe-local", targets: ["vt-transcribe-local"]),
        .executable(name: "vt-transcribe-pocketsphinx", targets: ["vt-transcribe-pocketsphinx"]),
        .executable(name: "vt-record-pulse", targets: ["vt-record-pulse"]),
        .executable(name: "vt-type-clipboard", targets: ["vt-type-clipboard"]),
        // For the tests, which ALSA can only give a microphone in a shared library.
        .library(name: "TestMicrophone", type: .dynamic, targets: ["TestMicrophone"]),
        // For the tests, too: the engine `local` opens its library at run time.
        .library(name: "StandInTranscribe", type: .dynamic, targets: ["StandInTranscribe"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // C libraries. Each has exactly one importer.
        .systemLibrary(name: "CALSA", pkgConfig: "alsa", providers: [.apt(["libasound2-dev"])]),
        // Not by pkg-config: libpulse.pc has flags that SwiftPM warns of.
        .systemLibrary(name: "CPulse", providers: [.apt(["libpulse-dev"])]),
        // Not by pkg-config: pocketsphinx.pc drags in sphinxad, and with it PulseAudio and X11.
        .target(
            name: "CPocketSphinx",
            linkerSettings: [.linkedLibrary("pocketsphinx"), .linkedLibrary("sphinxbase")]),

        // Opened at run time, by programs that meet encoded audio.
        .target(name: "CSndFile", linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "COpus", linkerSettings: [.linkedLibrary("dl")]),
        // Opened at run time, where a rate is to be changed.
        .target(name: "CSoxr", linkerSettings: [.linkedLibrary("dl")]),
        // Opened at run time, by programs that speak to a server.
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")]),

        // Opened at run time, by the engine that recognises with open models.
        .target(name: "CTranscribe", linkerSettings: [.linkedLibrary("dl")]),

        // toml++, a header-only library in C++, behind one function.
        .target(name: "CTOML"),

        // Opened at run time, where a script has no spaces between its words.
        .target(name: "CICU", linkerSettings: [.linkedLibrary("dl")]),

        // The ground: system calls, and text that came from outside.
        .target(name: "CPOSIX"),
        .target(name: "POSIX", dependencies: ["CPOSIX"], swiftSettings: swiftOverC, linkerSettings: standardLibrary),
        .target(name: "Text", dependencies: ["CICU"], swiftSettings: swiftOverC),
        // TOML documents, each value with its line.
        .target(name: "TOML", dependencies: ["CTOML"], swiftSettings: swiftOverC),

        .target(name: "Audio", dependencies: ["CSoxr", "POSIX", "Text"], swiftSettings: swiftOverC),
        .target(name: "Plugins", dependencies: ["POSIX", "Text"], swiftSettings: swift),
        .target(name: "HTTP", dependencies: ["CCurl", "POSIX", "Text"], swiftSettings: swiftOverC),

        // Domain modules do not import each other.
        .target(
            name: "Capture", dependencies: ["CALSA", "Audio", "Plugins", "POSIX", "Text"], swiftSettings: swiftOverC),
        .target(
            name: "Encoding", dependencies: ["COpus", "CSndFile", "Audio", "Plugins", "POSIX"],
            swiftSettings: swiftOverC),
        .target(
            name: "Transcription", dependencies: ["Audio", "HTTP", "Plugins", "POSIX", "Text"], swiftSettings: swift),
        // Speech detection: the network's kernels, compiled once for each instruction set, and what chooses between them.
        .target(name: "CSileroKernel"),
        .target(name: "SileroKernel", dependencies: ["CSileroKernel"], swiftSettings: kernel),
        .target(
            name: "SileroKernelAVX2", dependencies: ["CSileroKernel", "SileroKernel"], swiftSettings: kernelAVX2),
        .target(
            name: "VoiceActivity", dependencies: ["POSIX", "SileroKernel", "SileroKernelAVX2"],
            swiftSettings: swiftOverC),
        .target(name: "Typing", dependencies: ["Plugins", "POSIX", "Text"], swiftSettings: swift),
        .target(name: "Batch", dependencies: ["POSIX", "Text"], swiftSettings: swift),

        // Models of speech recognition: which are installed, what can be, and how they come here.
        .target(name: "Models", dependencies: ["POSIX", "Text"], swiftSettings: swiftOverC),

        // Recognition with open models, through libtranscribe: what the engine `local` is.
        .target(
            name: "LocalRecognition",
            dependencies: [
                "Audio", "CTranscribe", "EnginePlugin", "Models", "POSIX", "Program", "Text", "VoiceActivity",
            ], swiftSettings: swiftOverC),
        // What to install, and how it comes here: a program that only looks for a model does without libcurl.
        .target(
            name: "ModelInstalling", dependencies: ["HTTP", "Models", "Plugins", "POSIX", "SHA256", "Text", "TOML"],
            swiftSettings: swiftOverC),
        // Optimised in debug builds too: a model is hundreds of megabytes.
        .target(name: "SHA256", swiftSettings: kernel),

        // The user's configuration file.
        .target(
            name: "Configuration", dependencies: ["POSIX", "Text", "TOML", argumentParser], swiftSettings: swiftOverC),
        // How every vt-* behaves. Imported by programs only.
        .target(name: "Program", dependencies: ["Audio", "POSIX", "Text", argumentParser], swiftSettings: swift),
        // And how every engine of ours does that is a plugin: a part of Program for these programs.
        .target(
            name: "EnginePlugin", dependencies: ["POSIX", "Program", "Text", argumentParser],
            swiftSettings: swiftOverC),

        .executableTarget(
            name: "vt-record",
            dependencies: [
                "Audio", "Capture", "Configuration", "Plugins", "POSIX", "Program", "Text", "VoiceActivity",
                argumentParser,
            ], swiftSettings: swift),
        .executableTarget(
            name: "vt-record-pulse", dependencies: ["CPulse", "Audio", "POSIX", "Program", "Text", argumentParser],
            swiftSettings: swiftOverC),
        .executableTarget(
            name: "vt-encode", dependencies: ["Audio", "Encoding", "POSIX", "Program", argumentParser],
            swiftSettings: swift),
        .executableTarget(
            name: "vt-transcribe",
            dependencies: [
                "Audio", "Batch", "Configuration", "Encoding", "HTTP", "Models", "Plugins", "POSIX", "Program", "Text",
                "Transcription", "VoiceActivity",
                argumentParser,
            ],
            swiftSettings: swift),
        .executableTarget(
            name: "vt-vad",
            dependencies: ["Audio", "Encoding", "POSIX", "Program", "Text", "VoiceActivity", argumentParser],
            swiftSettings: swift),
        .executableTarget(
            name: "vt-models",
            dependencies: [
                "ModelInstalling", "Models", "Plugins", "POSIX", "Program", "Text", "VoiceActivity", argumentParser,
            ],
            exclude: ["models.toml"], swiftSettings: swift),
        .executableTarget(
            name: "vt-type",
            dependencies: ["Configuration", "Plugins", "POSIX", "Program", "Text", "Typing", argumentParser],
            swiftSettings: swift),
        .executableTarget(
            name: "vt-type-clipboard", dependencies: ["Plugins", "POSIX", "Program", "Text", "Typing", argumentParser],
            swiftSettings: swift),
        .executableTarget(
            name: "vt-transcribe-pocketsphinx",
            dependencies: ["Audio", "CPocketSphinx", "EnginePlugin", "POSIX", "Program", argumentParser],
            swiftSettings: swiftOverC),

        .executableTarget(
            name: "vt-transcribe-local",
            dependencies: ["EnginePlugin", "LocalRecognition", "POSIX", "Program", argumentParser],
            swiftSettings: swift),

        // What scripts/bench.d/vad measures inside a process.
        .executableTarget(
            name: "vad-probe", dependencies: ["Audio", "Encoding", "VoiceActivity"], path: "scripts/bench.d/vad-probe",
            swiftSettings: swift),

        // Tests. Harness runs the built programs in pipes, on a pseudo-terminal, beside real daemons.
        .target(name: "CHarness", path: "Tests/CHarness"),
        .target(
            name: "Harness", dependencies: ["CHarness", "POSIX", "Text"], path: "Tests/Harness", swiftSettings: swift),
        // A microphone for machines without one; ALSA loads it by its file's name.
        .target(
            name: "TestMicrophone", path: "Tests/TestMicrophone", linkerSettings: [.linkedLibrary("asound")]),
        // A libtranscribe that does what a test tells it, for the engine `local` to load.
        .target(
            name: "StandInTranscribe", path: "Tests/StandInTranscribe",
            cSettings: [.headerSearchPath("../../Sources/CTranscribe/include")]),
        // Words that a machine can tell for certain, and an engine that hears them.
        .target(name: "ToneWords", path: "Tests/ToneWords", swiftSettings: swift),
        .executableTarget(
            name: "tone-engine", dependencies: ["ToneWords"], path: "Tests/ToneEngine", swiftSettings: swift),
        // An engine on the kit that does what it is told.
        .executableTarget(
            name: "kit-engine", dependencies: ["EnginePlugin", "Program", "Text", argumentParser],
            path: "Tests/KitEngine",
            swiftSettings: swift),
        .testTarget(name: "HarnessTests", dependencies: ["Harness"], swiftSettings: swift),
        .testTarget(name: "POSIXTests", dependencies: ["POSIX", "Harness"], swiftSettings: swift),
        .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: swift),
        .testTarget(name: "AudioTests", dependencies: ["Audio", "POSIX", "Harness"], swiftSettings: swift),
        .testTarget(name: "BatchTests", dependencies: ["Batch", "Harness", "POSIX"], swiftSettings: swift),
        .testTarget(
            name: "LocalRecognitionTests",
            dependencies: ["EnginePlugin", "Harness", "LocalRecognition", "Models", "Program", "VoiceActivity"],
            swiftSettings: swift),
        .testTarget(
            name: "EnginePluginTests", dependencies: ["EnginePlugin", "Harness", "POSIX", "Text", "kit-engine"],
            swiftSettings: swift),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "Harness"], swiftSettings: swift),
        .testTarget(name: "ModelsTests", dependencies: ["Models", "Harness"], swiftSettings: swift),
        .testTarget(
            name: "ModelInstallingTests",
            dependencies: ["ModelInstalling", "Models", "Harness", "HTTP", "POSIX", "SHA256", "Text"],
            swiftSettings: swift),
        .testTarget(name: "PluginsTests", dependencies: ["Plugins", "POSIX", "Text", "Harness"], swiftSettings: swift),
        .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Harness", "POSIX", "Text"], swiftSettings: swift),
        .testTarget(
            name: "CaptureTests", dependencies: ["Capture", "Audio", "Plugins", "POSIX", "Harness"],
            swiftSettings: swift),
        .testTarget(
            name: "EncodingTests", dependencies: ["Encoding", "Audio", "POSIX", "Harness"], swiftSettings: swift),
        .testTarget(
            name: "TranscriptionTests",
            dependencies: ["Transcription", "Audio", "HTTP", "Plugins", "POSIX", "Text", "Harness"],
            swiftSettings: swift),
        .testTarget(
            name: "VoiceActivityTests", dependencies: ["Audio", "Harness", "VoiceActivity"],
            exclude: ["Reference"], swiftSettings: swift),
        .testTarget(
            name: "TypingTests", dependencies: ["Typing", "Plugins", "POSIX", "Text", "Harness"], swiftSettings: swift),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "Audio", "Harness", "POSIX", "Program", "Text", "ToneWords", "VoiceActivity", "tone-engine",
                "vt-encode",
                "vt-record",
                "vt-models", "vt-record-pulse", "vt-transcribe", "vt-transcribe-local",
                "vt-transcribe-pocketsphinx", "vt-type", "vt-type-clipboard", "vt-vad",
            ], swiftSettings: swift),
    ],
    cxxLanguageStandard: .cxx17
)
