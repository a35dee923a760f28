//! `#[schema(…)]` and `#[serde(…)]`, as the twin has them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Ident, LitStr, Meta, Result, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

/// The arguments of `#[schema(…)]`.
#[derive(Default)]
pub(crate) struct SchemaArguments {
    /// `as = Type`: the innermost type on the wire.
    pub(crate) replacement: Option<Type>,
    /// `name = "…"`: the schema's name.
    pub(crate) name: Option<String>,
    /// `list = "…"`: the member of a list with the items.
    pub(crate) list: Option<String>,
    /// `open`: other members are allowed.
    pub(crate) is_open: bool,
    /// The arguments that `schemars` handles itself.
    pub(crate) rest: Vec<TokenStream>,
}

enum Word {
    As(Type),
    Name(String),
    List(String),
    Open,
    Rest(TokenStream),
}

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let word = input.fork().call(Ident::parse_any)?;
        match word.to_string().as_str() {
            "as" => {
                input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                Ok(Self::As(input.parse()?))
            }
            "name" | "list" => {
                input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                let text = input.parse::<LitStr>()?.value();
                Ok(if word == "name" { Self::Name(text) } else { Self::List(text) })
            }
            "open" => {
                input.call(Ident::parse_any)?;
                Ok(Self::Open)
            }
            _ => input.parse::<Meta>().map(|meta| Self::Rest(meta.into_token_stream())),
        }
    }
}

/// The arguments of all `#[schema(…)]` attributes.
pub(crate) fn words(attributes: &[Attribute]) -> Result<SchemaArguments> {
    let mut out = SchemaArguments::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("schema")) {
        for word in attribute.parse_args_with(Punctuated::<Word, Token![,]>::parse_terminated)? {
            match word {
                Word::As(replacement) => out.replacement = Some(replacement),
                Word::Name(name) => out.name = Some(name),
                Word::List(list) => out.list = Some(list),
                Word::Open => out.is_open = true,
                Word::Rest(rest) => out.rest.push(rest),
            }
        }
    }
    Ok(out)
}

/// The documentation and serde's attributes, without custom functions: those fit the type, not its
/// twin.
pub(crate) fn kept(attributes: &[Attribute]) -> Result<Vec<TokenStream>> {
    let mut out = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("doc") {
            out.push(attribute.to_token_stream());
        } else if attribute.path().is_ident("serde") {
            let metas =
                attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
            let fits = |meta: &&Meta| {
                !["serialize_with", "deserialize_with"]
                    .iter()
                    .any(|name| meta.path().is_ident(name))
            };
            let metas: Vec<&Meta> = metas.iter().filter(fits).collect();
            if !metas.is_empty() {
                out.push(quote!(#[serde(#(#metas),*)]));
            }
        }
    }
    Ok(out)
}

/// Whether one of serde's attributes has this word.
pub(crate) fn has_serde(attributes: &[Attribute], word: &str) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("serde")).any(|attribute| {
        let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        metas.is_ok_and(|metas| metas.iter().any(|meta| meta.path().is_ident(word)))
    })
}
