//! The paths in a Rust file, in full: as the imports of the file expand them.

use syn::{
    Ident, ItemUse, UseTree,
    spanned::Spanned as _,
    visit::{self, Visit},
};

/// What a name stands for: `use std::{fs as files}` says that `files` is `std::fs`.
struct Import {
    line: usize,
    /// `None` stands for every name: `use std::*`.
    name: Option<String>,
    path: Vec<String>,
}

#[derive(Default)]
struct Imports {
    line: usize,
    found: Vec<Import>,
}

impl Visit<'_> for Imports {
    fn visit_item_use(&mut self, item: &ItemUse) {
        self.line = item.span().start().line;
        self.expand(&item.tree, &[]);
        visit::visit_item_use(self, item);
    }
}

impl Imports {
    fn expand(&mut self, tree: &UseTree, before: &[String]) {
        let below = |name: &Ident| {
            // `use std::fs::{self}` is `use std::fs`.
            let name = Some(name.to_string()).filter(|name| before.is_empty() || name != "self");
            before.iter().cloned().chain(name).collect::<Vec<_>>()
        };
        match tree {
            UseTree::Path(it) => self.expand(&it.tree, &below(&it.ident)),
            UseTree::Name(it) => {
                let path = below(&it.ident);
                self.add(path.last().cloned(), path);
            }
            UseTree::Rename(it) => self.add(Some(it.rename.to_string()), below(&it.ident)),
            UseTree::Glob(_) => self.add(None, before.to_vec()),
            UseTree::Group(it) => it.items.iter().for_each(|tree| self.expand(tree, before)),
        }
    }

    fn add(&mut self, name: Option<String>, path: Vec<String>) {
        self.found.push(Import { line: self.line, name, path });
    }

    /// What a path can be in full: itself, and what the imports of its first name make of it.
    fn forms(&self, path: Vec<String>) -> Vec<Vec<String>> {
        let mut forms = vec![path];
        // An import can begin with the name of another; none is so deep.
        for _ in 0..3 {
            let last = forms.last().cloned().unwrap_or_default();
            let Some((first, rest)) = last.split_first() else { break };
            let import = self.found.iter().find(|import| import.name.as_ref() == Some(first));
            let Some(import) = import.filter(|import| import.path.first() != Some(first)) else {
                break;
            };
            forms.push([&import.path, rest].concat());
        }
        // A single name is mostly a variable.
        let globs = self.found.iter().filter(|import| import.name.is_none());
        let below = globs.map(|import| [&import.path[..], &forms[0]].concat());
        let below: Vec<_> = below.filter(|_| forms[0].len() > 1).collect();
        forms.extend(below);
        forms
    }
}

/// The paths of a file with their lines, in all their forms.
pub(crate) struct Paths(Vec<(usize, Vec<String>)>);

impl Paths {
    /// From the syntax, for its imports, and the paths as they are written.
    pub(crate) fn new(syntax: &syn::File, written: Vec<(usize, Vec<String>)>) -> Self {
        let mut imports = Imports::default();
        imports.visit_file(syntax);
        let imported = imports.found.iter().map(|import| (import.line, import.path.clone()));
        let all = written.into_iter().chain(imported);
        Self(
            all.flat_map(|(line, path)| imports.forms(path).into_iter().map(move |it| (line, it)))
                .collect(),
        )
    }

    /// The lines with a path such as `Instant::now`, however it begins and is imported.
    pub(crate) fn lines_with(&self, path: &str) -> Vec<usize> {
        let parts: Vec<&str> = path.split("::").collect();
        let has = |full: &[String]| full.windows(parts.len()).any(|part| part == parts);
        let mut lines: Vec<usize> =
            self.0.iter().filter(|(_, full)| has(full)).map(|(line, _)| *line).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

/// The lines of a made-up file with a path.
fn lines(text: &str, path: &str) -> Vec<usize> {
    let syntax = syn::parse_file(text).unwrap();
    crate::syntax::Source { path: "made_up.rs".to_owned(), syntax }.paths().lines_with(path)
}

#[test]
fn an_import_is_seen_in_every_spelling() {
    for spelling in [
        "use crate::store;",
        "use crate::store::{self, find};",
        "use crate::{secret, store::x};",
        "use crate::{secret::{a, b}, store};",
        "use crate::store as other;",
        "use crate::{secret, store as other};",
        "use crate::{self as here};\nfn f() { here::store::find() }",
        "use crate as here;\nuse here::{secret, store};",
        "use crate::*;\nfn f() { store::find() }",
        "fn f() { use crate::{secret, store}; }",
        "fn f() { crate::store::find() }",
        "fn f() { println!(\"{}\", crate::store::find()) }",
    ] {
        assert_eq!(lines(spelling, "crate::store").len(), 1, "{spelling}");
    }
}

#[test]
fn a_name_of_an_import_is_followed_to_its_path() {
    let text = "use std::{fmt, time::Instant as Clock};\n\nfn f() { Clock::now() }";
    assert_eq!(lines(text, "Instant::now"), [3]);
    let text = "use std::{fmt, env as surroundings};\nfn f() { vec![surroundings::var(1)] }";
    assert_eq!(lines(text, "env::var"), [2]);
    assert_eq!(lines("use std::{fmt, fs};", "std::fs"), [1]);
}

#[test]
fn another_path_with_the_same_names_is_not_seen() {
    for other in [
        "use crate::{store_of_words, secret};",
        "use crate::{secret::store};",
        "use other::{store, secret};",
        "use crate::*;\nfn f(store: u8) { store + 1 }",
        "fn f() { crate::secret(store) }",
    ] {
        assert_eq!(lines(other, "crate::store"), [] as [usize; 0], "{other}");
    }
}
