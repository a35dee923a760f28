#![doc = include_str!("README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "test support fails loudly"
)]

#[path = "src/attack.rs"]
pub mod attack;
#[path = "src/browser.rs"]
pub mod browser;
#[path = "src/client.rs"]
pub mod client;
#[path = "src/contract.rs"]
pub mod contract;
#[path = "src/crowd.rs"]
pub mod crowd;
#[path = "src/hostile_idp.rs"]
pub mod hostile_idp;
#[path = "src/provider.rs"]
pub mod provider;
#[path = "src/stack.rs"]
pub mod stack;
#[path = "src/way.rs"]
pub mod way;
