//! What search does with Swedish words, on a real database.

#[cfg(test)]
mod compounds;
#[cfg(test)]
mod inflections;
#[cfg(test)]
mod shelf;
