//! The glossary (docs/glossary.md), as far as names and comments can be checked.

use syn::{
    Ident,
    visit::{self, Visit},
};

use crate::{
    syntax::parsed,
    tidy::{none, rust, short, sources},
};

/// Words that no name contains, since the field has a better one.
const BANNED_WORDS: &[&str] = &[
    "anew",
    "arrival",
    "beat",
    "bury",
    "errand",
    "farewell",
    "furnish",
    "goodbye",
    "leg",
    "legs",
    "leftover",
    "likeness",
    "mails",
    "news",
    "nobody",
    "nursery",
    "objection",
    "passage",
    "passages",
    "patience",
    "rig",
    "somebody",
    "tally",
    "telling",
    "trouble",
    "whoever",
    "wish",
    "workshop",
];

/// Words that are no name by themselves, but may be part of one.
const BANNED_NAMES: &[&str] = &["arrive", "divider", "is_farewell", "show_life", "tell", "told"];

/// The same for types.
const BANNED_TYPES: &[&str] = &[
    "Authority",
    "Camp",
    "Crowd",
    "Door",
    "Fleet",
    "Gate",
    "Letter",
    "Life",
    "Manner",
    "Once",
    "Piece",
    "Pieces",
    "Place",
    "Places",
    "Rig",
    "Room",
    "Signals",
    "Stage",
    "Standing",
    "Things",
    "Walk",
    "Way",
    "Whole",
    "World",
];

/// Participles that do not end in -ed.
const IRREGULAR: &[&str] = &[
    "Begun", "Built", "Chosen", "Done", "Drawn", "Found", "Given", "Gone", "Grown", "Heard",
    "Held", "Kept", "Known", "Left", "Lost", "Made", "Meant", "Met", "Paid", "Put", "Read", "Said",
    "Seen", "Sent", "Shown", "Sought", "Spent", "Spoken", "Taken", "Told", "Won", "Written",
];

/// Names that stand, and why.
const STANDING: &[(&str, &str, &str)] = &[
    ("", "Shared", "the standard library and its users say so of what is behind an `Arc`"),
    ("crates/embedding/", "Passage", "E5 is trained on `passage: ` and `query: `"),
    ("crates/embedding/", "passage_prefix", "E5"),
    ("crates/embedding/", "passage", "E5"),
    ("crates/embedding/", "passages", "E5"),
    ("crates/embedding/", "Pieces", "SentencePiece calls its units so"),
    ("crates/extract/", "Done", "what the last event of an extraction, `done`, holds"),
    ("crates/knowledge/", "Passage", "E5"),
    ("components/workspace/", "passages", "the word of the API"),
    ("components/workspace/", "PassageBody", "the word of the API"),
    ("components/workspace/", "get_passage", "the word of the API"),
    ("components/workspace/", "passage", "the word of the API"),
    ("local-stack/src/supervise/run_as.rs", "", "`nobody` is a user of the operating system"),
    ("tests/whole/structure.rs", "Serialized", "types with `derive(Serialize)`, as serde says it"),
    ("web/src/lib/", "Passage", "the word of the API"),
    ("web/src/", "passage", "the word of the API"),
    ("web/src/lib/state/", "readPassage", "the word of the API"),
    ("web/src/lib/state/", "passagePath", "the word of the API, for a page that shows one"),
    ("web/src/lib/state/tell.ts", "tell", "every page of the front end calls it"),
    ("migrations/", "bury_jobs", "workers of before call it during a rolling update"),
];

fn stands(path: &str, name: &str) -> bool {
    STANDING.iter().any(|(begin, standing, _)| {
        path.starts_with(begin) && (standing.is_empty() || *standing == name)
    })
}

/// The words of a name, in small letters: of `ModelGrant`, `model_grant` and `modelGrant`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().unwrap().extend(c.to_lowercase());
        }
        was_small = c.is_lowercase() || c.is_ascii_digit();
    }
    words
}

/// Tests are sentences, in which a word means what it means in English.
fn is_sentence(name: &str) -> bool {
    name.matches('_').count() > 3
}

fn is_banned(name: &str) -> bool {
    BANNED_NAMES.contains(&name)
        || (!is_sentence(name)
            && words(name).iter().any(|word| BANNED_WORDS.contains(&word.as_str())))
}

fn is_participle(name: &str) -> bool {
    let is_one_word = name.chars().skip(1).all(char::is_lowercase);
    is_one_word && (name.ends_with("ed") || IRREGULAR.contains(&name))
}

/// Every name that a file defines: items, members, variants, parameters, locals, and what imports
/// are renamed to. What a macro makes is not seen.
struct Names<'a> {
    path: &'a str,
    offenders: Vec<String>,
}

