//! Uploads in the process of the test, on a real database.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod imports;
