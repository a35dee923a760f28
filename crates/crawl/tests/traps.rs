//! Addresses without end.

use crawl::{PageUrl, ShapeCounts, Trap, TrapLimits};

fn url(path: &str) -> PageUrl {
    PageUrl::parse(&format!("https://example.org{path}")).unwrap()
}

fn check(path: &str) -> Result<(), Trap> {
    Trap::check(&url(path), &TrapLimits::default())
}

#[test]
fn an_address_is_judged_by_its_looks() {
    assert_eq!(check("/2026/11/29/a-title?page=2&sort=date"), Ok(()));
    assert_eq!(check(&format!("/{}", "x".repeat(2_000))), Err(Trap::Length));
    assert_eq!(check("/1/2/3/4/5/6/7/8/9/10/11/12"), Ok(()));
    assert_eq!(check("/1/2/3/4/5/6/7/8/9/10/11/12/13"), Err(Trap::Segments));
    assert_eq!(check("/a/b/a/b"), Err(Trap::Repeats));
    assert_eq!(check("/a/a/a"), Err(Trap::Repeats));
    assert_eq!(check("/docs/v2/docs/api"), Ok(()));
    assert_eq!(check("/?a=1&b=2&c=3&d=4&e=5"), Err(Trap::QueryKeys));
}

#[test]
fn a_calendar_without_end_ends() {
    let mut counts = ShapeCounts::new(TrapLimits { pages_from_shape: 20, ..TrapLimits::default() });
    let month = |number: u32| url(&format!("/calendar/{}/{}", 2026 + number / 12, number % 12 + 1));
    let mut fetched = 0;
    while counts.admit(&month(fetched + 1), Some(&month(fetched))).is_ok() {
        fetched += 1;
        counts.saw(&month(fetched), u64::from(fetched), 12);
    }
    assert_eq!(fetched, 20);
}

#[test]
fn a_chain_of_pages_with_text_goes_on() {
    let mut counts = ShapeCounts::new(TrapLimits { pages_from_shape: 20, ..TrapLimits::default() });
    for number in 1..2_000 {
        let (from, to) = (url(&format!("/case/{number}")), url(&format!("/case/{}", number + 1)));
        assert_eq!(counts.admit(&to, Some(&from)), Ok(()), "{number}");
        counts.saw(&to, number, 300);
    }
}

#[test]
fn a_long_list_is_no_trap() {
    let mut counts = ShapeCounts::new(TrapLimits::default());
    for number in 0..5_000 {
        assert_eq!(counts.admit(&url(&format!("/page/{number}")), Some(&url("/"))), Ok(()));
    }
}

#[test]
fn a_sitemap_is_believed() {
    let mut counts = ShapeCounts::new(TrapLimits { pages_of_shape: 3, ..TrapLimits::default() });
    for number in 0..100 {
        assert_eq!(counts.admit(&url(&format!("/page/{number}")), None), Ok(()));
    }
}

#[test]
fn the_same_page_again_and_again_ends_its_shape() {
    let mut counts = ShapeCounts::new(TrapLimits::default());
    for number in 0..11 {
        counts.saw(&url(&format!("/item?id={number}")), 7, 100);
    }
    assert_eq!(counts.admit(&url("/item?id=99"), Some(&url("/"))), Err(Trap::SameContent));
    assert_eq!(counts.admit(&url("/other?id=99"), Some(&url("/"))), Ok(()));
}

#[test]
fn counts_are_restored_after_a_crash() {
    let limits = TrapLimits { pages_of_shape: 5, ..TrapLimits::default() };
    let mut counts = ShapeCounts::new(limits);
    (0..5).for_each(|number| counts.restore(&url(&format!("/page/{number}")), Some(&url("/"))));
    assert_eq!(counts.admit(&url("/page/9"), Some(&url("/"))), Err(Trap::Shape));
}
