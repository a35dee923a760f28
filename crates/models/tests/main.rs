//! The client against a server that does what real ones do, and worse.

#[cfg(test)]
mod complete;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod embed;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod provider;
