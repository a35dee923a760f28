//! Where spans are sent, from OpenTelemetry's variables.

use std::{fmt, time::Duration};

use http::{HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode_str;

/// The collector's address; `/v1/traces` is added. Without it nothing is exported.
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Headers of each export: `name=value`, commas between, values percent-encoded.
pub const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// The name of the process in traces.
pub const SERVICE: &str = "OTEL_SERVICE_NAME";
/// The sampling_ratio of traces that are recorded, from 0 to 1.
pub const SAMPLING_RATIO: &str = "OTEL_TRACES_SAMPLER_ARG";
/// Milliseconds after which a batch that is not full is sent.
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
/// The protocol; there is one.
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
/// The sampler; there is one.
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const USUAL_DELAY: Duration = Duration::from_secs(5);

/// Where spans are sent, and which.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    pub(super) endpoint: Uri,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) service: String,
    pub(super) sampling_ratio: f64,
    /// Spans that wait for their export; more are dropped.
    pub queue: usize,
    /// Spans of one export.
    pub batch: usize,
    /// A batch that is not full is sent after so long.
    pub every: Duration,
    /// Timeout of one export.
    pub timeout: Duration,
    /// Pauses between attempts of one export; then its spans are dropped.
    pub pauses: Vec<Duration>,
}

/// A variable with an unexpected value. The value is not part of it: it may be a secret.
#[derive(Debug)]
pub struct UnexpectedValue {
    variable: &'static str,
    expected: &'static str,
}

impl fmt::Display for UnexpectedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.variable, self.expected)
    }
}

impl std::error::Error for UnexpectedValue {}

impl TracesConfig {
    /// From OpenTelemetry's variables, which `get` reads; None if no collector is named. `service`
    /// is the name of a process that the variables give none.
    ///
    /// # Errors
    /// The first variable whose value is not as expected.
    pub fn read(
        service: &str,
        get: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Option<Self>, UnexpectedValue> {
        let get = |name| get(name).filter(|value| !value.trim().is_empty());
        let Some(endpoint) = get(ENDPOINT) else { return Ok(None) };
        let others = [
            (PROTOCOL, "http/protobuf, which is the only one"),
            (SAMPLER, "parentbased_traceidratio, which is the only one"),
        ];
        for (variable, expected) in others {
            if get(variable).is_some_and(|value| !expected.starts_with(&format!("{value},"))) {
                return Err(UnexpectedValue { variable, expected });
            }
        }
        Ok(Some(Self {
            endpoint: endpoint_of(&endpoint)?,
            headers: get(HEADERS).map(|text| headers(&text)).transpose()?.unwrap_or_default(),
            service: get(SERVICE).unwrap_or_else(|| service.to_owned()),
            sampling_ratio: get(SAMPLING_RATIO)
                .map(|text| sampling_ratio(&text))
                .transpose()?
                .unwrap_or(1.0),
            queue: 2048,
            batch: 512,
            every: get(DELAY).map(|text| delay(&text)).transpose()?.unwrap_or(USUAL_DELAY),
            timeout: Duration::from_secs(10),
            pauses: [1, 2, 4].map(Duration::from_secs).into(),
        }))
    }
}

fn endpoint_of(text: &str) -> Result<Uri, UnexpectedValue> {
    let unexpected = || UnexpectedValue {
        variable: ENDPOINT,
        expected: "the http:// or https:// address of a collector, such as http://tempo:4318",
    };
    let text = text.trim().trim_end_matches('/');
    let uri: Uri = format!("{text}/v1/traces").parse().map_err(|_| unexpected())?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    if !is_http || uri.host().is_none_or(str::is_empty) || text.contains(['?', '#', '@']) {
        return Err(unexpected());
    }
    Ok(uri)
}

fn sampling_ratio(text: &str) -> Result<f64, UnexpectedValue> {
    let sampling_ratio =
        text.trim().parse().ok().filter(|sampling_ratio| (0.0..=1.0).contains(sampling_ratio));
    sampling_ratio
        .ok_or(UnexpectedValue { variable: SAMPLING_RATIO, expected: "a number from 0 to 1" })
}

fn delay(text: &str) -> Result<Duration, UnexpectedValue> {
    let delay = text.trim().parse().map(Duration::from_millis);
    delay.map_err(|_| UnexpectedValue { variable: DELAY, expected: "milliseconds" })
}

fn headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, UnexpectedValue> {
    let one = |entry: &str| {
        let (name, value) = entry.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::try_from(&*value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::try_from(name.trim()).ok()?, value))
    };
    let entries = text.split(',').filter(|entry| !entry.trim().is_empty());
    entries.map(one).collect::<Option<_>>().ok_or(UnexpectedValue {
        variable: HEADERS,
        expected: "name=value, commas between, values percent-encoded",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Option<TracesConfig>, UnexpectedValue> {
        TracesConfig::read("tessera-host", |name| {
            values.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_a_collector_there_is_nothing_to_configure() {
        assert!(read(&[(SAMPLING_RATIO, "0.5")]).unwrap().is_none());
        assert!(read(&[(ENDPOINT, " ")]).unwrap().is_none());
    }

    #[test]
    fn the_standard_variables_are_read() {
        let all = [
            (ENDPOINT, "https://collector:4318/otlp/"),
            (HEADERS, "Authorization=Bearer%20s3cret, x-scope=a"),
            (SERVICE, "town-host"),
            (SAMPLING_RATIO, "0.25"),
            (PROTOCOL, "http/protobuf"),
            (SAMPLER, "parentbased_traceidratio"),
        ];
        let config = read(&all).unwrap().unwrap();
        assert_eq!(config.endpoint, "https://collector:4318/otlp/v1/traces");
        assert_eq!(config.headers[0].1, "Bearer s3cret");
        assert!(!format!("{config:?}").contains("s3cret"));
        assert_eq!((config.service.as_str(), config.headers.len()), ("town-host", 2));
        assert!((config.sampling_ratio - 0.25).abs() < f64::EPSILON);
        let defaults = read(&[(ENDPOINT, "http://tempo:4318")]).unwrap().unwrap();
        assert_eq!(defaults.service, "tessera-host");
        assert!((defaults.sampling_ratio - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn an_unexpected_value_is_named_by_its_variable_alone() {
        let endpoint = (ENDPOINT, "http://tempo:4318");
        for (variable, value) in [
            (ENDPOINT, "tempo:4317"),
            (ENDPOINT, "http://user:s3cret@tempo"),
            (HEADERS, "s3cret"),
            (HEADERS, "a=s3cret%0A"),
            (SAMPLING_RATIO, "10"),
            (DELAY, "5s"),
            (PROTOCOL, "grpc"),
            (SAMPLER, "always_on"),
        ] {
            let error = read(&[(variable, value), endpoint]).unwrap_err().to_string();
            assert!(error.starts_with(variable) && !error.contains("s3cret"), "{error}");
        }
    }
}
