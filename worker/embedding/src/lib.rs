//! The built-in embedding model and its tokenizer.
