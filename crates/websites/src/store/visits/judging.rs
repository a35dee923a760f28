//! What came of each visit, by what is known of its page.

use kernel::Result;
use queue::Failure;

use super::{Batch, NewDocument};
use crate::{
    Outcome,
    crawling::{Content, Doubt, Finding, KnownPage, Visit},
};

fn failure(code: &str, detail: &str) -> Failure {
    Failure { code: code.to_owned(), detail: detail.to_owned(), hint: None }
}

fn is_same(content: &Content, known: &KnownPage) -> bool {
    known.hash.as_deref() == Some(&content.hash)
}

/// Instead of what came: a page that is in doubt keeps its document, and one that asks for a
/// password gets none. What a document said before is never in doubt.
fn doubted(visit: &Visit, known: Option<&KnownPage>) -> Option<(Outcome, Failure)> {
    let known = known.filter(|known| known.document.is_some());
    let is_as_before = match (&visit.found, known) {
        (Finding::Later { .. } | Finding::NotModified, _) => true,
        (Finding::Content(content), Some(known)) => is_same(content, known),
        _ => false,
    };
    if is_as_before {
        return None;
    }
    match (visit.doubt.as_ref()?, known) {
        (Doubt::NotRendered(failure), Some(known)) if known.is_rendered => {
            Some((Outcome::Failed, failure.clone()))
        }
        (Doubt::NotRendered(_), _) => None,
        (Doubt::SignIn(failure), Some(_)) => Some((Outcome::Failed, failure.clone())),
        (Doubt::SignIn(failure), None) => Some((Outcome::Skipped, failure.clone())),
    }
}

impl<'a> Batch<'a> {
    pub(super) fn judge(&mut self, visit: &'a Visit, room: &mut i64) -> Result<()> {
        self.counts.bytes += i64::try_from(visit.bytes).unwrap_or(i64::MAX);
        let (outcome, failure) = match doubted(visit, self.known.get(&visit.page_url)) {
            Some((outcome, failure)) => (Some(outcome), Some(failure)),
            None => match &visit.found {
                Finding::Later { .. } => (None, None),
                Finding::NotModified => (Some(Outcome::Unchanged), None),
                Finding::Nothing(outcome, failure) => {
                    (Some(self.nothing(visit, *outcome)), failure.clone())
                }
                Finding::Content(content) => {
                    let (outcome, failure) = self.content(visit, content, room)?;
                    (Some(outcome), failure)
                }
            },
        };
        if let Some(outcome) = outcome {
            self.count(outcome);
        }
        self.outcomes.push((visit, outcome, failure));
        Ok(())
    }

    fn content(
        &mut self,
        visit: &'a Visit,
        content: &'a Content,
        room: &mut i64,
    ) -> Result<(Outcome, Option<Failure>)> {
        let known = self.known.get(&visit.page_url);
        let document = known.and_then(|known| known.document);
        if document.is_some() && known.is_some_and(|known| is_same(content, known)) {
            return Ok((Outcome::Unchanged, None));
        }
        let size = i64::try_from(content.bytes.len()).unwrap_or(i64::MAX);
        if size > *room {
            self.without_room += 1;
            let full = failure("quota_exceeded", "the organisation's storage is full");
            return Ok((Outcome::Failed, Some(full)));
        }
        *room -= size;
        let is_new = document.is_none();
        self.documents.push(NewDocument {
            id: document.map_or_else(platform::random::id, Ok)?,
            blob: platform::random::id()?,
            job: platform::random::id()?,
            is_new,
            visit,
            content,
        });
        Ok((if is_new { Outcome::Added } else { Outcome::Changed }, None))
    }

    /// A page that its owner wants in no index, or names another for, loses its document at once;
    /// one that is gone or has no text, at the end of the second run that saw it so.
    fn nothing(&mut self, visit: &Visit, outcome: Outcome) -> Outcome {
        let document = self.known.get(&visit.page_url).and_then(|known| known.document);
        if let (Outcome::Noindex | Outcome::Duplicate, Some(document)) = (outcome, document) {
            self.removed.push(document);
            self.counts.removed += 1;
        }
        outcome
    }

    fn count(&mut self, outcome: Outcome) {
        let counts = &mut self.counts;
        match outcome {
            Outcome::Failed => counts.failed += 1,
            Outcome::Sitemap | Outcome::Skipped | Outcome::Blocked => {}
            _ => counts.fetched += 1,
        }
        match outcome {
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Added => counts.added += 1,
            Outcome::Changed => counts.changed += 1,
            _ => {}
        }
    }
}
