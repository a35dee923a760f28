//! Sentences of a passage. Lines of running text are joined; lines of lists, tables and headings stand alone.

/// Longer sentences are cut after a word.
const LONGEST: usize = 400;

/// Words after which a full stop ends no sentence, lower case, without the stop.
const ABBREVIATIONS: [&str; 38] = [
    "e.g", "i.e", "etc", "cf", "vs", "dr", "mr", "mrs", "ms", "prof", "st", "no", "nos", "fig", "figs", "eq", "sec",
    "ch", "pp", "p", "vol", "ed", "al", "approx", "inc", "ltd", "dept", "bl.a", "t.ex", "d.v.s", "dvs", "m.m", "s.k",
    "kl", "nr", "ca", "resp", "o.s.v",
];

/// The sentences of a passage in order, with white space made single.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut running = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            finish(&mut running, &mut sentences);
        } else if stands_alone(line) {
            finish(&mut running, &mut sentences);
            running.push_str(line.trim_start_matches(['#', '-', '*', '•', '>', ' ']));
            if line.starts_with(['#', '|']) {
                finish(&mut running, &mut sentences);
            }
        } else {
            if !running.is_empty() {
                running.push(' ');
            }
            running.push_str(line);
        }
    }
    finish(&mut running, &mut sentences);
    sentences
}

/// Whether a line begins something of its own.
fn stands_alone(line: &str) -> bool {
    let numbered = line.split_once(['.', ')']).is_some_and(|(number, rest)| {
        rest.starts_with(' ') && number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit())
    });
    numbered || line.starts_with(['#', '|', '•']) || ["- ", "* ", "> "].iter().any(|mark| line.starts_with(mark))
}

/// Splits running text and adds its sentences.
fn finish(running: &mut String, sentences: &mut Vec<String>) {
    let words: Vec<&str> = running.split_whitespace().collect();
    let mut sentence = String::new();
    for (word, next) in words.iter().zip(words.iter().skip(1).map(Some).chain([None])) {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(word);
        if next.is_none_or(|next| ends(word, next)) || sentence.len() > LONGEST {
            sentences.push(std::mem::take(&mut sentence));
        }
    }
    running.clear();
    // A heading or a stray cell answers nothing.
    sentences.retain(|sentence| sentence.split(' ').count() >= 3);
}

/// Whether a sentence ends between two words.
fn ends(word: &str, next: &str) -> bool {
    let bare = word.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»']);
    let opens = next.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase());
    if bare.ends_with(['!', '?', '…']) {
        return opens;
    }
    let Some(stem) = bare.strip_suffix('.') else { return false };
    let stem = stem.trim_start_matches(['(', '"', '“', '«']).to_lowercase();
    let initial = stem.chars().count() == 1 && stem.chars().all(char::is_alphabetic);
    opens && !initial && !ABBREVIATIONS.contains(&stem.as_str())
}
