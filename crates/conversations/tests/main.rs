//! Questions and answers on a real Postgres and a real Redis, with a model that a test controls.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod asking;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod continuing;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod meaning;
#[cfg(test)]
mod mentions;
#[cfg(test)]
mod model_choice;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
#[path = "../../models/tests/provider.rs"]
mod provider;
#[cfg(test)]
mod rewriting;
#[cfg(test)]
mod search;
#[cfg(test)]
mod titles;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod versions;
