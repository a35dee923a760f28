//! The upload component in the process of the test, on a real database.

#[cfg(test)]
mod imports;
