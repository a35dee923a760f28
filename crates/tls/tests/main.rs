//! Real servers behind TLS: who is trusted, who is refused, and in which words.

#[cfg(test)]
mod postgres;
#[cfg(test)]
mod redis;
