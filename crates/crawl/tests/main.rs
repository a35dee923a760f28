//! Tests of the engine, rule by rule.
