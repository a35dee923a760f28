//! Counters, gauges and histograms with labels, as text for Prometheus.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use prometheus_client::{
    encoding::text,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
};

use crate::Label;

/// `N` labels: name and value.
type Labels<const N: usize> = [(&'static str, Label); N];

/// The names of the labels, which every sample of a metric has.
type Names<const N: usize> = [&'static str; N];

/// What the names of all metrics begin with, and an underscore.
const PREFIX: &str = "tessera";

/// All metrics of a process. Names begin with `tessera_`.
#[derive(Debug)]
pub struct Registry {
    metrics: prometheus_client::registry::Registry,
    names: Vec<String>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            metrics: prometheus_client::registry::Registry::with_prefix(PREFIX),
            names: Vec::new(),
        }
    }
}

impl Registry {
    /// A number that only grows; the text calls it `tessera_<name>_total`.
    pub fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Names<N>,
    ) -> Counters<N> {
        let family = Family::default();
        self.register(&format!("{name}_total"));
        self.metrics.register(name, help, family.clone());
        Counters { labels, family }
    }

    /// A number that goes up and down.
    pub fn gauges<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Names<N>,
    ) -> Gauges<N> {
        let family = Family::default();
        self.register(name);
        self.metrics.register(name, help, family.clone());
        Gauges { labels, family }
    }

    /// How long something takes, in seconds, in 14 buckets from 1 ms to 8 s; longer ones are
    /// counted, too.
    pub fn histograms<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Names<N>,
    ) -> Histograms<N> {
        self.histograms_from(name, help, labels, short)
    }

    /// The same for what takes minutes: from 50 ms to 27 minutes.
    pub fn long_histograms<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Names<N>,
    ) -> Histograms<N> {
        self.histograms_from(name, help, labels, long)
    }

    fn histograms_from<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Names<N>,
        make: fn() -> Histogram,
    ) -> Histograms<N> {
        let family = Family::new_with_constructor(make as fn() -> Histogram);
        self.register(name);
        self.metrics.register(name, help, family.clone());
        Histograms { labels, family }
    }

    fn register(&mut self, name: &str) {
        self.names.push(format!("{PREFIX}_{name}"));
    }

    /// The names of all metrics, as a scrape has them.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The text of a scrape, in the format `application/openmetrics-text; version=1.0.0`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = text::encode(&mut out, &self.metrics);
        out
    }
}

fn short() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 14))
}

fn long() -> Histogram {
    Histogram::new(exponential_buckets(0.05, 2.0, 16))
}

fn labelled<const N: usize>(names: Names<N>, values: [Label; N]) -> Labels<N> {
    let mut values = values.into_iter().map(escape);
    names.map(|name| (name, values.next().unwrap_or_default()))
}

/// As the format wants it inside quotes: the library writes values as they are, and one with a
/// quote would end the scrape for all metrics.
fn escape(value: Label) -> Label {
    if value.contains(['\\', '"', '\n']) {
        Label::Owned(value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
    } else {
        value
    }
}

/// A counter for each combination of labels.
#[derive(Clone, Debug)]
pub struct Counters<const N: usize> {
    labels: Names<N>,
    family: Family<Labels<N>, Counter<u64, AtomicU64>>,
}

impl<const N: usize> Counters<N> {
    /// Counts one.
    pub fn count(&self, values: [Label; N]) {
        self.add(values, 1);
    }

    /// Counts `n`.
    pub fn add(&self, values: [Label; N], n: u64) {
        self.family.get_or_create(&labelled(self.labels, values)).inc_by(n);
    }
}

/// A gauge for each combination of labels.
#[derive(Clone, Debug)]
pub struct Gauges<const N: usize> {
    labels: Names<N>,
    family: Family<Labels<N>, Gauge<i64, AtomicI64>>,
}

impl<const N: usize> Gauges<N> {
    /// Sets it.
    pub fn set(&self, values: [Label; N], value: i64) {
        self.family.get_or_create(&labelled(self.labels, values)).set(value);
    }

    /// Sets it, unless it is higher already.
    pub fn raise(&self, values: [Label; N], value: i64) {
        let gauge = self.family.get_or_create(&labelled(self.labels, values));
        gauge.inner().fetch_max(value, Ordering::Relaxed);
    }

    /// Moves it up, or down with a negative number.
    pub fn add(&self, values: [Label; N], n: i64) {
        self.family.get_or_create(&labelled(self.labels, values)).inc_by(n);
    }

    /// Forgets all values, so that a combination that is gone is not reported for ever.
    pub fn clear(&self) {
        self.family.clear();
    }
}

/// A histogram for each combination of labels.
#[derive(Clone, Debug)]
pub struct Histograms<const N: usize> {
    labels: Names<N>,
    family: Family<Labels<N>, Histogram, fn() -> Histogram>,
}

impl<const N: usize> Histograms<N> {
    /// Takes a duration down.
    pub fn observe(&self, values: [Label; N], duration: Duration) {
        self.family.get_or_create(&labelled(self.labels, values)).observe(duration.as_secs_f64());
    }
}

/// Measures from its making on.
#[derive(Clone, Copy, Debug)]
pub struct Timer(Instant);

impl Timer {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_shows_each_kind_with_its_labels() {
        let mut registry = Registry::default();
        let requests = registry.counters("requests", "Requests answered", ["status"]);
        let open = registry.gauges("open", "Connections", []);
        let took = registry.histograms("request_seconds", "Time to the head", ["route"]);
        requests.add(["200".into()], 3);
        open.set([], -2);
        took.observe(["/a\"b\\c\nd".into()], Duration::from_millis(3));
        let text = registry.text();
        for line in [
            "# TYPE tessera_requests counter",
            "tessera_requests_total{status=\"200\"} 3",
            "tessera_open{} -2",
            r#"tessera_request_seconds_bucket{le="0.004",route="/a\"b\\c\nd"} 1"#,
            r#"tessera_request_seconds_count{route="/a\"b\\c\nd"} 1"#,
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
