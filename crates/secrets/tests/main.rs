//! Sealing, opening and rotating keys on a real Postgres.

#[cfg(test)]
mod rotating;
#[cfg(test)]
mod sealing;
