//! Taking a document in: bytes stream into storage, then row and job change in one statement.

use access::CredentialId;
use kernel::{
    Code, Problem, ReasonCode, Result,
    id::{CollectionId, DocumentId, JobId, SpaceId},
    text,
};
use platform::Cx;
use spaces::{Action, Role};

use crate::{
    Collection, attachments,
    store::documents::{self as store, InsertOutcome},
};

/// The default largest file: 100 MiB.
pub const DEFAULT_LIMIT_BYTES: i64 = 100 << 20;

/// Characters of a file name at most.
const LONGEST_NAME: usize = 255;
/// Characters of an ending that a name which is too long keeps, with its dot.
const LONGEST_ENDING: usize = 20;

/// A file name as it may be stored and shown: the last part of whatever path came, composed (NFC),
/// without control characters and direction marks. A name of more than 255 characters keeps its
/// ending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadName(String);

impl UploadName {
    /// Cleans what the client sent.
    ///
    /// # Errors
    /// `invalid_body` if nothing is left of it.
    pub fn parse(sent: &str) -> Result<Self> {
        let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = text::normalized(last).chars().filter(|c| !c.is_control()).collect();
        let clean = shortened(clean.trim());
        if clean.is_empty() || clean == "." || clean == ".." {
            return Err(Problem::refused_field(
                "/filename",
                ReasonCode::FileNameMissing,
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
    let ending = name
        .rfind('.')
        .and_then(|dot| name.get(dot..))
        .filter(|end| end.chars().count() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let kept = LONGEST_NAME - ending.chars().count();
    let mut short: String = name.chars().take(kept).collect();
    short.truncate(short.trim_end().len());
    short.push_str(ending);
    short
}

/// The collection of an upload: right and quota were checked before the body is read.
pub struct TargetCollection(Collection);

impl TargetCollection {
    /// The collection, where the caller may add to it.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`, `quota_exceeded`; `conflict` if a website fills it.
    pub async fn find(cx: &Cx, collection: CollectionId) -> Result<Self> {
        let collection = crate::collection::require(cx, collection, Action::EditKnowledge)
            .await?
            .not_of_a_website()?;
        // Refuses early what is hopeless; what binds is that the writer reserves every byte before
        // it stores it.
        if store::free_bytes(cx).await? <= 0 {
            return Err(blobs::quota_exceeded());
        }
        Ok(Self(collection))
    }

    /// Where it is.
    #[must_use]
    pub fn space(&self) -> SpaceId {
        self.0.space_id
    }

    /// Asks again whether the caller may add to the collection: an upload takes up to an hour, and
    /// a right may end meanwhile.
    ///
    /// # Errors
    /// `not_found`, `not_allowed`.
    pub async fn require(&self, cx: &Cx) -> Result<()> {
        crate::collection::require(cx, self.0.id, Action::EditKnowledge).await.map(|_| ())
    }

    /// The roles in the collection's space with which the caller may add to it. The principal is
    /// that of the request.
    pub(crate) fn roles(cx: &Cx) -> Result<Vec<String>> {
        let who = cx.principal()?;
        let may = |role: &&Role| access::may(who, Some(**role), Action::EditKnowledge);
        Ok(Role::ALL.iter().filter(may).map(|role| role.as_str().to_owned()).collect())
    }
}

/// An upload that is complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UploadReceipt {
    /// The document, `processing`.
    pub document: DocumentId,
    /// The job that reads it.
    pub job: JobId,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
}

/// A document whose bytes are coming in.
pub struct Upload<'a> {
    cx: &'a Cx,
    document: DocumentId,
    writer: blobs::BlobWriter<'a>,
}

impl<'a> Upload<'a> {
    /// Begins: the document is visible as `uploading`.
    ///
    /// # Errors
    /// `too_many_requests` if the person has [`blobs::MOST_AT_ONCE`] uploads open; `conflict` if
    /// the conversation has as many attachments as it may have; what the database says.
    pub async fn begin(
        cx: &'a Cx,
        place: &TargetCollection,
        name: &UploadName,
        limit: i64,
    ) -> Result<Self> {
        let document: DocumentId = cx.new_id()?;
        let writer = blobs::BlobWriter::begin(cx, limit).await?;
        let problem =
            match store::insert(cx, document, &place.0, writer.id(), name.as_str()).await? {
                InsertOutcome::Done => return Ok(Self { cx, document, writer }),
                InsertOutcome::TooManyUploads => blobs::too_many_uploads(),
                InsertOutcome::TooManyAttachments => attachments::too_many(),
            };
        blobs::delete(cx, writer.id()).await?;
        Err(problem)
    }

    /// Refuses a file that says it is larger than what is left, and reserves room for its
    /// beginning. The rest is reserved as it arrives: what is only announced reserves nothing.
    ///
    /// # Errors
    /// `quota_exceeded`; what the database says. The caller then calls [`Upload::abandon`].
    pub async fn announce(&mut self, bytes: i64) -> Result<()> {
        if store::free_bytes(self.cx).await? < bytes {
            return Err(blobs::quota_exceeded());
        }
        self.writer.announce(bytes).await
    }

    /// Says that the client is still connected; without it the upload counts as broken off after
    /// two minutes. Takes a context of its own, so that it may run while the client is waited for.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn heartbeat(&self, cx: &Cx) -> Result<()> {
        self.writer.heartbeat(cx).await
    }

    /// Gives back the room that is reserved for bytes that have not come; they get it again when
    /// they do.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn give_back(&mut self) -> Result<()> {
        self.writer.give_back().await
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// `too_large`, `quota_exceeded`, `conflict` if the document was deleted; what the database
    /// says. The caller then calls [`Upload::abandon`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write(bytes).await
    }

    /// All bytes are there: one statement asks whether the credential still lives and the caller
    /// still has a role that allows it, sets the document to `processing`, and queues its job. If
    /// it cannot, nothing is left of the document.
    ///
    /// # Errors
    /// `invalid_body` if not one byte came; `quota_exceeded`; `conflict` if the document was
    /// deleted, or the right to upload has ended.
    pub async fn finish(self, credential: CredentialId) -> Result<UploadReceipt> {
        let written = match self.writer.finish().await {
            Ok(written) if written.size == 0 => Err(empty()),
            written => written,
        };
        let written = match written {
            Ok(written) => written,
            Err(problem) => {
                store::delete(self.cx, self.document, None).await?;
                return Err(problem);
            }
        };
        let job: JobId = self.cx.new_id()?;
        let roles = TargetCollection::roles(self.cx)?;
        if store::complete(self.cx, self.document, job, &written, roles, credential).await? {
            return Ok(UploadReceipt { document: self.document, job, sha256: written.sha256 });
        }
        store::delete(self.cx, self.document, None).await?;
        let detail =
            "the document was deleted, or your right to add it ended, while it was uploaded";
        Err(Problem::conflict(ReasonCode::DocumentGone, detail))
    }

    /// Removes what was stored so far.
    ///
    /// # Errors
    /// `unavailable` without the database; the worker clears it later then.
    pub async fn abandon(self) -> Result<()> {
        store::delete(self.cx, self.document, None).await.map(|_| ())
    }
}

fn empty() -> Problem {
    Problem::new(
        Code::InvalidBody,
        "expected a file with content, got 0 bytes; choose another file",
    )
}

#[cfg(test)]
mod tests {
    use super::UploadName;

    #[test]
    fn a_file_name_loses_its_path_and_its_control_characters() {
        let parse = |text: &str| UploadName::parse(text).map(|n| n.as_str().to_owned());
        assert_eq!(parse("../../etc/passwd"), Ok("passwd".to_owned()));
        assert_eq!(
            parse("C:\\Users\\a\\Årsrapport 2026.pdf"),
            Ok("Årsrapport 2026.pdf".to_owned())
        );
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
