#![doc = include_str!("../README.md")]

#[cfg(not(target_family = "wasm"))]
mod formats;

pub use contract_derive::Schema;
#[cfg(not(target_family = "wasm"))]
pub use formats::{DateTime, Uuid, choice};
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
pub use schemars;

/// An item of lists.
pub trait ListItem {
    /// The member of a list's document with the items.
    const LIST: &'static str;
}

/// A type for a closed set of texts, for `#[schema(as = …)]`:
/// `words! { Format = ["csv", "jsonl"]; }`. The set is any iterator of texts, so that it can be a
/// domain's own list. Only native code has the type.
#[macro_export]
macro_rules! words {
    ($($(#[doc = $doc:literal])* $visibility:vis $name:ident = $words:expr;)*) => {$(
        #[cfg(not(target_family = "wasm"))]
        $(#[doc = $doc])*
        $visibility enum $name {}

        #[cfg(not(target_family = "wasm"))]
        impl $crate::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(stringify!($name))
            }
            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $crate::choice($words)
            }
        }
    )*};
}

/// A schema without values: for parameters, and for documents that are read and written by hand.
/// Only native code has its members.
#[macro_export]
macro_rules! shape {
    ($($(#[$meta:meta])* $visibility:vis struct $name:ident { $($members:tt)* })*) => {
        $($crate::shape!(@one [$(#[$meta])*] [$visibility] struct $name { $($members)* });)*
    };
    ($(#[$meta:meta])* $visibility:vis enum $name:ident { $($members:tt)* }) => {
        $crate::shape!(@one [$(#[$meta])*] [$visibility] enum $name { $($members)* });
    };
    (@one [$(#[$meta:meta])*] [$visibility:vis] $kind:ident $name:ident { $($members:tt)* }) => {
        #[cfg(not(target_family = "wasm"))]
        #[allow(dead_code, reason = "only its schema is read")]
        #[derive($crate::Schema)]
        $(#[$meta])*
        $visibility $kind $name { $($members)* }

        #[cfg(target_family = "wasm")]
        #[allow(dead_code, reason = "only its schema is read")]
        #[doc = stringify!($name)]
        $visibility enum $name {}
    };
}
