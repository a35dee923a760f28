//! What search does with Swedish words, and with documents that move, on a real database.

#[cfg(test)]
mod compounds;
#[cfg(test)]
mod inflections;
#[cfg(test)]
mod moves;
#[cfg(test)]
mod shelf;
