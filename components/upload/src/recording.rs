//! A recording that is attached to a question: what is said in it is stored as a text in its place.

use catalogue::usable::{FoundModel, find_usable_transcribers, list_usable_transcribers};
use credentials::{GrantPurpose, ModelGrant};
use kernel::{Code, Problem, ReasonCode, Result};
use knowledge::UploadName;
use models::{
    Attribution, AudioFormat, MOST_AUDIO_BYTES,
    gateway::{self, WireTranscribe},
    recording_too_large,
};
use sha2::{Digest, Sha256};

use crate::{content, form::File, transfer::Transfer};

/// The transcript of a recording.
pub(crate) struct RecordingTranscript {
    /// The recording's name, and the ending of a text.
    pub(crate) name: UploadName,
    /// What is said.
    pub(crate) text: File,
    /// Identifies the recording, for idempotency keys.
    pub(crate) fingerprint: Vec<u8>,
}

fn no_transcription() -> Problem {
    let detail = "the organisation has no transcription model that you may use here, so a recording cannot be read; ask an administrator to add one under Administration, Models";
    Problem::new(Code::NoTranscription, detail)
}

impl Transfer<'_> {
    /// The transcript of a file, if it is a recording. None: it is something else, and can be read
    /// from its beginning.
    ///
    /// # Errors
    /// `no_transcription`; `too_large`; `invalid_body` if no one speaks; `model_failed` and the
    /// errors of quotas if the model does not answer.
    pub(crate) async fn transcribe(
        &mut self,
        name: &UploadName,
        file: &mut File,
    ) -> Result<Option<RecordingTranscript>> {
        let head = self.guarded(file.peek()).await??;
        if AudioFormat::detect(&head).is_none() {
            return Ok(None);
        }
        // Refuses before the rest is read.
        let models = self.transcribers().await?;
        let audio = self.recording(file).await?;
        let fingerprint = content::fingerprint(name, &Sha256::digest(&audio));
        let parameters = WireTranscribe {
            attribution: Attribution {
                space_id: Some(self.place.space()),
                api_key_id: self.watch.credential().api_key(),
                ..Attribution::default()
            },
            ..WireTranscribe::default()
        };
        // Before anything is paid for.
        let name = UploadName::parse(&format!("{}.txt", name.as_str()))?;
        let models: Vec<_> = models.into_iter().map(|model| model.id.0).collect();
        let grant = ModelGrant::request(self.cx, GrantPurpose::Transcription, &models).await?;
        self.cx.db.release().await;
        let asking = gateway::transcribe(&grant, audio, &parameters);
        let text = self.guarded(asking).await??.text;
        if text.is_empty() {
            let detail = "expected speech in the recording, heard none";
            return Err(Problem::refused_field("/file", ReasonCode::NoSpeech, detail));
        }
        Ok(Some(RecordingTranscript { name, text: File::text(text), fingerprint }))
    }

    /// The first model or alias, by its name, that the caller may use in their personal space, where
    /// attachments are.
    async fn transcribers(&self) -> Result<Vec<FoundModel>> {
        let space = Some(self.place.space());
        let usable = list_usable_transcribers(self.cx, space).await?;
        let first = usable.first().ok_or_else(no_transcription)?;
        let found = find_usable_transcribers(self.cx, &first.reference, space).await?;
        // It may have been switched off just now.
        if found.is_empty() { Err(no_transcription()) } else { Ok(found) }
    }

    async fn recording(&mut self, file: &mut File) -> Result<Vec<u8>> {
        let mut audio = Vec::new();
        while let Some(frame) = self.guarded(file.frame()).await?? {
            if audio.len() + frame.len() > MOST_AUDIO_BYTES {
                return Err(recording_too_large());
            }
            audio.extend_from_slice(&frame);
        }
        AudioFormat::check(&audio)?;
        Ok(audio)
    }
}
