//! The bytes of the file: from a form's field or from the body itself. One interface for both,
//! frame by frame.

use std::{collections::VecDeque, pin::pin, time::Duration};

use api::multipart::{FormEvent, FormReader};
use bytes::Bytes;
use futures::{
    StreamExt,
    future::{Either, select},
};
use kernel::{Code, Problem, ReasonCode, Result};
use knowledge::UploadName;
use platform::{serve::BodyStream, task};

/// A client that has sent nothing for so long gives back the room that it has reserved ahead.
const STALLED: Duration = Duration::from_secs(30);
/// Bytes that identify a format.
const HEAD_BYTES: usize = 16;

/// The file of a request.
pub(crate) enum File {
    /// The field `file` of a form.
    Field(Form),
    /// The whole body.
    Body(Body),
}

/// A body that is still arriving, or a text of ours.
pub(crate) struct Body {
    /// Read, and not taken yet.
    ready: VecDeque<Bytes>,
    /// None: nothing follows.
    stream: Option<BodyStream>,
}

/// A form whose body is still arriving.
pub(crate) struct Form {
    body: BodyStream,
    reader: FormReader,
    ready: VecDeque<FormEvent>,
}

fn broken(cause: impl std::fmt::Display) -> Problem {
    Problem::new(Code::InvalidBody, "the upload broke off or is not well-formed; try again")
        .caused_by(cause)
}

impl Form {
    pub(crate) fn new(body: BodyStream, boundary: &str) -> Self {
        Self { body, reader: FormReader::new(boundary), ready: VecDeque::new() }
    }

    /// The name of the field `file`, which is next; other fields before it are skipped.
    pub(crate) async fn file_name(&mut self) -> Result<UploadName> {
        loop {
            match self.next().await? {
                FormEvent::File(name) => return UploadName::parse(&name),
                FormEvent::Data(_) | FormEvent::Field(..) => {}
                FormEvent::End => {
                    return Err(Problem::refused_field(
                        "/file",
                        ReasonCode::FileMissing,
                        "expected a form with the field `file`, got none",
                    ));
                }
            }
        }
    }

    async fn next(&mut self) -> Result<FormEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            match self.body.next().await {
                Some(frame) => {
                    let frame = frame.map_err(|e| broken(format!("{e:?}")))?;
                    self.ready.extend(self.reader.push(&frame)?);
                }
                None => {
                    self.reader.finish()?;
                    return Ok(FormEvent::End);
                }
            }
        }
    }
}

impl File {
    /// The whole body of a request.
    pub(crate) fn body(stream: BodyStream) -> Self {
        Self::Body(Body { ready: VecDeque::new(), stream: Some(stream) })
    }

    /// A text of ours.
    pub(crate) fn text(text: String) -> Self {
        Self::Body(Body { ready: VecDeque::from([text.into()]), stream: None })
    }

    /// The beginning, which identifies the format, or all if there is less. It is read again.
    pub(crate) async fn peek(&mut self) -> Result<Vec<u8>> {
        let (mut head, mut frames) = (Vec::new(), Vec::new());
        while head.len() < HEAD_BYTES
            && let Some(frame) = self.frame().await?
        {
            head.extend_from_slice(&frame);
            frames.push(frame);
        }
        for frame in frames.into_iter().rev() {
            match self {
                Self::Field(form) => form.ready.push_front(FormEvent::Data(frame)),
                Self::Body(body) => body.ready.push_front(frame),
            }
        }
        Ok(head)
    }

    /// As [`File::frame`]; None if the client stalls.
    pub(crate) async fn frame_or_stall(&mut self) -> Result<Option<Option<Bytes>>> {
        match select(pin!(self.frame()), pin!(task::sleep(STALLED))).await {
            Either::Left((frame, _)) => frame.map(Some),
            Either::Right(((), _)) => Ok(None),
        }
    }

    /// The next bytes; None after the last. May be dropped and called again without losing
    /// anything.
    pub(crate) async fn frame(&mut self) -> Result<Option<Bytes>> {
        match self {
            Self::Field(form) => loop {
                match form.next().await? {
                    FormEvent::Data(bytes) => return Ok(Some(bytes)),
                    FormEvent::File(_) | FormEvent::Field(..) => {}
                    FormEvent::End => return Ok(None),
                }
            },
            Self::Body(body) => match (body.ready.pop_front(), &mut body.stream) {
                (Some(frame), _) => Ok(Some(frame)),
                (None, Some(stream)) => {
                    stream.next().await.transpose().map_err(|e| broken(format!("{e:?}")))
                }
                (None, None) => Ok(None),
            },
        }
    }
}
