//! The form of a transcription: a recording, and fields beside it, in any order.

use api::multipart::{FormEvent, FormReader};
use futures::StreamExt;
use kernel::{Code, Problem, Result};
use models::{AudioFormat, MOST_AUDIO_BYTES, recording_too_large};
use platform::serve::BodyStream;

use crate::json_object::unsupported;

/// Characters of a prompt; models read less of it.
const MOST_PROMPT: usize = 4_000;
/// Letters of a language.
const MOST_LANGUAGE: usize = 20;

/// How a transcript is answered.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum ResponseFormat {
    /// A document with a text.
    #[default]
    Json,
    /// The text.
    Text,
    /// A document with segments.
    Verbose,
}

/// What is asked.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct TranscriptionForm {
    pub(crate) model: String,
    pub(crate) audio: Vec<u8>,
    pub(crate) language: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) temperature: Option<f64>,
    pub(crate) shape: ResponseFormat,
}

impl TranscriptionForm {
    /// Reads a form. Unknown fields are ignored.
    ///
    /// # Errors
    /// `invalid_body`, with `unsupported_parameter` for what is known and not offered; `too_large`.
    pub(crate) async fn read(mut body: BodyStream, boundary: &str) -> Result<Self> {
        let (mut reader, mut form) = (FormReader::with_fields(boundary), Self::default());
        while let Some(frame) = body.next().await {
            let frame = frame.map_err(|error| {
                Problem::new(Code::InvalidBody, "the request body broke off")
                    .caused_by(format!("{error:?}"))
            })?;
            for event in reader.push(&frame)? {
                match event {
                    FormEvent::File(_) => {}
                    FormEvent::Data(bytes) if form.audio.len() + bytes.len() > MOST_AUDIO_BYTES => {
                        return Err(recording_too_large());
                    }
                    FormEvent::Data(bytes) => form.audio.extend_from_slice(&bytes),
                    FormEvent::Field(name, value) => form.set(&name, value)?,
                    FormEvent::End => return form.checked(),
                }
            }
        }
        reader.finish()?;
        form.checked()
    }

    fn set(&mut self, name: &str, value: String) -> Result<()> {
        match name {
            "model" => self.model = value,
            "language" => self.language = language(&value)?,
            "prompt" => self.prompt = prompt(value)?,
            "temperature" => self.temperature = temperature(&value)?,
            "response_format" => self.shape = shape(&value)?,
            "stream" if value != "false" => {
                let detail = "a transcript comes at once; leave stream out";
                return Err(unsupported("/stream", detail));
            }
            "timestamp_granularities" | "timestamp_granularities[]" if value != "segment" => {
                let detail = "only segments have times; leave it out, or send segment";
                return Err(unsupported("/timestamp_granularities", detail));
            }
            "include"
            | "include[]"
            | "chunking_strategy"
            | "known_speaker_names[]"
            | "known_speaker_references[]" => {
                let name = name.trim_end_matches("[]");
                let detail = "this is not offered here; leave it out";
                return Err(unsupported(format!("/{name}"), detail));
            }
            _ => {}
        }
        Ok(())
    }

    fn checked(self) -> Result<Self> {
        if self.model.is_empty() {
            return Err(Problem::invalid_field("/model", "expected a string, got nothing"));
        }
        AudioFormat::check(&self.audio)?;
        Ok(self)
    }
}

fn language(value: &str) -> Result<Option<String>> {
    let is_name = |byte: u8| byte.is_ascii_alphabetic() || byte == b'-';
    if value.len() > MOST_LANGUAGE || !value.bytes().all(is_name) {
        let detail = format!("expected a language such as sv, got {value:.40?}");
        return Err(Problem::invalid_field("/language", detail));
    }
    Ok(Some(value.to_owned()).filter(|value| !value.is_empty()))
}

fn prompt(value: String) -> Result<Option<String>> {
    let characters = value.chars().count();
    if characters > MOST_PROMPT {
        let detail = format!("expected at most {MOST_PROMPT} characters, got {characters}");
        return Err(Problem::invalid_field("/prompt", detail));
    }
    Ok(Some(value).filter(|value| !value.is_empty()))
}

fn temperature(value: &str) -> Result<Option<f64>> {
    let number: Option<f64> = value.trim().parse().ok();
    match number.filter(|number| (0.0..=1.0).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => {
            let detail = format!("expected 0 to 1, got {value:.40?}");
            Err(Problem::invalid_field("/temperature", detail))
        }
    }
}

fn shape(value: &str) -> Result<ResponseFormat> {
    match value {
        "json" => Ok(ResponseFormat::Json),
        "text" => Ok(ResponseFormat::Text),
        "verbose_json" => Ok(ResponseFormat::Verbose),
        other => {
            let detail = format!("expected json, text or verbose_json, got {other:.40?}");
            Err(unsupported("/response_format", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form with fields that were set.
    fn form(fields: &[(&str, &str)]) -> Result<TranscriptionForm> {
        let audio = b"fLaC".to_vec();
        let mut form =
            TranscriptionForm { model: "m".to_owned(), audio, ..TranscriptionForm::default() };
        for (name, value) in fields {
            form.set(name, (*value).to_owned())?;
        }
        form.checked()
    }

    #[test]
    fn what_is_known_is_read_and_what_is_not_is_ignored() {
        let read = form(&[
            ("language", "sv"),
            ("prompt", "Åre"),
            ("temperature", "0.5"),
            ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "segment"),
            ("stream", "false"),
            ("user", "u"),
        ]);
        let read = read.unwrap();
        assert_eq!((read.language.as_deref(), read.prompt.as_deref()), (Some("sv"), Some("Åre")));
        assert_eq!((read.temperature, read.shape), (Some(0.5), ResponseFormat::Verbose));
        assert_eq!(form(&[("prompt", ""), ("language", "")]).unwrap(), form(&[]).unwrap());
    }

    #[test]
    fn what_is_wrong_or_not_offered_is_named() {
        let long = "x".repeat(MOST_PROMPT + 1);
        for (name, value, pointer, code) in [
            ("model", "", "/model", None),
            ("language", "sv\r\nx", "/language", None),
            ("language", "abcdefghijklmnopqrstu", "/language", None),
            ("prompt", &long, "/prompt", None),
            ("temperature", "1.1", "/temperature", None),
            ("temperature", "NaN", "/temperature", None),
            ("response_format", "srt", "/response_format", Some("unsupported_parameter")),
            ("stream", "true", "/stream", Some("unsupported_parameter")),
            ("include[]", "logprobs", "/include", Some("unsupported_parameter")),
            (
                "timestamp_granularities[]",
                "word",
                "/timestamp_granularities",
                Some("unsupported_parameter"),
            ),
        ] {
            let problem = form(&[(name, value)]).unwrap_err();
            assert_eq!((&*problem.fields[0].pointer, problem.protocol_code()), (pointer, code));
        }
        assert!(form(&[("prompt", &long[1..]), ("temperature", "1")]).is_ok());
    }
}
