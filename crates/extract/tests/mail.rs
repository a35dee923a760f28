//! Mail, mailboxes and saved web pages.

use extract::{Code, Format, WarningKind};

use crate::fixtures::{H1, P, TABLE, read};

const HEADERS: &str = "From: Eva Lind <eva@example.org>\r\nTo: desk@example.org, Bo Ek <bo@example.org>\r\n\
    Subject: =?utf-8?Q?M=C3=B6te_om_broar?=\r\nDate: Tue, 3 Mar 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n";

fn warned(reading: &crate::fixtures::Reading, kind: WarningKind) -> u64 {
    let warnings = &reading.result.as_ref().unwrap().warnings;
    warnings.iter().find(|warning| warning.kind == kind).map_or(0, |warning| warning.count)
}

#[test]
fn a_mail_gives_who_wrote_whom_when_about_what_and_the_text() {
    let mail = format!(
        "{HEADERS}Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Br=E5dskande =E4rende om bron, som v=\r\nntar p=E5 besked fr=E5n er alla.\r\n"
    );
    let reading = read(mail, "x.eml");
    assert_eq!(reading.title(), Some("Möte om broar"));
    assert_eq!(
        reading.blocks(),
        [
            (H1, "Möte om broar"),
            (P, "From: Eva Lind <eva@example.org>"),
            (P, "To: desk@example.org, Bo Ek <bo@example.org>"),
            (P, "Date: Tue, 3 Mar 2026 09:00:00 +0100"),
            (P, "Brådskande ärende om bron, som vntar på besked från er alla."),
        ]
    );
}

#[test]
fn of_two_versions_one_is_read_and_attachments_are_named_and_counted() {
    let mail = format!(
        "{HEADERS}Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nThe plain version.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>The plain version.</p>\r\n--b--\r\n\
        --a\r\nContent-Type: application/pdf; name=\"karta.pdf\"\r\nContent-Disposition: attachment; filename=\"karta.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQF\r\n--a--\r\n"
    );
    let reading = read(mail, "x.eml");
    assert_eq!(reading.text().matches("The plain version.").count(), 1);
    assert!(
        reading.text().contains("Attachments: karta.pdf") && !reading.text().contains("AAEC"),
        "{}",
        reading.text()
    );
    assert_eq!(warned(&reading, WarningKind::SkippedAttachments), 1);
}

#[test]
fn a_mail_with_nothing_but_html_keeps_its_tables() {
    let mail = format!(
        "{HEADERS}Content-Type: text/html; charset=utf-8\r\n\r\n<table><tr><th>Item<th>Days<tr><td>Book<td>28</table>"
    );
    assert_eq!(read(mail, "x.eml").blocks().last(), Some(&(TABLE, "Item: Book; Days: 28")));
}

#[test]
fn an_attached_mail_is_read_and_mails_in_mails_end() {
    let mut mail =
        "From: a@example.org\r\nSubject: the innermost\r\n\r\nText of the innermost.\r\n"
            .to_owned();
    for depth in 0..40 {
        mail = format!(
            "From: a@example.org\r\nSubject: level {depth}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\nContent-Type: message/rfc822\r\n\r\n{mail}\r\n--b{depth}--\r\n"
        );
    }
    let reading = read(mail, "x.eml");
    assert!(
        reading.text().contains("level 39") && reading.text().contains("level 36"),
        "{}",
        reading.text()
    );
    let once = "From: a@example.org\r\nSubject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@example.org\r\nSubject: inner\r\n\r\nText of the inner one.\r\n--b--\r\n";
    assert!(read(once, "x.eml").text().contains("Text of the inner one."));
}

#[test]
fn each_mail_of_a_mailbox_is_read() {
    let mail = |subject: &str| {
        format!(
            "From eva@example.org Tue Mar  3 09:00:00 2026\nFrom: eva@example.org\nTo: bo@example.org\nSubject: {subject}\nDate: Tue, 3 Mar 2026 09:00:00 +0100\nMessage-ID: <1@example.org>\n\nText of {subject}.\n\n"
        )
    };
    let reading = read(mail("one") + &mail("two"), "x.mbox");
    assert_eq!(reading.title(), None);
    assert!(
        reading.text().contains("Text of one.") && reading.text().contains("Text of two."),
        "{}",
        reading.text()
    );
}

#[test]
fn a_saved_page_is_read_as_the_page() {
    let page = "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/\r\nSubject: The road\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"text/html\"; boundary=\"x\"\r\n\r\n\
        --x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><title>The road</title><h1>V=C3=A4gen</h1><p>St=C3=A4ngs i maj.</p>\r\n--x\r\nContent-Type: image/png\r\nContent-Location: a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";
    let reading = read(page, "x.mht");
    assert_eq!(reading.blocks(), [(H1, "Vägen"), (P, "Stängs i maj.")]);
    assert_eq!(reading.title(), Some("The road"));
}

#[test]
fn texts_that_look_like_mail_at_first_stay_texts() {
    let format = |text: &str, name: &str| extract::detect(text.as_bytes(), name, None).unwrap();
    assert_eq!(format("Note: buy milk\n\nTo: do\n", "x"), Format::Text);
    assert_eq!(format("From: Eva\nTo: Bo\nSubject: x\n\nHello\n", "x.txt"), Format::Text);
    assert_eq!(format("title: x\ndate: y\n", "x.md"), Format::Markdown);
    assert_eq!(format("From,To,Date\na,b,c\n", "x.csv"), Format::Csv);
    assert_eq!(format("From: a@b\nSubject: x\n\nHello\n", "x.eml"), Format::Mail);
    assert_eq!(format("Received: from a\nFrom: a@b\nSubject: x\n\nHello\n", "x.txt"), Format::Mail);
}

#[test]
fn an_empty_mail_holds_no_text() {
    assert_eq!(
        read("MIME-Version: 1.0\r\nReceived: x\r\nContent-Type: text/plain\r\n\r\n  \r\n", "x.eml")
            .code(),
        Code::NoText
    );
}