impl Names<'_> {
    fn report(&mut self, name: &Ident) {
        self.offenders.push(format!("{}:{}: {name}", self.path, name.span().start().line));
    }

    fn check(&mut self, name: &Ident) {
        let text = name.to_string();
        if is_banned(&text) && !stands(self.path, &text) {
            self.report(name);
        }
    }

    fn check_type(&mut self, name: &Ident) {
        let text = name.to_string();
        let is_wrong = is_participle(&text) || BANNED_TYPES.contains(&text.as_str());
        if (is_wrong || is_banned(&text)) && !stands(self.path, &text) {
            self.report(name);
        }
    }
}

impl<'a> Visit<'a> for Names<'_> {
    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.check_type(&item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.check_type(&item.ident);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'a syn::ItemTrait) {
        self.check_type(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        self.check_type(&item.ident);
    }

    fn visit_item_const(&mut self, item: &'a syn::ItemConst) {
        self.check(&item.ident);
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'a syn::ItemStatic) {
        self.check(&item.ident);
        visit::visit_item_static(self, item);
    }

    fn visit_impl_item_const(&mut self, item: &'a syn::ImplItemConst) {
        self.check(&item.ident);
        visit::visit_impl_item_const(self, item);
    }

    fn visit_impl_item_type(&mut self, item: &'a syn::ImplItemType) {
        self.check(&item.ident);
        visit::visit_impl_item_type(self, item);
    }

    fn visit_trait_item_const(&mut self, item: &'a syn::TraitItemConst) {
        self.check(&item.ident);
        visit::visit_trait_item_const(self, item);
    }

    fn visit_trait_item_type(&mut self, item: &'a syn::TraitItemType) {
        self.check_type(&item.ident);
        visit::visit_trait_item_type(self, item);
    }

    fn visit_type_param(&mut self, parameter: &'a syn::TypeParam) {
        self.check_type(&parameter.ident);
        visit::visit_type_param(self, parameter);
    }

    fn visit_use_rename(&mut self, rename: &'a syn::UseRename) {
        self.check(&rename.rename);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.check(&item.ident);
        visit::visit_item_mod(self, item);
    }

    fn visit_item_macro(&mut self, item: &'a syn::ItemMacro) {
        if let Some(name) = &item.ident {
            self.check(name);
        }
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        self.check(&signature.ident);
        visit::visit_signature(self, signature);
    }

    fn visit_variant(&mut self, variant: &'a syn::Variant) {
        self.check(&variant.ident);
        visit::visit_variant(self, variant);
    }

    fn visit_field(&mut self, field: &'a syn::Field) {
        if let Some(name) = &field.ident {
            self.check(name);
        }
        visit::visit_field(self, field);
    }

    fn visit_pat_ident(&mut self, pattern: &'a syn::PatIdent) {
        self.check(&pattern.ident);
        visit::visit_pat_ident(self, pattern);
    }
}

#[test]
fn names_are_the_words_of_the_glossary() {
    let mut offenders = Vec::new();
    for source in parsed() {
        let mut names = Names { path: &source.path, offenders: Vec::new() };
        names.visit_file(&source.syntax);
        offenders.append(&mut names.offenders);
    }
    none(&offenders, "docs/glossary.md has the word; types are nouns, not participles");
}

/// The names after one of these keywords, and the lines.
fn names_after<'a>(text: &'a str, keywords: &[&str]) -> Vec<(usize, &'a str)> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let tokens: Vec<&str> = line
            .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
            .filter(|token| !token.is_empty())
            .collect();
        for pair in tokens.windows(2) {
            if keywords.contains(&pair[0].to_lowercase().as_str()) {
                out.push((number + 1, pair[1].rsplit('.').next().unwrap_or(pair[1])));
            }
        }
    }
    out
}

#[test]
fn names_of_the_front_end_and_of_sql_are_the_words_of_the_glossary() {
    let script = ["class", "const", "enum", "function", "interface", "let", "type"];
    let sql = ["column", "function", "procedure", "table", "trigger", "type", "view"];
    let mut offenders = Vec::new();
    for (extension, folder, keywords) in [
        ("ts", "web/src", &script[..]),
        ("svelte", "web/src", &script),
        ("ts", "web/e2e", &script),
        ("sql", "migrations", &sql),
    ] {
        for (path, text) in sources(folder, extension) {
            let path = short(&path);
            let found = names_after(&text, keywords).into_iter();
            let wrong = found.filter(|(_, name)| is_banned(name) && !stands(&path, name));
            offenders.extend(wrong.map(|(line, name)| format!("{path}:{line}: {name}")));
        }
    }
    none(&offenders, "docs/glossary.md has the word");
}

#[test]
fn files_have_the_words_of_the_glossary() {
    let files = rust().into_iter().map(|(path, _)| path);
    let mut offenders = Vec::new();
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let path = short(&path);
        let is_wrong =
            is_banned(&name) || ["keep", "own", "piece", "room", "walk"].contains(&name.as_str());
        if is_wrong && !stands(&path, &name) {
            offenders.push(path);
        }
    }
    none(&offenders, "docs/glossary.md has the word");
}
