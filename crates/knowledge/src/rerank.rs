//! The order of what a search found, by the tenant's reranker (ADR 42). A search never fails because
//! of it.

use catalogue::reranker::{self, UsableReranker};
use credentials::{GrantPurpose, ModelGrant};
use kernel::{Result, id::SpaceId};
use models::{
    Attribution, QueryEmbedding,
    gateway::{self, RerankFailure, WireRerank},
};
use platform::Cx;

use crate::{Hit, Hits, Mode, Query, SearchRequest, search};

/// The most hits that are ordered. The provider gets as many texts.
const CANDIDATES: i64 = 30;
/// The most bytes of a text.
const TEXT_BYTES: usize = 8 << 10;

/// What came of the reranker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reranking {
    /// The reranker, as people see it.
    pub model: String,
    /// Why the hits are not in its order; None: they are.
    pub skipped: Option<SkipReason>,
}

/// Why hits are not in a reranker's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SkipReason {
    /// Nothing relevant was found, or only one hit. Nothing was sent.
    NothingToOrder,
    /// It gave no order.
    Failed(RerankFailure),
}

impl SkipReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::NothingToOrder,
        Self::Failed(RerankFailure::Timeout),
        Self::Failed(RerankFailure::CircuitOpen),
        Self::Failed(RerankFailure::QuotaReached),
        Self::Failed(RerankFailure::PriceMissing),
        Self::Failed(RerankFailure::Failed),
    ];

    /// The name that is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NothingToOrder => "nothing_to_order",
            Self::Failed(failure) => failure.as_str(),
        }
    }
}

/// A reranker that the caller may ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reranker {
    model: UsableReranker,
    attribution: Attribution,
}

/// What a search found, in the order in which it is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct OrderedHits {
    /// The hits.
    pub hits: Hits,
    /// Whether anything relevant was found: the search decides that, not the reranker.
    pub is_anything_relevant: bool,
    /// None: there is no reranker, or not for this caller and search.
    pub reranking: Option<Reranking>,
}

/// Searches as [`search()`], and orders the best hits by the tenant's reranker.
///
/// # Errors
/// As [`search()`].
pub async fn search_reranked<F: Future<Output = Result<Vec<QueryEmbedding>>>>(
    cx: &Cx,
    request: &SearchRequest,
    attribution: Attribution,
    embed: impl FnOnce(Vec<String>) -> F,
) -> Result<OrderedHits> {
    let reranker = match request.mode {
        Mode::Fused => Reranker::find(cx, request.space_id, attribution).await?,
        Mode::Vector | Mode::Text => None,
    };
    let wanted = usize::try_from(request.limit).unwrap_or_default();
    let Some(reranker) = reranker else {
        let hits = search(cx, request, embed).await?;
        let is_anything_relevant = hits.is_anything_relevant();
        return Ok(OrderedHits { hits, is_anything_relevant, reranking: None });
    };
    let mut found = search(cx, &Reranker::widened(request), embed).await?;
    // As it would be without a reranker.
    let is_anything_relevant = found.hits.iter().take(wanted).any(|hit| hit.relevant);
    let reranking = if is_anything_relevant {
        reranker.order(cx, &request.query, &mut found.hits).await
    } else {
        reranker.skipped(SkipReason::NothingToOrder)
    };
    found.hits.truncate(wanted);
    Ok(OrderedHits { hits: found, is_anything_relevant, reranking: Some(reranking) })
}

impl Reranker {
    /// The tenant's reranker, if the caller may ask it for what is found in this space.
    ///
    /// # Errors
    /// `unavailable` without the database; `internal` if it refuses the statement.
    pub async fn find(
        cx: &Cx,
        space: Option<SpaceId>,
        attribution: Attribution,
    ) -> Result<Option<Self>> {
        let found = reranker::find_usable_reranker(cx, space).await?;
        Ok(found.map(|model| Self { model, attribution }))
    }

    /// The same search with all the hits that are ordered.
    #[must_use]
    pub fn widened(request: &SearchRequest) -> SearchRequest {
        SearchRequest { limit: request.limit.max(CANDIDATES), ..request.clone() }
    }

    /// What came of it, if it is not asked.
    #[must_use]
    pub fn skipped(&self, reason: SkipReason) -> Reranking {
        Reranking { model: self.model.title.clone(), skipped: Some(reason) }
    }

    /// Orders hits that the caller may read, best first. If the reranker fails, they stay as they
    /// are. It gets the query, and title, headings and text of the best 30; no connection of the
    /// database is held meanwhile.
    pub async fn order(&self, cx: &Cx, query: &Query, hits: &mut Vec<Hit>) -> Reranking {
        let count = hits.len().min(usize::try_from(CANDIDATES).unwrap_or_default());
        let Some(candidates) = hits.get(..count).filter(|_| count > 1) else {
            return self.skipped(SkipReason::NothingToOrder);
        };
        let request = WireRerank {
            query: query.as_str().to_owned(),
            documents: candidates.iter().map(text).collect(),
            attribution: self.attribution,
        };
        match self.ask(cx, &request).await {
            Ok(order) => {
                reorder(hits, &order);
                Reranking { model: self.model.title.clone(), skipped: None }
            }
            Err(failure) => self.skipped(SkipReason::Failed(failure)),
        }
    }

    async fn ask(
        &self,
        cx: &Cx,
        request: &WireRerank,
    ) -> std::result::Result<Vec<usize>, RerankFailure> {
        let grant = ModelGrant::request(cx, GrantPurpose::Rerank, &[self.model.id.0]).await;
        let grant = grant.map_err(|problem| RerankFailure::from(&problem))?;
        cx.db.released_while(gateway::rerank(&grant, request)).await
    }
}

/// What the reranker reads of a hit.
fn text(hit: &Hit) -> String {
    let headings = hit.heading_path.join(" > ");
    let parts = [hit.title.as_str(), headings.as_str(), hit.content.as_str()];
    let mut text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    text.truncate(text.floor_char_boundary(TEXT_BYTES));
    text
}

/// The items in this order. Those that it does not name follow as they were; a place that is named
/// twice or that there is not is ignored.
fn reorder<T>(items: &mut Vec<T>, order: &[usize]) {
    let mut left: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(order.iter().filter_map(|at| left.get_mut(*at)?.take()));
    items.extend(left.into_iter().flatten());
}

#[cfg(test)]
mod tests {
    use super::reorder;

    #[test]
    fn no_item_is_lost_or_doubled_whatever_the_order_says() {
        for (order, expected) in
            [(vec![2, 0, 1], "cabde"), (vec![4, 4, 9, 0, usize::MAX], "eabcd"), (vec![], "abcde")]
        {
            let mut items: Vec<char> = "abcde".chars().collect();
            reorder(&mut items, &order);
            assert_eq!(items.into_iter().collect::<String>(), expected, "{order:?}");
        }
    }
}
