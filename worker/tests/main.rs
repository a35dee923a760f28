//! The worker as a process, against a real Postgres, a real Redis, the real extractor and the real
//! model.

#[cfg(test)]
mod cancelling;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod crawl_changes;
#[cfg(test)]
mod crawl_dates;
#[cfg(test)]
mod crawl_keeping;
#[cfg(test)]
mod crawl_modes;
#[cfg(test)]
mod crawl_pages;
#[cfg(test)]
mod crawled;
#[cfg(test)]
mod crawling;
#[cfg(test)]
mod dying;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod ingesting;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod reembedding;
#[cfg(test)]
mod rendering;
#[cfg(test)]
mod sandbox;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stopping;
