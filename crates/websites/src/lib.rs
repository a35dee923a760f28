#![doc = include_str!("../README.md")]

mod check;
#[cfg(not(target_family = "wasm"))]
pub mod crawling;
mod credentials;
mod diff;
mod job;
mod page;
mod rules;
mod run;
mod schedule;
mod store;
#[cfg(not(target_family = "wasm"))]
mod title;
mod website;
pub mod wire;

pub use check::{CheckState, PageCheck, get_check, start_check};
pub use credentials::{CredentialKind, CredentialSummary, NewCredentials};
pub use diff::{DiffHunk, DiffLine, LineChange, TextDiff};
pub use job::{CheckWebsite, CrawlWebsite};
pub use page::{
    Outcome, PageDiff, PageFilter, PageState, RunPage, UNCERTAIN_QUALITY, WebsitePage, get_page,
    get_page_diff, list_pages, list_run_pages,
};
pub use run::{
    CrawlRun, RunCounts, RunState, get_run, list_runs, pause_run, resume_run, start_run, stop_run,
};
pub use website::{
    CreateWebsite, UpdateWebsite, Website, create_website, delete_website, get_website,
    list_websites, update_website,
};
