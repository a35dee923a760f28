//! Tests of the extractor: each module is one of the crate's promises.

mod chunking;
mod damage;
mod demo_shelf;
mod detection;
mod fixtures;
mod markup;
mod office;
mod pdf;
mod tables_and_text;
