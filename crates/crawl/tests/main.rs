//! Tests of the engine, rule by rule.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod dates;
#[cfg(test)]
mod fetching;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod pace;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod robots;
#[cfg(test)]
mod robots_fetched;
#[cfg(test)]
mod scope;
#[cfg(test)]
mod site;
#[cfg(test)]
mod sitemaps;
#[cfg(test)]
mod sniffing;
#[cfg(test)]
mod traps;
