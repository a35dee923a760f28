//! Imports on a real database, from the upload to the stored conversations.

#[cfg(test)]
mod importing;
