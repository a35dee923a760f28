//! Sessions, their tokens and API keys, in the process of the test.

#[cfg(test)]
mod operations;
#[cfg(test)]
mod providers;
#[cfg(test)]
mod refresh;
