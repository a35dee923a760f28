//! How a model chooses its words: the parameters that authors of assistants and clients may set,
//! from the row or the request to the provider.

use std::ops::RangeInclusive;

use kernel::{Problem, ReasonCode, Result};
use serde::{Deserialize, Serialize};

/// How a model chooses its words. None: the model's default.
#[derive(Clone, Copy, PartialEq, Default, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Sampling {
    /// 0 to 2; providers with a smaller range get their largest.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
}

impl Sampling {
    /// Name and value of each parameter, as OpenAI's API has them.
    pub(crate) fn parameters(self) -> [(&'static str, Option<f64>); 2] {
        [("temperature", self.temperature), ("top_p", self.top_p)]
    }

    /// The values that a parameter may have.
    #[must_use]
    pub fn range(name: &str) -> RangeInclusive<f64> {
        match name {
            "temperature" => 0.0..=2.0,
            _ => 0.0..=1.0,
        }
    }

    /// Refuses values out of range.
    ///
    /// # Errors
    /// `invalid_body`; the pointer names the parameter.
    pub fn check(self) -> Result<Self> {
        for (name, value) in self.parameters() {
            let range = Self::range(name);
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (least, most) = range.into_inner();
                let detail = format!("expected {least} to {most}, got {value}");
                return Err(Problem::refused_field(
                    format!("/{name}"),
                    ReasonCode::OutOfRange.between(least, most),
                    detail,
                ));
            }
        }
        Ok(self)
    }

    /// These parameters; for those that are absent, the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            temperature: self.temperature.or(others.temperature),
            top_p: self.top_p.or(others.top_p),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sampling: Sampling) -> String {
        sampling.check().unwrap_err().fields[0].pointer.to_string()
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        for bad in [-0.1, 2.1, f64::NAN, f64::INFINITY] {
            let sampling = Sampling { temperature: Some(bad), ..Sampling::default() };
            assert_eq!(refused(sampling), "/temperature");
        }
        for bad in [-0.1, 1.1, f64::NAN] {
            let sampling = Sampling { top_p: Some(bad), ..Sampling::default() };
            assert_eq!(refused(sampling), "/top_p");
        }
        let good = Sampling { temperature: Some(2.0), top_p: Some(1.0) };
        assert_eq!(good.check(), Ok(good));
        assert_eq!(Sampling::default().check(), Ok(Sampling::default()));
    }

    #[test]
    fn the_first_source_comes_before_the_second() {
        let first = Sampling { temperature: Some(0.5), ..Sampling::default() };
        let second = Sampling { temperature: Some(1.0), top_p: Some(0.9) };
        assert_eq!(first.or(second), Sampling { temperature: Some(0.5), ..second });
    }
}
