//! A labelled collection in BEIR form: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A document.
#[derive(Deserialize)]
pub(in crate::commands) struct Document {
    #[serde(rename = "_id")]
    pub(in crate::commands) id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

/// A query.
#[derive(Deserialize)]
pub(in crate::commands) struct Query {
    #[serde(rename = "_id")]
    pub(in crate::commands) id: String,
    pub(in crate::commands) text: String,
}

/// Documents, queries, and which belong together.
pub(in crate::commands) struct LabelledCollection {
    pub(in crate::commands) documents: Vec<Document>,
    /// Those that have judgements.
    pub(in crate::commands) queries: Vec<Query>,
    judgements: HashMap<String, BTreeMap<String, f64>>,
}

impl Document {
    pub(in crate::commands) fn is_empty(&self) -> bool {
        self.title.trim().is_empty() && self.text.trim().is_empty()
    }

    /// Title and text.
    pub(in crate::commands) fn text(&self) -> String {
        format!("{}\n{}", self.title, self.text)
    }

    /// A page of HTML: its title is the document's, its text one paragraph. Nothing in the text is
    /// taken for mark-up.
    pub(in crate::commands) fn page(&self) -> String {
        let escape = |text: &str| {
            text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
        };
        let (title, text) = (escape(&self.title), escape(&self.text));
        let heading = if title.is_empty() { String::new() } else { format!("<h1>{title}</h1>") };
        format!(
            "<!doctype html><html><head><meta charset=\"utf-8\"><title>{title}</title></head><body><main>{heading}<p>{text}</p></main></body></html>"
        )
    }

    /// Where it stands in the corpus: ids may hold what a file name cannot.
    pub(in crate::commands) fn file_name(&self, number: usize) -> String {
        format!("document-{number}.html")
    }
}

fn lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let parse = |(number, line)| {
        serde_json::from_str(line)
            .with_context(|| format!("{} line {}", path.display(), number + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(parse).collect()
}

impl LabelledCollection {
    /// Reads a folder.
    pub(in crate::commands) fn read(folder: &Path) -> Result<Self> {
        let documents: Vec<Document> = lines(&folder.join("corpus.jsonl"))?;
        let queries: Vec<Query> = lines(&folder.join("queries.jsonl"))?;
        let qrels = ["qrels.tsv", "qrels/test.tsv"].map(|name| folder.join(name));
        let Some(path) = qrels.iter().find(|path| path.is_file()) else {
            bail!("expected qrels.tsv (query-id, corpus-id, score) in {}", folder.display());
        };
        let mut judgements: HashMap<String, BTreeMap<String, f64>> = HashMap::new();
        for line in fs::read_to_string(path)?.lines() {
            let mut parts = line.split('\t');
            // The heading has no number and falls through.
            if let (Some(query), Some(document), Some(Ok(grade))) =
                (parts.next(), parts.next(), parts.next().map(|g| g.trim().parse::<f64>()))
                && grade > 0.0
            {
                judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), grade);
            }
        }
        let known: HashSet<&str> = queries.iter().map(|q| q.id.as_str()).collect();
        if !judgements.keys().any(|id| known.contains(id.as_str())) {
            bail!("{} judges none of the queries in queries.jsonl", path.display());
        }
        let queries = queries.into_iter().filter(|q| judgements.contains_key(&q.id)).collect();
        Ok(Self { documents, queries, judgements })
    }

    /// The places of the first and of the second half of the documents: neighbours are often of one
    /// source.
    pub(in crate::commands) fn halves(&self) -> [Vec<usize>; 2] {
        let middle = self.documents.len() / 2;
        [(0..middle).collect(), (middle..self.documents.len()).collect()]
    }

    /// Grades of the documents of a query.
    pub(in crate::commands) fn grades(&self, query: &str) -> impl Iterator<Item = (&str, f64)> {
        self.judgements.get(query).into_iter().flatten().map(|(id, grade)| (id.as_str(), *grade))
    }

    /// How many judgements there are.
    pub(in crate::commands) fn judgements(&self) -> usize {
        self.queries.iter().map(|q| self.grades(&q.id).count()).sum()
    }
}
