#![doc = include_str!("../README.md")]

mod attributes;
mod twin;

use proc_macro::TokenStream;

/// See the crate `contract`.
#[proc_macro_derive(Schema, attributes(schema, serde))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    twin::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
