//! The chat component in the process of the test, on a real database.

#[cfg(test)]
mod feedback;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod sharing;
