//! Jobs on a real Postgres, for members of their space and for administrators.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod members;
#[cfg(test)]
mod organisation;
