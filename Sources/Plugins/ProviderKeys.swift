/// Variables that hold a provider's key. No plugin gets one that it hasn't declared with `secret` (DESIGN §4).
package let providerKeys: Set<String> = [
    "VT_API_KEY",
    "ANTHROPIC_API_KEY", "ASSEMBLYAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_OPENAI_API_KEY",
    "AZURE_SPEECH_KEY", "CARTESIA_API_KEY", "CEREBRAS_API_KEY", "DEEPGRAM_API_KEY", "DEEPINFRA_API_KEY",
    "ELEVENLABS_API_KEY", "FIREWORKS_API_KEY", "GEMINI_API_KEY", "GLADIA_API_KEY", "GOOGLE_API_KEY", "GROQ_API_KEY",
    "HF_TOKEN", "HUGGINGFACE_API_KEY", "LEMONFOX_API_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY",
    "REPLICATE_API_TOKEN", "REVAI_ACCESS_TOKEN", "SAMBANOVA_API_KEY", "SONIOX_API_KEY", "SPEECHMATICS_API_KEY",
    "TOGETHER_API_KEY", "XAI_API_KEY",
]

extension ProcessEnvironment {
    /// A copy of this process's environment without the providers' keys, for a helper that has no use for one.
    package static func inheritedWithoutKeys() -> ProcessEnvironment {
        var environment = inherited()
        environment.removeAll { providerKeys.contains($0) }
        return environment
    }
}
