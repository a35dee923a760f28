//! The SQL statements of the programs, read from their sources: every first argument of `query`,
//! `optional`, `one`, `execute` and `execute_at_length` that is a text, whatever macros, constants
//! and choices it is made of.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Expr, ExprMethodCall, ImplItemFn, Item, ItemConst, ItemFn, ItemMacro, ItemStatic, Local, Macro,
    Pat, Stmt, Token,
    parse::Parser as _,
    punctuated::Punctuated,
    visit::{self, Visit},
};

const METHODS: [&str; 5] = ["query", "optional", "one", "execute", "execute_at_length"];

/// A statement and where it stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Statement {
    pub(crate) file: String,
    pub(crate) sql: String,
}

/// The statements, and the places whose statement could not be read.
#[derive(Default)]
pub(crate) struct Statements {
    pub(crate) found: Vec<Statement>,
    pub(crate) unread: Vec<String>,
}

/// What a `macro_rules!` with one arm writes: names of its parameters, and its body.
#[derive(Clone)]
struct Rule {
    parameters: Vec<String>,
    body: TokenStream,
}

type Rules = BTreeMap<String, Rule>;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// All statements of the crates, the components and the worker.
pub(crate) fn statements() -> Statements {
    let mut files = Vec::new();
    for folder in ["crates", "components"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            rust_files(&entry.unwrap().path().join("src"), &mut files);
        }
    }
    rust_files(&root().join("worker/src"), &mut files);
    files.sort();
    // SQL stands nowhere else (tidy), but for what opens a connection; that hands on what it is
    // given.
    files.retain(|file| short(file).contains("store"));
    let parsed: Vec<(String, syn::File)> = files
        .iter()
        .map(|file| {
            (short(file), syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap())
        })
        .collect();
    // A macro is known in its own file, an exported one everywhere, and others in their crate if
    // their name is clear there.
    let exported = rules(parsed.iter().flat_map(|(_, file)| &file.items), true);
    let mut statements = Statements::default();
    for (name, file) in &parsed {
        let mut rules = exported.clone();
        rules.extend(rules_of_crate(&parsed, crate_of(name)));
        rules.extend(self::rules(&file.items, false));
        let mut reader = Reader {
            name,
            rules,
            constants: constants(&file.items),
            bound: Vec::new(),
            statements: &mut statements,
        };
        reader.visit_file(file);
    }
    statements.found.sort();
    statements.found.dedup();
    statements
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn rules<'a>(items: impl IntoIterator<Item = &'a Item>, exported_only: bool) -> Rules {
    let read = |item: &ItemMacro| {
        let is_exported =
            item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
        let name = item.ident.as_ref()?.to_string();
        let rule = rule(item.mac.tokens.clone())?;
        (is_exported || !exported_only).then_some((name, rule))
    };
    items
        .into_iter()
        .filter_map(|item| match item {
            Item::Macro(item) => read(item),
            _ => None,
        })
        .collect()
}

/// `crates/websites/src/store/runs.rs` is of `crates/websites`.
fn crate_of(file: &str) -> &str {
    file.split_once("/src/").map_or(file, |(folder, _)| folder)
}

/// The macros of a crate's files: each as `module::name`, and by its name alone if no other has it.
fn rules_of_crate(parsed: &[(String, syn::File)], folder: &str) -> Rules {
    let mut found = Rules::new();
    let mut by_name: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
    for (file, content) in parsed.iter().filter(|(file, _)| crate_of(file) == folder) {
        let module = Path::new(file).file_stem().unwrap_or_default().display().to_string();
        for (name, rule) in rules(&content.items, false) {
            found.insert(format!("{module}::{name}"), rule.clone());
            by_name.entry(name).or_default().push(rule);
        }
    }
    let only = |(name, rules)| <[Rule; 1]>::try_from(rules).ok().map(|[rule]| (name, rule));
    found.extend(by_name.into_iter().filter_map(only));
    found
}

/// `(pattern) => { body }`.
fn rule(tokens: TokenStream) -> Option<Rule> {
    let mut groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    let (pattern, body) = (groups.next()?, groups.next()?);
    let mut parameters = Vec::new();
    let mut tokens = pattern.into_iter();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Punct(dollar) if dollar.as_char() == '$')
            && let Some(TokenTree::Ident(name)) = tokens.next()
        {
            parameters.push(name.to_string());
        }
    }
    Some(Rule { parameters, body })
}

fn constants(items: &[Item]) -> BTreeMap<String, Expr> {
    let read = |item: &Item| match item {
        Item::Const(ItemConst { ident, expr, .. })
        | Item::Static(ItemStatic { ident, expr, .. }) => {
            Some((ident.to_string(), (**expr).clone()))
        }
        // A function that chooses a text.
        Item::Fn(function) => {
            Some((function.sig.ident.to_string(), last(&function.block.stmts)?.clone()))
        }
        _ => None,
    };
    items.iter().filter_map(read).collect()
}

