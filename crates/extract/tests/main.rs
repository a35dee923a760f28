//! Tests of the extractor: each module is one of the crate's promises.

#[cfg(test)]
mod charsets;
#[cfg(test)]
mod chunking;
#[cfg(test)]
mod collection;
#[cfg(test)]
mod containers;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod demo_shelf;
#[cfg(test)]
mod detection;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod office;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod past_limits;
#[cfg(test)]
mod pdf;
#[cfg(test)]
mod pdf_file;
#[cfg(test)]
mod pdf_fonts;
#[cfg(test)]
mod pdf_forms;
#[cfg(test)]
mod pdf_pages;
#[cfg(test)]
mod pdf_truetype;
#[cfg(test)]
mod pdf_words;
#[cfg(test)]
mod pdf_work;
#[cfg(test)]
mod separated;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod tables_and_text;
#[cfg(test)]
mod web_content;
#[cfg(test)]
mod web_pages;
#[cfg(test)]
mod web_soup;
