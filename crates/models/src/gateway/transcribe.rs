//! Asking models to write down what is said, through the gateway. The body of a request is the
//! recording, then its parameters as JSON: so neither is copied or escaped.

use std::time::Duration;

use credentials::ModelGrant;
use kernel::{Problem, Result};
use serde::{Deserialize, Serialize};

use super::{
    TRANSCRIBE, WireAttempt, WireFailure,
    client::{document_within, send_bytes},
};
use crate::{
    Attribution, ProviderError, TokenUsage, Transcript, TranscriptSegment,
    dialect::TRANSCRIPT_BYTES, failure,
};

/// Bytes of the recording within a request.
pub const AUDIO_LENGTH: &str = "x-audio-length";
/// Bytes of the parameters.
pub const PARAMETERS_BYTES: usize = 64 << 10;
/// Bytes of an answer: numbers may be longer than the provider wrote them.
const ANSWER_BYTES: usize = 2 * TRANSCRIPT_BYTES;
/// Longer than the gateway tries.
const LIMIT: Duration = Duration::from_secs(590);

/// Parameters of a transcription.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct WireTranscribe {
    /// ISO 639-1, if it is known.
    #[serde(default)]
    pub language: Option<String>,
    /// Words and names that may come, or the text before.
    #[serde(default)]
    pub prompt: Option<String>,
    /// 0 to 1.
    #[serde(default)]
    pub temperature: Option<f64>,
    /// Whether to answer with segments.
    #[serde(default)]
    pub with_segments: bool,
    /// Where the recording comes from.
    #[serde(default)]
    pub attribution: Attribution,
}

/// A text, or why there is none.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum WireTranscription {
    /// What was said.
    Transcript(WireTranscript),
    /// The models failed.
    Failed {
        /// The last failure.
        failure: WireFailure,
        /// Attempts that failed, in order, the last included.
        attempts: Vec<WireAttempt>,
    },
}

/// What was said.
#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
pub struct WireTranscript {
    /// The model that answered, as people see it.
    pub model: String,
    /// The text.
    pub text: String,
    /// As the provider names it.
    pub language: Option<String>,
    /// Seconds of the recording.
    pub duration: Option<f64>,
    /// Start, end and text of each.
    pub segments: Vec<(f64, f64, String)>,
    /// Tokens that went in, of these sound, and that came out.
    pub tokens: Option<(u64, u64, u64)>,
    /// Seconds that the provider bills.
    pub billed_seconds: Option<u64>,
}

impl WireTranscript {
    /// As it is sent.
    #[must_use]
    pub fn of(model: &str, transcript: Transcript) -> Self {
        let segment = |it: TranscriptSegment| (it.start, it.end, it.text);
        let counts = |it: TokenUsage| (it.prompt, it.prompt_audio, it.completion);
        Self {
            model: model.to_owned(),
            text: transcript.text,
            language: transcript.language,
            duration: transcript.duration,
            segments: transcript.segments.into_iter().map(segment).collect(),
            tokens: transcript.tokens.map(counts),
            billed_seconds: transcript.billed_seconds,
        }
    }

    fn transcript(self) -> Transcript {
        let segment = |(start, end, text)| TranscriptSegment { start, end, text };
        let usage = |(prompt, prompt_audio, completion)| TokenUsage {
            prompt,
            prompt_audio,
            completion,
            ..TokenUsage::default()
        };
        Transcript {
            text: self.text,
            language: self.language,
            duration: self.duration,
            segments: self.segments.into_iter().map(segment).collect(),
            tokens: self.tokens.map(usage),
            billed_seconds: self.billed_seconds,
        }
    }
}

/// What a model hears in a recording. `audio`: checked by [`crate::AudioFormat::check`]. Takes up to
/// ten minutes.
///
/// # Errors
/// `model_failed` if the models fail; `usage_quota_reached`, `price_missing`; `unavailable` if the
/// gateway does not answer.
pub async fn transcribe(
    grant: &ModelGrant,
    mut audio: Vec<u8>,
    parameters: &WireTranscribe,
) -> Result<Transcript> {
    let length = audio.len();
    let tail = serde_json::to_vec(parameters).map_err(Problem::internal)?;
    // No more than needed: a growing vector doubles.
    audio.reserve_exact(tail.len());
    audio.extend(tail);
    let headers = [
        ("content-type", "application/octet-stream".to_owned()),
        (AUDIO_LENGTH, length.to_string()),
    ];
    let answer = send_bytes(grant, TRANSCRIBE, audio, headers, LIMIT).await?;
    match document_within(answer, ANSWER_BYTES).await? {
        WireTranscription::Transcript(transcript) => Ok(transcript.transcript()),
        WireTranscription::Failed { failure, .. } => {
            Err(failure::of_transcription(&ProviderError::from(&failure)))
        }
    }
}
