//! What both ways to ask have in common: who is asked, how, and what is refused.

use kernel::{Problem, Result};
use models::{AnswerOptions, Sampling};
use serde_json::Value;

use crate::json_object::JsonObject;

/// The most stop sequences, and the most characters of one.
const MAX_STOPS: usize = 16;
const MAX_STOP_CHARS: usize = 200;

/// How an answer is to be written.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Parameters {
    /// `assistant/…`, or a model's own name.
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) sampling: Sampling,
    /// About so many tokens.
    pub(crate) max_tokens: Option<usize>,
    pub(crate) stops: Vec<String>,
    /// Tools and form of the answer.
    pub(crate) options: AnswerOptions,
}

impl Parameters {
    /// `limit`: the names of the member that bounds the answer, the newest first.
    ///
    /// # Errors
    /// `invalid_body`.
    pub(crate) fn read(
        body: &JsonObject<'_>,
        limit: &[&str],
        options: AnswerOptions,
    ) -> Result<Self> {
        Ok(Self {
            model: body.required_text("model")?.to_owned(),
            stream: body.flag("stream")?,
            sampling: Sampling {
                temperature: number(body, "temperature")?,
                top_p: number(body, "top_p")?,
            },
            max_tokens: max_tokens(body, limit)?,
            stops: stops(body)?,
            options,
        })
    }
}

/// A parameter of sampling, in its range.
fn number(body: &JsonObject<'_>, name: &str) -> Result<Option<f64>> {
    let (number, range) = (body.number(name)?, Sampling::range(name));
    match number.filter(|number| !range.contains(number)) {
        Some(number) => {
            let (least, most) = range.into_inner();
            let detail = format!("expected {least} to {most}, got {number}");
            Err(Problem::invalid_field(body.pointer(name), detail))
        }
        None => Ok(number),
    }
}

fn max_tokens(body: &JsonObject<'_>, names: &[&str]) -> Result<Option<usize>> {
    for name in names {
        if let Some(tokens) = body.integer(name)? {
            let checked = usize::try_from(tokens).ok().filter(|tokens| *tokens > 0);
            let wrong = || {
                Problem::invalid_field(
                    body.pointer(name),
                    format!("expected at least 1, got {tokens}"),
                )
            };
            return checked.map(Some).ok_or_else(wrong);
        }
    }
    Ok(None)
}

fn stops(body: &JsonObject<'_>) -> Result<Vec<String>> {
    let wrong = || {
        let detail = format!(
            "expected a string, or at most {MAX_STOPS} strings, of 1 to {MAX_STOP_CHARS} characters each"
        );
        Problem::invalid_field(body.pointer("stop"), detail)
    };
    let given: Vec<&Value> = match body.get("stop") {
        None => Vec::new(),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
    };
    let text = |value: &Value| {
        value
            .as_str()
            .filter(|text| (1..=MAX_STOP_CHARS).contains(&text.chars().count()))
            .map(str::to_owned)
    };
    let stops =
        given.iter().map(|value| text(value)).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
    if stops.len() > MAX_STOPS { Err(wrong()) } else { Ok(stops) }
}
