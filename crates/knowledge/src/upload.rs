//! Taking a document in: bytes stream into storage, then row and job change in one statement.

use kernel::{
    Code, Problem, Result,
    id::{CollectionId, DocumentId, JobId},
    text,
};
use platform::{Cx, blob};
use spaces::Action;

use crate::{Collection, store::documents as store};

/// The default largest file: 100 MiB.
pub const DEFAULT_LIMIT_BYTES: i64 = 100 << 20;

/// Characters of a file name at most.
const LONGEST_NAME: usize = 255;
/// Characters of an ending that a name which is too long keeps, with its dot.
const LONGEST_ENDING: usize = 20;

/// A file name as it may be stored and shown: the last part of whatever path came, composed (NFC), without control
/// characters and direction marks. A name of more than 255 characters keeps its ending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadName(String);

impl UploadName {
    /// Cleans what the client sent.
    ///
    /// # Errors
    /// `invalid_body` where nothing is left of it.
    pub fn parse(sent: &str) -> Result<Self> {
        let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = text::normalized(last).chars().filter(|c| !c.is_control()).collect();
        let clean = shortened(clean.trim());
        if clean.is_empty() || clean == "." || clean == ".." {
            return Err(Problem::invalid_field(
                "/filename",
                "expected the name of a file; send it as ?filename= or in the form",
            ));
        }
        Ok(Self(clean))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// At most [`LONGEST_NAME`] characters, with the ending of the whole.
fn shortened(name: &str) -> String {
    let length = name.chars().count();
    if length <= LONGEST_NAME {
        return name.to_owned();
    }
    let ending = name.rfind('.').and_then(|dot| name.get(dot..)).filter(|end| end.chars().count() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let kept = LONGEST_NAME - ending.chars().count();
    let mut short: String = name.chars().take(kept).collect();
    short.truncate(short.trim_end().len());
    short.push_str(ending);
    short
}

/// Where a document may be put: the right and the quota were checked, before anything of the body is looked at.
pub struct Place(Collection);

impl Place {
    /// The collection, where the caller may add to it.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`, `quota_exceeded`.
    pub async fn find(cx: &Cx, collection: CollectionId) -> Result<Self> {
        let collection = crate::collection::require(cx, collection, Action::EditKnowledge).await?;
        // Refuses early what is hopeless; what binds is that the writer reserves every byte before it stores it.
        if store::free_bytes(cx).await? <= 0 {
            return Err(blob::full());
        }
        Ok(Self(collection))
    }
}

/// A document whose bytes are coming in.
pub struct Upload<'a> {
    cx: &'a Cx,
    document: DocumentId,
    writer: blob::Writer<'a>,
}

impl<'a> Upload<'a> {
    /// Begins: the document is visible as `uploading`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin(cx: &'a Cx, place: &Place, name: &UploadName, limit: i64) -> Result<Self> {
        let document: DocumentId = cx.new_id()?;
        let writer = blob::Writer::begin(cx, limit).await?;
        store::insert(cx, document, &place.0, writer.id(), name.as_str()).await?;
        Ok(Self { cx, document, writer })
    }

    /// Reserves room for a file whose size is known before its bytes.
    ///
    /// # Errors
    /// `quota_exceeded`; what the database says. The caller then calls [`Upload::abandon`].
    pub async fn announce(&mut self, bytes: i64) -> Result<()> {
        self.writer.announce(bytes).await
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `too_large`, `quota_exceeded`, `conflict` where the document was deleted; what the database says. The caller then calls [`Upload::abandon`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write(bytes).await
    }

    /// All bytes are there: the document goes on as `processing`, and its job is queued, in one statement. Where it cannot, nothing is left of it.
    ///
    /// # Errors
    /// `invalid_body` where not one byte came; `quota_exceeded`; `conflict` where the document was deleted.
    pub async fn finish(self) -> Result<(DocumentId, JobId)> {
        let written = match self.writer.finish().await {
            Ok(written) if written.size == 0 => Err(empty()),
            written => written,
        };
        let written = match written {
            Ok(written) => written,
            Err(problem) => {
                store::delete(self.cx, self.document).await?;
                return Err(problem);
            }
        };
        let job: JobId = self.cx.new_id()?;
        if store::complete(self.cx, self.document, job, &written).await? {
            return Ok((self.document, job));
        }
        Err(Problem::new(Code::Conflict, "the document was deleted while it was uploaded"))
    }

    /// Removes what was stored so far.
    ///
    /// # Errors
    /// What the database says; the worker clears it later then.
    pub async fn abandon(self) -> Result<()> {
        store::delete(self.cx, self.document).await
    }
}

fn empty() -> Problem {
    Problem::new(Code::InvalidBody, "expected a file with content, got 0 bytes; choose another file")
}

#[cfg(test)]
mod tests {
    use super::UploadName;

    #[test]
    fn a_file_name_loses_its_path_and_its_control_characters() {
        let parse = |text: &str| UploadName::parse(text).map(|n| n.as_str().to_owned());
        assert_eq!(parse("../../etc/passwd"), Ok("passwd".to_owned()));
        assert_eq!(parse("C:\\Users\\a\\Årsrapport 2026.pdf"), Ok("Årsrapport 2026.pdf".to_owned()));
        assert_eq!(parse("a\r\nSet-Cookie: x.txt"), Ok("aSet-Cookie: x.txt".to_owned()));
        assert_eq!(parse("fdp.\u{202E}txt.exe"), Ok("fdp.txt.exe".to_owned()));
        assert_eq!(parse("A\u{30A}terbruk.txt"), Ok("Återbruk.txt".to_owned()));
        let long = parse(&format!("{}.pdf", "å".repeat(400))).unwrap_or_default();
        assert_eq!((long.chars().count(), long.ends_with("å.pdf")), (255, true));
        for bad in ["", "/", "..", "a/..", "\n"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
