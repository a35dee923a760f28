//! The invariants of ARCHITECTURE.md about what code may name and do, read from its syntax.

use quote::ToTokens as _;
use syn::{
    Block, Signature,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::{syntax::product, tidy::none};

/// A function that reads from outside the program, and where product code may call it.
const FROM_OUTSIDE: &[(&str, &[&str])] = &[
    ("env::var", ENVIRONMENT),
    ("env::var_os", ENVIRONMENT),
    ("env::vars", ENVIRONMENT),
    ("env::vars_os", ENVIRONMENT),
    // Components and domain crates use `Cx::now` or `platform::clock`, whose time tests can set.
    // Of `crawl`, only the worker sends requests; components use its pure rules.
    (
        "Instant::now",
        &[
            "crates/crawl",
            "crates/embedding",
            "crates/platform",
            "crates/schema",
            "crates/telemetry",
            "local-stack",
            "tools/dev",
            "worker",
        ],
    ),
    (
        "SystemTime::now",
        &["crates/embedding", "crates/platform", "crates/telemetry", "local-stack"],
    ),
    // Everything else uses `Cx::new_id`, whose ids tests can set.
    ("Uuid::now_v7", &["crates/mail"]),
    ("Uuid::new_v4", &[]),
];

/// `worker` reads `platform::config`; `tls` has the paths of authorities for three programs.
const ENVIRONMENT: &[&str] = &["crates/platform", "crates/tls", "fuzz", "local-stack", "tools/dev"];

#[test]
fn time_ids_and_the_environment_come_from_the_platform() {
    let mut offenders = Vec::new();
    for source in product() {
        let paths = source.paths();
        for (function, _) in FROM_OUTSIDE.iter().filter(|(_, places)| !source.is_in(places)) {
            let lines = paths.lines_with(function);
            offenders.extend(lines.iter().map(|n| format!("{}:{n}: {function}", source.path)));
        }
    }
    none(&offenders, "expected Cx::now, Cx::new_id, platform::clock or platform::config");
}

#[test]
fn the_kernel_does_no_work() {
    let mut offenders = Vec::new();
    for source in product().filter(|source| source.is_in(&["crates/kernel"])) {
        let paths = source.paths();
        for path in ["async", "std::fs", "std::net", "SystemTime", "Instant::now", "getrandom"] {
            let lines = paths.lines_with(path);
            offenders.extend(lines.iter().map(|n| format!("{}:{n}: {path}", source.path)));
        }
    }
    none(&offenders, "kernel is pure");
}

/// Whether a text is a statement of SQL.
fn is_sql(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    ["select ", "insert into ", "delete from "].iter().any(|verb| text.starts_with(verb))
        || (text.starts_with("update ") && text.contains(" set "))
        || (text.starts_with("with ") && text.contains(" as ("))
}

#[test]
fn only_store_files_contain_sql() {
    let mut offenders = Vec::new();
    // `telemetry` names statements in traces, and runs none.
    let apart = ["crates/platform", "crates/schema", "crates/telemetry"];
    let of_product = ["crates", "components", "worker/src"];
    for source in product().filter(|source| source.is_in(&of_product) && !source.is_in(&apart)) {
        if source.path.contains("store") {
            continue;
        }
        for (line, literal) in source.tokens().literals() {
            let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else { continue };
            if is_sql(&text.value()) {
                offenders.push(format!("{}:{line}: {literal:.60}", source.path));
            }
        }
    }
    none(&offenders, "SQL lives in store.rs or store/");
}

/// Finds asynchronous functions.
#[derive(Default)]
struct AsyncFunctions(usize);

impl Visit<'_> for AsyncFunctions {
    fn visit_signature(&mut self, signature: &Signature) {
        self.0 += usize::from(signature.asyncness.is_some());
    }
}

#[test]
fn nouns_do_not_import_stores() {
    let mut offenders = Vec::new();
    for source in product().filter(|source| source.is_in(&["crates"])) {
        let mut verbs = AsyncFunctions::default();
        verbs.visit_file(&source.syntax);
        if verbs.0 > 0 || source.path.contains("store") || source.path.ends_with("src/lib.rs") {
            continue;
        }
        let paths = source.paths();
        let lines = ["crate::store", "super::store"].map(|path| paths.lines_with(path)).concat();
        offenders.extend(lines.iter().map(|line| format!("{}:{line}", source.path)));
    }
    none(&offenders, "a file of nouns is pure: the verb that stores it names the store");
}

/// Functions with more lines than `most`.
struct LongFunctions {
    most: usize,
    found: Vec<(usize, String, usize)>,
}

impl LongFunctions {
    fn check(&mut self, signature: &Signature, body: &Block) {
        let (start, end) = (signature.span().start().line, body.span().end().line);
        let lines = end + 1 - start;
        if lines > self.most {
            self.found.push((start, signature.ident.to_string(), lines));
        }
    }
}

impl<'a> Visit<'a> for LongFunctions {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.check(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.check(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}

#[test]
fn functions_of_components_have_at_most_40_lines() {
    let mut offenders = Vec::new();
    for source in product().filter(|source| source.is_in(&["components"])) {
        let mut long = LongFunctions { most: 40, found: Vec::new() };
        long.visit_file(&source.syntax);
        offenders.extend(
            long.found.iter().map(|(n, name, l)| format!("{}:{n}: {name}: {l} lines", source.path)),
        );
    }
    none(&offenders, "a handler parses, calls one verb and renders; clippy limits the rest to 60");
}

/// Types with `derive(Serialize)`.
#[derive(Default)]
struct Serialized(Vec<String>);

impl Serialized {
    fn check(&mut self, name: &syn::Ident, attributes: &[syn::Attribute]) {
        let derives = attributes.iter().filter(|it| it.path().is_ident("derive"));
        let mut tokens = derives.flat_map(|it| it.meta.to_token_stream().to_string().into_bytes());
        let text = String::from_utf8(tokens.by_ref().collect()).unwrap();
        if text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "Serialize") {
            self.0.push(name.to_string());
        }
    }
}

impl Visit<'_> for Serialized {
    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        self.check(&item.ident, &item.attrs);
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.check(&item.ident, &item.attrs);
    }
}

#[test]
fn domain_nouns_are_not_serialised() {
    let mut offenders = Vec::new();
    // `extract` and `embedding` are programs, which exchange JSON with the worker and with clients.
    let apart =
        ["crates/api", "crates/embedding", "crates/extract", "crates/models", "crates/platform"];
    // Payloads of jobs and reports are JSON in the database, tokens and links are JSON on the way.
    let edge = ["wire.rs", "job.rs", "report.rs", "access_token.rs", "link_email.rs"];
    for source in product().filter(|source| source.is_in(&["crates"]) && !source.is_in(&apart)) {
        if edge.iter().any(|name| source.path.ends_with(name)) {
            continue;
        }
        let mut serialized = Serialized::default();
        serialized.visit_file(&source.syntax);
        offenders.extend(serialized.0.iter().map(|name| format!("{}: {name}", source.path)));
    }
    none(&offenders, "wire shapes live in components or in a wire.rs; nouns are not Serialize");
}
