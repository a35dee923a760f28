//! Common passwords, which attackers guess first even if they are long enough. A library that ranks
//! them (zxcvbn) needs a browser under WebAssembly, so these are our own rules: few different
//! characters, runs, and common words, also with digits, signs and look-alikes in them.

/// Words that are common in passwords, in the languages of the product and of keyboards.
const WORDS: &str = "\
    password passwort passord passwd losenord lösenord hemlig hemligt secret letmein welcome valkommen välkommen \
    changeme change default temporary temp demo test testing admin administrator root user guest login access \
    master super superman batman starwars pokemon dragon monkey shadow sunshine princess prinsessa football \
    fotboll hockey baseball soccer summer sommar winter vinter spring autumn host höst january januari february \
    februari march mars april may maj june juni july juli august augusti september october oktober november \
    december monday måndag mandag friday fredag sunday söndag sondag stockholm goteborg göteborg malmo malmö \
    sverige sweden london tessera company office hello hej hejsan iloveyou ilove you love baby angel charlie \
    michael jordan abc abcd abcde qwerty qwertyuiop qwer qwertz azerty asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm \
    qazwsx qazwsxedc qweasd qweasdzxc";
/// Neighbouring keys with digits among them, which the replacement of look-alikes would hide.
const KEYS: &[&str] = &["1q2w3e4r", "q2w3e4r5", "1qaz2wsx", "qaz2wsx3", "a1s2d3f4", "z1x2c3v4"];
/// A password with fewer different characters is refused, at any length.
const DIFFERENT: usize = 5;
/// Up to this many listed words in a row are still guessed; more make a passphrase.
const FEW: usize = 3;

/// Whether this is a common password.
pub(crate) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let different: std::collections::BTreeSet<char> = lower.chars().collect();
    if different.len() < DIFFERENT
        || is_run(&lower)
        || KEYS.iter().any(|keys| lower.starts_with(keys))
    {
        return true;
    }
    // Password rules often require digits and signs, so they are at the ends; within a word they
    // replace letters.
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let read: String = core.chars().map(looks_like).filter(|c| c.is_alphabetic()).collect();
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    [read, letters].iter().any(|word| !word.is_empty() && is_made_of_words(word))
}

/// A password is only acceptable with this many letters beside what is known of its owner.
const OWN_LETTERS: usize = 4;
/// The shortest known word that counts: shorter ones are part of too many other words.
const KNOWN_LETTERS: usize = 3;

/// Whether the password consists of what others know of the user (address, name, organisation),
/// with any digits and signs between.
pub(crate) fn is_made_of(password: &str, known: &[&str]) -> bool {
    let letters =
        |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let mut words: Vec<String> = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphabetic()).chain(std::iter::once(*text)))
        .map(letters)
        .filter(|word| word.chars().count() >= KNOWN_LETTERS)
        .collect();
    // Longest first, so that a part does not break up a longer word.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let whole = letters(password);
    let rest = words.iter().fold(whole.clone(), |rest, word| rest.replace(word.as_str(), ""));
    rest != whole && rest.chars().count() < OWN_LETTERS
}

/// Counting up or down, except for one or two steps; 0 follows 9, as on keyboards.
fn is_run(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let near = |pair: &&[char]| match **pair {
        ['9', '0'] | ['0', '9'] => true,
        [a, b] => u32::from(a).abs_diff(u32::from(b)) <= 1,
        _ => false,
    };
    chars.windows(2).filter(near).count() + 2 >= chars.len()
}

fn looks_like(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether the text is only a few listed words. Dynamic programming over the prefix, so the time
/// grows with the length only.
fn is_made_of_words(text: &str) -> bool {
    let mut reached: Vec<Option<usize>> = vec![None; text.len() + 1];
    if let Some(begin) = reached.first_mut() {
        *begin = Some(0);
    }
    for (at, _) in text.char_indices() {
        let (Some(Some(words)), Some(rest)) = (reached.get(at).copied(), text.get(at..)) else {
            continue;
        };
        for word in WORDS.split(' ').filter(|word| rest.starts_with(word)) {
            if let Some(end) = reached.get_mut(at + word.len()) {
                *end = Some(end.map_or(words + 1, |fewest| fewest.min(words + 1)));
            }
        }
    }
    matches!(reached.last(), Some(Some(words)) if *words <= FEW)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_password_of_known_facts_about_its_owner_is_refused() {
        let known = ["anna.svensson7@akeriet.example", "Anna Svensson", "Åkeriet AB"];
        for bad in [
            "anna.svensson7@akeriet.example",
            "ANNA.SVENSSON7@AKERIET.EXAMPLE",
            "AnnaSvensson1990",
            "svensson-anna-svensson",
            "Åkeriet2026!!",
            "akeriet.example",
            "xAnna.Svensson7x",
        ] {
            assert!(is_made_of(bad, &known), "{bad}");
        }
        for good in ["anna drinks much coffee", "correct horse battery staple", "12345 67890", ""] {
            assert!(!is_made_of(good, &known), "{good}");
        }
        assert!(
            !is_made_of("correct horse battery staple", &[])
                && !is_made_of("a long password", &["a@b.se", "Lo"])
        );
    }

    #[test]
    fn the_most_guessed_passwords_are_common() {
        let bad = "1234567890 | 12345678910 | 0987654321 | abcdefghij | aaaaaaaaaa | 1212121212 | password123 | \
            Password1234! | passwordpassword | P@$$w0rd2026 | pa55word!!!! | qwertyuiop | Qwerty12345 | \
            1q2w3e4r5t | 1qaz2wsx3edc | iloveyou123 | administrator | adminadmin | letmein123 | Welcome2026! | \
            changeme123 | Sommar2026! | vinter-2025 | 1234567890ab | Lösenord123 | stockholm1 | tessera2026 | \
            summer2026winter | hej hej hej hej";
        for bad in bad.split(" | ") {
            assert!(is_common(bad), "{bad}");
        }
    }

    #[test]
    fn a_chosen_phrase_is_not_common() {
        let good = "correct horse battery | a password of my own choice | lavendel på fönsterbrädan | \
            summer of seven cats | tr0ub4dor&3x | 0701-556 812 | k9#vQ2!mZx | min katt heter Sixten | \
            monkey dragon london sunday | \
            密码不容易猜到的一句话";
        for good in good.split(" | ") {
            assert!(!is_common(good), "{good}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(password in "\\PC{0,200}") {
            let _ = is_common(&password);
        }

        #[test]
        fn a_common_word_with_digits_and_signs_stays_common(before in "[0-9!?.]{0,4}", word in prop::sample::select(WORDS.split(' ').collect::<Vec<_>>()), after in "[0-9!?.#]{0,9}") {
            let password = format!("{before}{word}{after}");
            prop_assert!(is_common(&password), "{}", password);
        }
    }
}
