//! The embedding model on the best instructions of this machine, against the next best, in turns on
//! one thread.

use std::time::Instant;

use embedding::{Embedder, InstructionSet, Lane, Options};
use tests::stack::root;

use crate::{Figure, percentiles};

const ROUNDS: usize = 7;
const TEXTS: usize = 60;
/// Words of a text: about half of what the model reads, and all of it.
const LENGTHS: [usize; 2] = [180, 370];

/// Texts of so many words, each from another place of a document of the demo.
fn texts(words: usize) -> Vec<String> {
    let document = std::fs::read_to_string(root().join("demo/common-rooms.md")).unwrap();
    let document: Vec<&str> = document.split_whitespace().collect();
    let text = |n: usize| {
        document.iter().copied().cycle().skip(n * 17).take(words).collect::<Vec<_>>().join(" ")
    };
    (0..TEXTS).map(text).collect()
}

pub(crate) fn measure() -> Figure {
    let folder = std::env::var_os("TESSERA_MODEL_DIR").expect("TESSERA_MODEL_DIR");
    let sets: Vec<InstructionSet> = InstructionSet::available().into_iter().take(2).collect();
    let load = |instructions| {
        Embedder::load(folder.as_ref(), Options { threads: 1, instructions }).unwrap()
    };
    let models: Vec<Embedder> = sets.iter().map(|set| load(*set)).collect();
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for words in LENGTHS {
        let texts = texts(words);
        let mut seen = vec![Vec::new(); models.len()];
        for _ in 0..ROUNDS {
            for (model, seen) in models.iter().zip(&mut seen) {
                let begun = Instant::now();
                let embedded = model.embed_blocking(&texts, Lane::Document).unwrap();
                seen.push(embedded.tokens as f64 / begun.elapsed().as_secs_f64());
            }
        }
        let of_length: Vec<f64> = seen.into_iter().map(|seen| percentiles(seen).0).collect();
        ratios.push(format!("{:.2} x", of_length[0] / of_length[of_length.len() - 1]));
        rates.push(of_length);
    }
    let side = |at: usize| {
        let rates: Vec<String> =
            rates.iter().map(|of_length| format!("{:.0}", of_length[at])).collect();
        format!("{} tokens/s, {:?}", rates.join(" and "), sets[at])
    };
    Figure {
        name: "embedding texts of 180 and 370 words on one thread",
        goal: "",
        ours: side(0),
        theirs: side(sets.len() - 1),
        result: ratios.join(" and "),
    }
}
