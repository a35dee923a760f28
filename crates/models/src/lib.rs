//! Model providers over OpenAI-compatible HTTP.
