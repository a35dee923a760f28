#![doc = include_str!("../README.md")]

mod filter;
mod group;
mod patch;
mod path;
mod refusal;
mod scanner;
mod user;

pub use filter::{GroupQuery, UserQuery};
pub use group::GroupChange;
pub use path::{Literal, Path, Term, parse_filter, parse_path};
pub use refusal::{Kind, Refusal};
pub use user::UserChange;
