//! Reports.

use kernel::{Code, Timestamp};
use models::{Attribution, ErrorKind, PriceList};
use usage::{
    record::{CallOutcome, UsageRecord, record},
    report::{GroupBy, Span, read_report},
};

use crate::{Fixture, call, code, reserve_for, spend};

fn lately() -> Span {
    Span::parse(None, None, platform::clock::now()).unwrap()
}

#[tokio::test]
async fn a_report_sums_up_by_everything() {
    let fixture = Fixture::new().await;
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let of_bo = fixture.database.cx(&bo, "tessera_chat").await;
    spend(&fixture.chat, 3).await;
    spend(&of_bo, 5).await;
    let held = reserve_for(&of_bo, "1", &[]).await.unwrap();
    let mut unpriced = call(&of_bo, 7, 0);
    (unpriced.model.prices, unpriced.model.name) = (Some(PriceList::default()), "m-2".to_owned());
    unpriced.attribution = Attribution { space_id: Some(bo.space), ..Attribution::default() };
    record(&of_bo, &held, &UsageRecord { is_estimated: true, ..unpriced }, true).await;
    let held = reserve_for(&of_bo, "1", &[]).await.unwrap();
    record(
        &of_bo,
        &held,
        &UsageRecord { outcome: CallOutcome::Failed(ErrorKind::Server), ..call(&of_bo, 0, 0) },
        true,
    )
    .await;
    let report = read_report(&fixture.admin, lately(), GroupBy::User).await.unwrap();
    let totals = &report.totals;
    assert_eq!(
        (totals.calls, totals.failed_calls, totals.prompt_tokens, totals.cost.as_str()),
        (4, 1, 15, "8")
    );
    assert_eq!((totals.unpriced_calls, totals.estimated_calls), (1, 1));
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|group| (group.name.as_deref(), group.totals.cost.as_str()))
        .collect();
    assert_eq!(groups, [(Some("bo"), "5"), (Some("ann"), "3")]);
    for (group_by, expected) in [
        (GroupBy::Day, vec![None]),
        (GroupBy::Model, vec![Some("m-1"), Some("m-2")]),
        (GroupBy::Provider, vec![Some("Main")]),
        (GroupBy::Space, vec![None, Some("Personal")]),
        (GroupBy::Assistant, vec![None]),
    ] {
        let report = read_report(&fixture.admin, lately(), group_by).await.unwrap();
        let names: Vec<_> = report.groups.iter().map(|group| group.name.as_deref()).collect();
        assert_eq!((names, &report.totals), (expected, totals), "{group_by:?}");
        assert_eq!(report.csv().lines().count(), report.groups.len() + 1);
    }
    let before = Span { from: Timestamp(0), to: Timestamp(86_400_000_000) };
    assert_eq!(read_report(&fixture.admin, before, GroupBy::Day).await.unwrap().totals.calls, 0);
}

#[tokio::test]
async fn another_tenant_sees_nothing_and_a_user_may_not_look() {
    let fixture = Fixture::new().await;
    spend(&fixture.chat, 3).await;
    let stranger = fixture.database.person("stranger").await;
    let theirs = fixture.database.cx(&stranger, "tessera_admin").await;
    let report = read_report(&theirs, lately(), GroupBy::User).await.unwrap();
    assert_eq!((report.totals.calls, report.groups.len()), (0, 0));
    let bo = fixture.database.colleague(fixture.ann.tenant, "bo", "user").await;
    let bo = fixture.database.cx(&bo, "tessera_admin").await;
    assert_eq!(code(read_report(&bo, lately(), GroupBy::User).await), Code::NotAllowed);
}
