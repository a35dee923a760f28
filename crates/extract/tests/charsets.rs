//! Character sets: what a text says is read whatever program wrote it, and one wrong byte spoils
//! nothing.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, IBM866, ISO_2022_JP, ISO_8859_2, KOI8_R, MACINTOSH,
    SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
};
use extract::{Code, WarningKind};
use proptest::prelude::*;

use crate::fixtures::read;

const SWEDISH: &str = "Nämnden beslutade att bevilja ansökan för år 2024. Ärendet återremitteras om sökanden önskar det. Öppettiderna gäller på lördagar, också för små föreningar.";
const POLISH: &str = "Zarząd postanowił przyznać członkom zniżkę na wejście. Wniosek należy złożyć później, zanim minie wrzesień.";
const CZECH: &str = "Příjemce potvrdí, že žádost byla řádně doručena úřadu. Další lhůta končí v září, později už ne.";
const RUSSIAN: &str =
    "Совет решил предоставить помещение школе. Ключи находятся у дежурного на первом этаже.";
const GREEK: &str = "Το συμβούλιο αποφάσισε να παραχωρήσει την αίθουσα στο σχολείο. Τα κλειδιά είναι στη γραμματεία.";
const JAPANESE: &str =
    "会議室の鍵は一階の受付にあります。利用する人は前の日までに申し込んでください。";
const CHINESE: &str = "会议室的钥匙在一楼的接待处。使用的人请在前一天申请。";
const TRADITIONAL: &str = "會議室的鑰匙在一樓的接待處。使用的人請在前一天申請。";
const KOREAN: &str = "회의실 열쇠는 일층 접수처에 있습니다. 사용하려면 전날까지 신청해 주십시오.";

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable, "{} holds not all of {text:?}", encoding.name());
    bytes.into_owned()
}

/// The upper half of code page 850 as far as these texts need it.
fn code_page_850(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        'å' => 0x86,
        'ä' => 0x84,
        'ö' => 0x94,
        'Å' => 0x8f,
        'Ä' => 0x8e,
        'Ö' => 0x99,
        'é' => 0x82,
        c => u8::try_from(c).unwrap(),
    };
    text.chars().map(byte).collect()
}

#[test]
fn texts_are_read_in_the_character_set_they_were_written_in() {
    for (text, encoding) in [
        (SWEDISH, WINDOWS_1252),
        (SWEDISH, MACINTOSH),
        (POLISH, ISO_8859_2),
        (POLISH, WINDOWS_1250),
        (CZECH, ISO_8859_2),
        (CZECH, WINDOWS_1250),
        (RUSSIAN, WINDOWS_1251),
        (RUSSIAN, KOI8_R),
        (RUSSIAN, IBM866),
        (GREEK, WINDOWS_1253),
        (JAPANESE, SHIFT_JIS),
        (JAPANESE, EUC_JP),
        (JAPANESE, ISO_2022_JP),
        (CHINESE, GBK),
        (TRADITIONAL, BIG5),
        (KOREAN, EUC_KR),
    ] {
        assert_eq!(read(encoded(text, encoding), "x.txt").text(), text, "{}", encoding.name());
    }
    assert_eq!(read(code_page_850(SWEDISH), "x.txt").text(), SWEDISH);
}

#[test]
fn short_tables_of_old_programs_are_read_too() {
    let table = "Namn;Ort\nÅsa Öberg;Växjö\n";
    let expected = "Namn: Åsa Öberg; Ort: Växjö";
    assert_eq!(read(encoded(table, WINDOWS_1252), "x.csv").text(), expected);
    assert_eq!(read(encoded(table, MACINTOSH), "x.csv").text(), expected);
    assert_eq!(read(code_page_850(table), "x.csv").text(), expected);
}

#[test]
fn utf16_without_a_mark_is_known_in_any_alphabet_with_blanks() {
    for text in [SWEDISH, POLISH, RUSSIAN, GREEK, KOREAN] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(little, "x.txt").text(), text);
        assert_eq!(read(big, "x.txt").text(), text);
    }
}

#[test]
fn a_page_is_read_in_the_character_set_that_it_declares_wherever_it_does() {
    let long = format!("<style>{}</style>", ".a { color: red } ".repeat(400));
    for declaration in [
        "<meta charset = windows-1251>".to_owned(),
        "<meta http-equiv='Content-Type' content='text/html; charset=windows-1251'>".to_owned(),
        format!("{long}<META CHARSET=\"Windows-1251\">"),
    ] {
        let page = encoded(
            &format!("<html><head>{declaration}</head><body><p>{RUSSIAN}</p>"),
            WINDOWS_1251,
        );
        assert_eq!(read(page, "x.html").text(), RUSSIAN, "{declaration:.60}");
    }
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"koi8-r\"?><!DOCTYPE html><html><body><p>{RUSSIAN}</p></body></html>"
    );
    assert_eq!(read(encoded(&xml, KOI8_R), "x.html").text(), RUSSIAN);
}

#[test]
fn a_wrong_byte_in_utf8_is_counted_and_changes_nothing_else() {
    for name in ["x.txt", "x.md", "x.html"] {
        let mut bytes = format!("<p>{SWEDISH}</p>").into_bytes();
        bytes.splice(3..3, *b"f\xf6r \x9d ");
        let reading = read(bytes, name);
        assert!(reading.text().contains("Ärendet återremitteras"), "{name}: {}", reading.text());
        assert!(reading.text().contains("för"), "{name}: {}", reading.text());
        let warnings = reading.result.unwrap().warnings;
        assert!(
            warnings
                .iter()
                .any(|warning| warning.kind == WarningKind::InvalidBytes && warning.count == 2)
        );
    }
}

#[test]
fn a_text_with_a_stray_nul_or_cut_in_a_letter_is_a_text() {
    let mut bytes = SWEDISH.repeat(3).into_bytes();
    bytes.insert(40, 0);
    assert_eq!(read(bytes, "x.txt").text(), SWEDISH.repeat(3));
    let cut = "på ön".as_bytes();
    assert_eq!(read(&cut[..cut.len() - 2], "x.txt").text(), "på \u{fffd}");
}

#[test]
fn line_ends_of_all_systems_end_lines_and_colours_are_no_text() {
    assert_eq!(
        read("One line\rAnother line\r\rA paragraph", "x.txt").text(),
        "One line\nAnother line\n\nA paragraph"
    );
    let log = "\u{1b}[32mINFO\u{1b}[0m begun\n\u{1b}[38;5;196;1mERROR\u{1b}[K\u{1b}]0;title\u{7} lost [31m\n";
    assert_eq!(read(log, "x.log").text(), "INFO begun\nERROR lost [31m");
    assert_eq!(read("N\u{8}NA\u{8}AM\u{8}ME", "x.txt").text(), "NAME");
}

#[test]
fn content_that_is_no_text_is_refused() {
    let random = |n: u32| (n.wrapping_mul(2_654_435_761).rotate_left(13) >> 7) as u8;
    let noise: Vec<u8> = (0..4096).map(random).collect();
    assert_eq!(read(noise, "x.txt").code(), Code::UnsupportedType);
    assert_eq!(read(vec![0; 4096], "x.txt").code(), Code::UnsupportedType);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_wrong_byte_anywhere_leaves_the_rest_of_a_text_as_it_was(at in 0_usize..300, byte in 128_u8..) {
        let words = "föreningen får på söndag ";
        let mut bytes = words.repeat(30).into_bytes();
        bytes.insert(at, byte);
        prop_assert!(read(bytes, "x.txt").text().matches("föreningen får på").count() >= 28);
    }
}
