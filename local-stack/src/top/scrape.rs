//! The text that Prometheus scrapes, read into samples.

use std::collections::BTreeMap;

/// Samples that are read at most: a scrape of ours has some thousands.
const MAX_SAMPLES: usize = 100_000;

/// A line of a scrape.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric, with the suffix of its kind (`_total`, `_bucket`).
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// The value of a label, empty if it has none of that name.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// All samples of a process at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scrape {
    samples: Vec<Sample>,
}

impl Scrape {
    /// Reads the text; lines that are no samples are skipped.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { samples: lines.filter_map(sample).take(MAX_SAMPLES).collect() }
    }

    /// The samples of a metric.
    pub fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    /// The sum of a metric's samples that `wanted` takes.
    pub fn sum(&self, name: &str, wanted: impl Fn(&Sample) -> bool) -> f64 {
        self.of(name).filter(|sample| wanted(sample)).map(|sample| sample.value).sum()
    }
}

/// `name{label="value",…} 1.5`, with or without labels.
fn sample(line: &str) -> Option<Sample> {
    let (name, rest) = match line.split_once('{') {
        Some((name, rest)) => (name, rest),
        None => {
            let (name, value) = line.split_once(' ')?;
            let value = value.split_whitespace().next()?.parse().ok()?;
            return Some(Sample { name: name.to_owned(), labels: BTreeMap::new(), value });
        }
    };
    let (labels, value) = labels(rest)?;
    let value = value.split_whitespace().next()?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// The labels up to `}`, and what follows it.
fn labels(text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, quoted) = rest.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => match characters.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.insert(name.to_owned(), value);
        rest = quoted.get(end + 1..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_quotes_and_braces_are_read() {
        let text = "# HELP x y\na{} 3\nb_total{route=\"/a/{id}\",words=\"he said \\\"no\\\", twice\"} 1.5\nplain 2 1700000000\nbroken{a=\"b 1\n# EOF\n";
        let scrape = Scrape::read(text);
        assert_eq!(scrape.sum("a", |_| true), 3.0);
        assert_eq!(scrape.sum("plain", |_| true), 2.0);
        let sample = scrape.of("b_total").next().unwrap();
        assert_eq!((sample.label("route"), sample.value), ("/a/{id}", 1.5));
        assert_eq!(sample.label("words"), "he said \"no\", twice");
        assert_eq!(scrape.samples.len(), 3);
    }
}
