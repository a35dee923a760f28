//! A minute of two tenants, 64 clients each, in the same instances, while instances trap and
//! connections die.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use tests::isolation_load::{self, Until};

use crate::Figure;

/// As long as the issue asks for.
const TIME: Duration = Duration::from_secs(60);

pub(crate) async fn measure() -> Figure {
    let seen = isolation_load::run(Until::Time(TIME)).await;
    let foreign = seen.foreign.lock().unwrap().clone();
    assert!(foreign.is_empty(), "{foreign:#?}");
    Figure {
        name: "rows of another tenant, 2 × 64 clients, 60 s",
        goal: "0",
        ours: format!("{} answers", seen.good.load(Relaxed) + seen.hidden.load(Relaxed)),
        theirs: seen.to_string(),
        result: foreign.len().to_string(),
    }
}
