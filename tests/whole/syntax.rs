//! The Rust sources as syntax, for the tests of structure and of names.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Attribute, File, ImplItem, Item,
    visit_mut::{self, VisitMut},
};

use crate::{
    imports::Paths,
    tidy::{rust, short},
};

/// A file and its syntax.
pub(crate) struct Source {
    /// From the root of the clone.
    pub(crate) path: String,
    pub(crate) syntax: File,
}

impl Source {
    /// Whether it is in one of these folders, such as `crates/kernel`.
    pub(crate) fn is_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path == *folder || is_below(&self.path, folder))
    }

    /// Integration tests, benchmarks and fixtures: programs of their own.
    pub(crate) fn is_test(&self) -> bool {
        let beside = ["tests/", "bench/", "fuzz/", "crates/testkit/"];
        self.path.contains("/tests/") || beside.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Without the modules and functions that only tests have.
    pub(crate) fn without_tests(mut self) -> Self {
        WithoutTests.visit_file_mut(&mut self.syntax);
        self
    }

    /// All tokens in order, with those in the arguments of macros.
    pub(crate) fn tokens(&self) -> Tokens {
        let mut out = Vec::new();
        flatten(self.syntax.to_token_stream(), &mut out);
        Tokens(out)
    }

    /// All paths, also those in the arguments of macros.
    pub(crate) fn paths(&self) -> Paths {
        Paths::new(&self.syntax, self.tokens().paths())
    }
}

/// The tokens of a file, without its brackets.
pub(crate) struct Tokens(Vec<TokenTree>);

fn flatten(stream: TokenStream, out: &mut Vec<TokenTree>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => flatten(group.stream(), out),
            other => out.push(other),
        }
    }
}

impl Tokens {
    /// The literals and their lines.
    pub(crate) fn literals(&self) -> impl Iterator<Item = (usize, &Literal)> {
        self.0.iter().filter_map(|token| match token {
            TokenTree::Literal(literal) => Some((token.span().start().line, literal)),
            _ => None,
        })
    }

    /// The paths and single names as they are written, and their lines.
    fn paths(&self) -> Vec<(usize, Vec<String>)> {
        let name = |at: usize| match self.0.get(at) {
            Some(TokenTree::Ident(name)) => Some(name.to_string()),
            _ => None,
        };
        let is_colon = |at: usize| matches!(self.0.get(at), Some(TokenTree::Punct(sign)) if sign.as_char() == ':');
        let mut paths = Vec::new();
        let mut at = 0;
        while let Some(token) = self.0.get(at) {
            let mut path: Vec<String> = name(at).into_iter().collect();
            at += 1;
            // Two colons are two tokens.
            while !path.is_empty() && is_colon(at) && is_colon(at + 1) {
                let Some(next) = name(at + 2) else { break };
                path.push(next);
                at += 3;
            }
            if !path.is_empty() {
                paths.push((token.span().start().line, path));
            }
        }
        paths
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Every Rust file.
pub(crate) fn parsed() -> impl Iterator<Item = Source> {
    rust().into_iter().map(|(path, text)| {
        let path = short(&path);
        let syntax = syn::parse_file(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
        Source { path, syntax }
    })
}

/// Every Rust file of the product, without its tests.
pub(crate) fn product() -> impl Iterator<Item = Source> {
    parsed().filter(|source| !source.is_test()).map(Source::without_tests)
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.meta.to_token_stream().to_string().replace(' ', "");
        text == "test" || text == "cfg(test)" || text.starts_with("cfg(all(test")
    })
}

struct WithoutTests;

impl VisitMut for WithoutTests {
    fn visit_file_mut(&mut self, file: &mut File) {
        file.items.retain(|item| !is_for_tests(attributes(item)));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        if let Some((_, items)) = &mut module.content {
            items.retain(|item| !is_for_tests(attributes(item)));
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    fn visit_item_impl_mut(&mut self, block: &mut syn::ItemImpl) {
        block.items.retain(|item| !matches!(item, ImplItem::Fn(it) if is_for_tests(&it.attrs)));
        visit_mut::visit_item_impl_mut(self, block);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}
