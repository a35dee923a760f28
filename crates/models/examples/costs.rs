//! Reads lines `{"usage": {…}, "prices": {…}}` and writes what each costs, for
//! `tools/catalogue/check_costs.py`.

use std::{
    error::Error,
    io::{self, BufRead, Write},
};

use models::{PriceList, ServiceTier, TokenUsage};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let call: Value = serde_json::from_str(&line?)?;
        let list = PriceList::read(call.get("prices").unwrap_or(&Value::Null))?;
        match list.cost(&usage(call.get("usage").unwrap_or(&Value::Null))) {
            Ok(cost) => writeln!(out, "{cost}")?,
            Err(missing) => writeln!(out, "missing {}", missing.0.as_str())?,
        }
    }
    Ok(())
}

fn usage(value: &Value) -> TokenUsage {
    let count = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
    TokenUsage {
        prompt: count("prompt"),
        cached_read: count("cached_read"),
        cached_write: count("cached_write"),
        cached_write_hour: count("cached_write_hour"),
        prompt_audio: count("prompt_audio"),
        prompt_image: count("prompt_image"),
        completion: count("completion"),
        reasoning: count("reasoning"),
        completion_audio: count("completion_audio"),
        completion_image: count("completion_image"),
        tier: match value.get("tier").and_then(Value::as_str) {
            Some("flex") => ServiceTier::Flex,
            Some("priority") => ServiceTier::Priority,
            Some("batch") => ServiceTier::Batch,
            _ => ServiceTier::Default,
        },
    }
}
