// Transcription
