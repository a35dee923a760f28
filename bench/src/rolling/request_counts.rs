//! What the clients saw: requests by route and status, and what was wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The most sentences that are kept and printed.
const SENTENCES: usize = 40;

#[derive(Default)]
struct Counts {
    requests: BTreeMap<(&'static str, u16), usize>,
    wrong: Vec<String>,
    wrongs: usize,
    resumed: usize,
}

/// Counts of all clients.
#[derive(Clone, Default)]
pub(crate) struct RequestCounts(Arc<Mutex<Counts>>);

impl RequestCounts {
    /// Counts an answer, with status 0 if there was none; true if it is a success.
    pub(crate) fn answered(&self, route: &'static str, status: u16, body: &str) -> bool {
        let mut counts = self.0.lock().unwrap();
        *counts.requests.entry((route, status)).or_default() += 1;
        drop(counts);
        let good = (200..300).contains(&status);
        if !good {
            let body: String = body.chars().take(200).collect();
            self.note(&format!("{route}: {status} {body}"));
        }
        good
    }

    /// Counts what is lost or duplicated.
    pub(crate) fn wrong(&self, sentence: &str) {
        self.0.lock().unwrap().wrongs += 1;
        self.note(sentence);
    }

    /// A stream was taken up again.
    pub(crate) fn resumed(&self) {
        self.0.lock().unwrap().resumed += 1;
    }

    fn note(&self, sentence: &str) {
        let mut counts = self.0.lock().unwrap();
        if counts.wrong.len() < SENTENCES {
            counts.wrong.push(sentence.to_owned());
        }
    }

    /// Requests, those that failed, what was lost or duplicated, and streams that were taken up again.
    pub(crate) fn totals(&self) -> [usize; 4] {
        let counts = self.0.lock().unwrap();
        let failed = |((_, status), count): (&(&str, u16), &usize)| {
            if (200..300).contains(status) { 0 } else { *count }
        };
        [
            counts.requests.values().sum(),
            counts.requests.iter().map(failed).sum(),
            counts.wrongs,
            counts.resumed,
        ]
    }

    /// A row for each route and status, and the first sentences of what was wrong.
    pub(crate) fn print(&self) {
        let counts = self.0.lock().unwrap();
        for ((route, status), count) in &counts.requests {
            println!("|   {route} | {count} × {status} | | | |");
        }
        for sentence in &counts.wrong {
            eprintln!("{sentence}");
        }
    }
}
