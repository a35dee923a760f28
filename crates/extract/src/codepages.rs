//! Which of the character sets of one byte per letter a Latin text is in: the sets of DOS and of
//! the old Macintosh are told from those of Windows and Unix by where their letters fall.

use encoding_rs::{Encoding, ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1252};

/// A character set and how to read it.
#[derive(Clone, Copy)]
pub(crate) enum Charset {
    /// One of the Encoding Standard.
    Web(&'static Encoding),
    /// A code page of DOS, which the Encoding Standard does not have.
    Dos(CodePage),
}

/// The upper half of a code page of DOS.
#[derive(Clone, Copy)]
pub(crate) struct CodePage(&'static str);

const CODE_PAGE_850: CodePage = CodePage(
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
);
const CODE_PAGE_437: CodePage = CodePage(
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
);

impl CodePage {
    /// The text of `bytes`: there is a character for each.
    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        let upper: Vec<char> = self.0.chars().collect();
        let char_of = |byte: u8| match usize::from(byte).checked_sub(128) {
            Some(at) => upper.get(at).copied().unwrap_or('\u{fffd}'),
            None => char::from(byte),
        };
        bytes.iter().map(|&byte| char_of(byte)).collect()
    }
}

/// Letters beyond ASCII that Western European languages write every day, and those of Central
/// Europe.
const WESTERN: &str = "åäöéüøæßñçèêàáíóúâîôëïãõûùìòÅÄÖÉÜØÆÑÇÁÓÍÚÀÈ";
/// Of these, the ones that whole languages cannot do without.
const COMMONEST: &str = "åäöüéøæÅÄÖÜÉØÆłąęóżšč";
const CENTRAL: &str = "ąćęłńóśźżáčďéěíňřšťúůýžőűăâîșțşţĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽŐŰ";

/// The character set in which `bytes` read best: `guess`, or one that guesses by frequency do not
/// know.
pub(crate) fn best(bytes: &[u8], guess: &'static Encoding) -> Charset {
    // Where most letters are beyond ASCII the text is in another alphabet, and the guess is a good
    // one.
    let high = bytes.iter().filter(|&&byte| byte >= 128).count();
    let ascii = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if high * 2 > ascii {
        return Charset::Web(guess);
    }
    let latin = [guess, WINDOWS_1252, ISO_8859_2, WINDOWS_1250, MACINTOSH];
    let mut charsets: Vec<Charset> = latin.into_iter().map(Charset::Web).collect();
    charsets.extend([Charset::Dos(CODE_PAGE_850), Charset::Dos(CODE_PAGE_437)]);
    // The guess knows how often letters follow each other in a language: it wins where two sets
    // read nearly alike, as Windows-1250 and -1252 do in Czech (`ř` and `ø`).
    let mut best = (
        Charset::Web(guess),
        score(bytes, Charset::Web(guess)) + i64::try_from(high).unwrap_or(i64::MAX),
    );
    for charset in charsets {
        let score = score(bytes, charset);
        if score > best.1 {
            best = (charset, score);
        }
    }
    best.0
}

/// How much the text looks like words of Latin letters.
fn score(bytes: &[u8], charset: Charset) -> i64 {
    let text = match charset {
        Charset::Web(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        Charset::Dos(page) => page.decode(bytes),
    };
    let mut score = 0;
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        if !c.is_ascii() {
            score += worth(before, c, letters.peek().copied().unwrap_or(' '));
        }
        before = c;
    }
    score
}

/// What a character beyond ASCII says for its character set, by itself and by its neighbours.
fn worth(before: char, c: char, after: char) -> i64 {
    let in_word = before.is_alphabetic() || after.is_alphabetic();
    let within = before.is_alphabetic() && after.is_alphabetic();
    if c == '\u{fffd}' || c.is_control() {
        return -20;
    }
    if c.is_alphabetic() {
        let known = match c {
            _ if COMMONEST.contains(c) => 5,
            _ if WESTERN.contains(c) || CENTRAL.contains(c) => 3,
            _ => -2,
        };
        // Capitals inside a word and letters that stand alone are rare.
        let misplaced = c.is_uppercase()
            && before.is_alphabetic()
            && (before.is_lowercase() || after.is_lowercase());
        return known - if misplaced { 6 } else { 0 } - if in_word { 0 } else { 1 };
    }
    // Signs inside words are rare; around words they are quotation marks and dashes.
    match c {
        '’' | '\u{ad}' | '·' => 0,
        _ if within => -6,
        '–' | '—' | '“' | '”' | '„' | '‘' | '«' | '»' | '…' | '•' | '§' | '°' | '€' | '£' | '½'
        | '²' | '³' | '\u{a0}' | '×' | '±' => 1,
        _ if in_word => -4,
        _ => -2,
    }
}