struct Reader<'a> {
    name: &'a str,
    rules: Rules,
    constants: BTreeMap<String, Expr>,
    /// `let name = expression` of the function that is read.
    bound: Vec<(String, Expr)>,
    statements: &'a mut Statements,
}

impl Reader<'_> {
    /// Every text that an expression can be; None if that cannot be said.
    fn texts(&self, expr: &Expr) -> Option<Vec<String>> {
        let all = |exprs: Vec<&Expr>| {
            let texts: Option<Vec<_>> = exprs.into_iter().map(|expr| self.texts(expr)).collect();
            texts.map(|texts| texts.concat())
        };
        match expr {
            Expr::Lit(lit) => match &lit.lit {
                syn::Lit::Str(text) => Some(vec![text.value()]),
                _ => None,
            },
            Expr::Macro(call) => self.expand(&call.mac),
            Expr::Path(path) => {
                let name = path.path.segments.last()?.ident.to_string();
                let bound =
                    self.bound.iter().rev().find(|(known, _)| *known == name).map(|(_, expr)| expr);
                self.texts(bound.or_else(|| self.constants.get(&name))?)
            }
            Expr::Call(call) => self.texts(&call.func),
            Expr::Paren(inner) => self.texts(&inner.expr),
            Expr::Group(inner) => self.texts(&inner.expr),
            Expr::Reference(inner) => self.texts(&inner.expr),
            Expr::Block(block) => self.texts(last(&block.block.stmts)?),
            Expr::Match(choice) => all(choice.arms.iter().map(|arm| &*arm.body).collect()),
            Expr::If(choice) => {
                all(vec![last(&choice.then_branch.stmts)?, &choice.else_branch.as_ref()?.1])
            }
            _ => None,
        }
    }

    /// The text of `concat!`, or of one of our macros.
    fn expand(&self, call: &Macro) -> Option<Vec<String>> {
        let name = call.path.segments.last()?.ident.to_string();
        let arguments =
            Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone()).ok()?;
        if name == "include_str" {
            let [text] = &self.texts(arguments.first()?)?[..] else { return None };
            return Some(vec![
                std::fs::read_to_string(root().join(self.name).with_file_name(text)).ok()?,
            ]);
        }
        if name == "concat" {
            let mut texts = vec![String::new()];
            for argument in &arguments {
                let next = self.texts(argument)?;
                texts = texts
                    .iter()
                    .flat_map(|text| next.iter().map(move |more| format!("{text}{more}")))
                    .collect();
            }
            return Some(texts);
        }
        let segments = &call.path.segments;
        let module =
            segments.iter().rev().nth(1).map(|segment| format!("{}::{name}", segment.ident));
        let rule =
            module.and_then(|name| self.rules.get(&name)).or_else(|| self.rules.get(&name))?;
        let arguments: Vec<TokenStream> = arguments
            .iter()
            .map(|argument| {
                let mut out = TokenStream::new();
                quote::ToTokens::to_tokens(argument, &mut out);
                out
            })
            .collect();
        let body = filled(rule.body.clone(), &rule.parameters, &arguments);
        self.texts(&syn::parse2(body).ok()?)
    }
}

fn last(statements: &[Stmt]) -> Option<&Expr> {
    match statements.last()? {
        Stmt::Expr(expr, None) => Some(expr),
        _ => None,
    }
}

/// A body with arguments in place of `$parameters`.
fn filled(body: TokenStream, parameters: &[String], arguments: &[TokenStream]) -> TokenStream {
    let mut out = Vec::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_dollar = matches!(&token, TokenTree::Punct(dollar) if dollar.as_char() == '$');
        let named = match tokens.peek() {
            Some(TokenTree::Ident(name)) if is_dollar => parameters.iter().position(|p| name == p),
            _ => None,
        };
        match (named.and_then(|at| arguments.get(at)), token) {
            (Some(argument), _) => {
                tokens.next();
                out.extend(argument.clone());
            }
            (None, TokenTree::Group(group)) => {
                let inner = filled(group.stream(), parameters, arguments);
                out.push(proc_macro2::Group::new(group.delimiter(), inner).into());
            }
            (None, token) => out.push(token),
        }
    }
    out.into_iter().collect()
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // Tests say what they like.
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.bound.clear();
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.bound.clear();
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init) {
            self.bound.push((name.ident.to_string(), (*init.expr).clone()));
        }
        visit::visit_local(self, local);
    }

    fn visit_item_const(&mut self, constant: &'ast ItemConst) {
        self.bound.push((constant.ident.to_string(), (*constant.expr).clone()));
        visit::visit_item_const(self, constant);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        let [sql, _] = &call.args.iter().collect::<Vec<_>>()[..] else { return };
        if !METHODS.iter().any(|method| call.method == method) {
            return;
        }
        match self.texts(sql) {
            Some(texts) => {
                let statement = |sql| Statement { file: self.name.to_owned(), sql };
                self.statements.found.extend(texts.into_iter().map(statement));
            }
            None => self.statements.unread.push(format!("{}: {}", self.name, call.method)),
        }
    }
}
