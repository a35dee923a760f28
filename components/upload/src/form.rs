//! Where the file's bytes come from: a form's field, or the body itself. One shape for both, piece by piece.

use bytes::Bytes;
use futures::StreamExt;
use kernel::{Code, Problem, Result};
use knowledge::UploadName;
use multer::{Field, Multipart};
use platform::serve::BodyStream;

/// The file of a request.
pub(crate) enum File<'a> {
    /// The field `file` of a form. The form must live as long.
    Field(Field<'a>),
    /// The whole body.
    Body(BodyStream),
}

fn broken(cause: impl std::fmt::Display) -> Problem {
    Problem::new(Code::InvalidBody, "the upload broke off or is not well-formed; try again").caused_by(cause)
}

/// The form of a `multipart/form-data` body.
pub(crate) fn form(body: BodyStream, boundary: String) -> Multipart<'static> {
    Multipart::new(body.map(|piece| piece.map_err(|e| std::io::Error::other(format!("{e:?}")))), boundary)
}

/// The field `file`, with its name; other fields before it are skipped.
pub(crate) async fn file_field(form: &mut Multipart<'static>) -> Result<(Field<'static>, UploadName)> {
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() == Some("file") {
            let name = UploadName::parse(field.file_name().unwrap_or_default())?;
            return Ok((field, name));
        }
    }
    Err(Problem::invalid_field("/file", "expected a form with the field `file`, got none"))
}

impl File<'_> {
    /// The next piece; nothing after the last.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>> {
        match self {
            Self::Field(field) => field.chunk().await.map_err(broken),
            Self::Body(body) => body.next().await.transpose().map_err(|e| broken(format!("{e:?}"))),
        }
    }
}
