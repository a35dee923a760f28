#![doc = include_str!("../README.md")]

mod address;
mod date;
#[cfg(not(target_family = "wasm"))]
mod fetch;
mod networks;
mod outcome;
mod pace;
mod pattern;
#[cfg(not(target_family = "wasm"))]
mod proxy;
mod reason;
mod robots;
mod scope;
mod sitemap;
mod sniff;
mod traps;

pub use address::{Origin, PageUrl, UrlError};
pub use date::DateSpan;
#[cfg(not(target_family = "wasm"))]
pub use fetch::{
    Admission, AdmitAll, BodyBudget, Credentials, FetchLimits, FetchOptions, FetchRequest, Fetcher,
    Resolver, SystemResolver, fetch_robots,
};
pub use networks::{AllowedNetworks, is_global};
pub use outcome::{Outcome, Page, PageHeaders, Redirect, Validators};
pub use pace::{Breaker, HostPace, PaceEvent, PaceOptions, Permission, StopReason};
pub use pattern::{Pattern, PatternError};
#[cfg(not(target_family = "wasm"))]
pub use proxy::{Proxy, ProxyLimits};
pub use reason::{BlockReason, FailReason};
pub use robots::{Robots, RobotsTxt, Verdict};
pub use scope::{OutOfScope, Scope, ScopeError, ScopeOptions};
pub use sitemap::{Cut, Entry, NotASitemap, Sitemap, SitemapKind, SitemapLimits};
pub use sniff::{ContentKind, sniff};
pub use traps::{ShapeCounts, Trap, TrapLimits};
