//! `derive(Schema)`: the JSON schema of a wire type, by `schemars`, natively only.
//!
//! The derive copies the type into a twin that only native code has. The twin gets `schemars`'
//! derive, which reads serde's attributes, so that the schema matches serde's behaviour.
//! `#[schema(…)]` has the rest; the crate `contract` documents its arguments.

mod attributes;
mod twin;

use proc_macro::TokenStream;

/// See the crate `contract`.
#[proc_macro_derive(Schema, attributes(schema, serde))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    twin::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
