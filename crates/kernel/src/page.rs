//! Lists: a limit, an opaque cursor, and the page that comes back.

use uuid::Uuid;

use crate::{Code, Problem, Result, Timestamp};

/// The position after the last item of a page: its creation time and id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Creation time of the last item.
    pub at: Timestamp,
    /// Id of the last item.
    pub id: Uuid,
}

impl Cursor {
    /// The cursor as clients carry it: hexadecimal time, a dot, the id.
    #[must_use]
    pub fn encode(self) -> String {
        // Before 1970 too: the bits, not the sign.
        format!("{:x}.{}", self.at.0.cast_unsigned(), self.id.simple())
    }

    /// Parses [`Cursor::encode`].
    ///
    /// # Errors
    /// `invalid_query` if the text is malformed, or names a time that the database cannot calculate
    /// with.
    pub fn decode(text: &str) -> Result<Self> {
        let parsed = text.split_once('.').and_then(|(at, id)| {
            Some(Self {
                at: Timestamp(u64::from_str_radix(at, 16).ok()?.cast_signed()),
                id: Uuid::try_parse(id).ok()?,
            })
        });
        let in_bounds =
            |cursor: &Self| (Timestamp::EARLIEST..=Timestamp::LATEST).contains(&cursor.at);
        parsed.filter(in_bounds).ok_or_else(|| {
            Problem::new(
                Code::InvalidQuery,
                "cursor: expected the next_cursor of an earlier page; leave it out to begin",
            )
        })
    }
}

/// A client's request for a page of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageRequest {
    /// 1 to 100 items.
    pub limit: i64,
    /// Where to continue.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// Items per page by default.
    pub const DEFAULT_LIMIT: i64 = 20;
    /// The most items per page.
    pub const MAX_LIMIT: i64 = 100;

    /// Parses the query parameters `limit` and `cursor`.
    ///
    /// # Errors
    /// `invalid_query` if one of them breaks the rules.
    pub fn parse(limit: Option<&str>, cursor: Option<&str>) -> Result<Self> {
        let limit = match limit {
            None => Self::DEFAULT_LIMIT,
            Some(text) => {
                text.parse().ok().filter(|n| (1..=Self::MAX_LIMIT).contains(n)).ok_or_else(
                    || {
                        Problem::new(
                            Code::InvalidQuery,
                            format!("limit: expected 1 to {}, got `{text}`", Self::MAX_LIMIT),
                        )
                    },
                )?
            }
        };
        Ok(Self { limit, after: cursor.map(Cursor::decode).transpose()? })
    }
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Total number of items.
    pub total: i64,
    /// Where the next page begins; None after the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of a list that was read with one item more than requested, which shows whether
    /// another page follows.
    #[must_use]
    pub fn cut(
        mut items: Vec<T>,
        total: i64,
        request: PageRequest,
        position: impl Fn(&T) -> Cursor,
    ) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(position) } else { None };
        Self { items, total, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_cursor_survives_the_round_trip(at in Timestamp::EARLIEST.0..=Timestamp::LATEST.0, id: u128) {
            let cursor = Cursor { at: Timestamp(at), id: Uuid::from_u128(id) };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }

        #[test]
        fn any_text_is_a_valid_limit_and_cursor_or_refused(limit in "[-+0-9]{0,22}|\\PC{0,8}", cursor in "[-+0-9a-f]{0,18}\\.[0-9a-fA-F{}:-]{30,40}|\\PC{0,40}") {
            if let Ok(request) = PageRequest::parse(Some(&limit), None) {
                prop_assert!((1..=PageRequest::MAX_LIMIT).contains(&request.limit));
            }
            if let Ok(cursor) = Cursor::decode(&cursor) {
                prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
            }
        }
    }

    #[test]
    fn a_cursor_survives_the_round_trip_and_rubbish_is_refused() {
        let cursor = Cursor { at: Timestamp(1_700_000_000_000_001), id: Uuid::from_u128(7) };
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        for rubbish in ["", ".", "x.y", "1", "1.2", "'; drop table"] {
            assert_eq!(
                Cursor::decode(rubbish).map_err(|p| p.code),
                Err(Code::InvalidQuery),
                "{rubbish}"
            );
        }
    }

    #[test]
    fn a_cursor_with_a_time_that_the_database_cannot_calculate_with_is_refused() {
        let bits = |at: i64| format!("{:x}.{}", at.cast_unsigned(), Uuid::nil().simple());
        for at in [i64::MIN, i64::MAX, Timestamp::EARLIEST.0 - 1, Timestamp::LATEST.0 + 1] {
            assert_eq!(
                Cursor::decode(&bits(at)).map_err(|p| p.code),
                Err(Code::InvalidQuery),
                "{at}"
            );
        }
        for at in [Timestamp::EARLIEST, Timestamp(-1), Timestamp(0), Timestamp::LATEST] {
            assert_eq!(Cursor::decode(&bits(at.0)).map(|cursor| cursor.at), Ok(at));
        }
    }

    #[test]
    fn a_page_has_a_cursor_exactly_if_another_page_follows() {
        let request = PageRequest::parse(Some("2"), None).unwrap();
        let position = |n: &i64| Cursor { at: Timestamp(*n), id: Uuid::nil() };
        let cut = |items: &[i64]| Page::cut(items.to_vec(), 7, request, position);
        assert_eq!((cut(&[1]).next, cut(&[1, 2]).next), (None, None));
        let more = cut(&[1, 2, 3]);
        assert_eq!((more.items, more.total, more.next), (vec![1, 2], 7, Some(position(&2))));
    }

    #[test]
    fn a_limit_outside_1_to_100_is_refused() {
        for bad in ["0", "101", "-1", "ten", ""] {
            assert!(PageRequest::parse(Some(bad), None).is_err(), "{bad}");
        }
        assert_eq!(PageRequest::parse(None, None).map(|p| p.limit), Ok(20));
    }
}
