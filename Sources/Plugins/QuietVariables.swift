/// Variables that keep the libraries inside a plugin from talking to their makers; every plugin gets them.
///
/// They are set whatever the user has set them to: nothing but silence can be meant by them. Each is one that a recogniser's
/// libraries are known to read.
package let quietVariables: [String: String] = [
    // ONNX Runtime from 1.29 on sends usage data, and writes a lasting identity below ~/.cache; releases differ in the name.
    "ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1",
    // The Hugging Face hub's client, and what is built on it.
    "HF_HUB_DISABLE_TELEMETRY": "1", "DISABLE_TELEMETRY": "1",
    // What many programs have agreed on (consoledonottrack.com).
    "DO_NOT_TRACK": "1",
    // pyannote.audio from 4.0 on reports each call, unless this is 0.
    "PYANNOTE_METRICS_ENABLED": "0",
]

/// Variables that keep libraries from asking the hub for a model, or whether there is a newer one; every plugin gets them but while
/// it installs something.
package let offlineVariables: [String: String] = [
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
]
