//! Well-formed forms of browsers, and malformed ones.

use super::*;
use proptest::prelude::*;

fn read(boundary: &str, pieces: &[&[u8]]) -> Result<Vec<FormEvent>> {
    let mut reader = FormReader::new(boundary);
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(reader.push(piece)?);
    }
    reader.finish()?;
    Ok(events)
}

/// File name and content of the file.
fn file(boundary: &str, pieces: &[&[u8]]) -> Result<(String, Vec<u8>)> {
    let (mut name, mut content) = (None, Vec::new());
    for event in read(boundary, pieces)? {
        match event {
            FormEvent::File(found) => name = Some(found),
            FormEvent::Data(bytes) => content.extend_from_slice(&bytes),
            FormEvent::Field(..) => panic!("fields are skipped"),
            FormEvent::End => return Ok((name.unwrap(), content)),
        }
    }
    panic!("a form that is complete has an end")
}

fn part(headers: &str, content: &str) -> String {
    format!("--b\r\n{headers}\r\n\r\n{content}\r\n")
}

const FILE: &str =
    "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain";
const OTHER: &str = "Content-Disposition: form-data; name=\"other\"";

#[test]
fn the_file_is_emitted_among_other_fields() {
    for (before, after) in [
        (String::new(), String::new()),
        ("a preamble\r\n".to_owned(), "an epilogue".to_owned()),
        (part(OTHER, "1") + &part("X-Empty: yes", ""), String::new()),
    ] {
        let body = format!("{before}{}--b--\r\n{after}", part(FILE, "one\r\n--two\r\n\r\n--"));
        let (name, content) = file("b", &[body.as_bytes()]).unwrap();
        assert_eq!(
            (name.as_str(), content.as_slice()),
            ("a.txt", &b"one\r\n--two\r\n\r\n--"[..]),
            "{body}"
        );
    }
    let body = part(FILE, "x") + &part(OTHER, "behind it") + "--b--";
    assert_eq!(file("b", &[body.as_bytes()]).unwrap().1, b"x");
    let empty = format!("--b\r\n{FILE}\r\n\r\n\r\n--b--");
    assert_eq!(file("b", &[empty.as_bytes()]).unwrap().1, b"");
}

/// Fields that are collected, and the bytes of the file.
fn fields(body: &[u8], size: usize) -> Result<(Vec<(String, String)>, usize)> {
    let mut reader = FormReader::with_fields("b");
    let (mut found, mut bytes) = (Vec::new(), 0);
    for piece in body.chunks(size) {
        for event in reader.push(piece)? {
            match event {
                FormEvent::Field(name, value) => found.push((name, value)),
                FormEvent::Data(data) => bytes += data.len(),
                FormEvent::File(_) | FormEvent::End => {}
            }
        }
    }
    reader.finish()?;
    Ok((found, bytes))
}

#[test]
fn other_fields_are_collected_on_request_before_and_after_the_file() {
    let empty = "Content-Disposition: form-data; name=\"empty\"";
    let body = part(OTHER, "å\r\n--c") + &part(FILE, "x") + &part(empty, "") + "--b--";
    let expected = [("other", "å\r\n--c"), ("empty", "")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for size in [1, 3, usize::MAX] {
        assert_eq!(fields(body.as_bytes(), size), Ok((expected.to_vec(), 1)), "pieces of {size}");
    }
    let broken = [part(FILE, "x").as_bytes(), part(OTHER, "?").as_bytes(), b"--b--"].concat();
    let broken = broken.iter().map(|byte| if *byte == b'?' { 0xFF } else { *byte });
    assert_eq!(fields(&broken.collect::<Vec<_>>(), 9).unwrap_err().code, Code::InvalidBody);
}

#[test]
fn what_is_collected_has_the_bound_of_what_is_skipped() {
    let of = |length: usize| part(OTHER, &"x".repeat(length)) + &part(FILE, "x") + "--b--";
    let around = "--b\r\n".len() + OTHER.len() + 4 + "\r\n--b\r\n".len() + FILE.len() + 2;
    let most = OUTSIDE_LIMIT - around - 2;
    assert!(fields(of(most - 100).as_bytes(), 999).is_ok());
    assert_eq!(fields(of(most + 100).as_bytes(), 999).unwrap_err().code, Code::InvalidBody);
}

#[test]
fn frames_of_any_size_give_the_same_file() {
    let body =
        format!("x\r\n{}{}--b--\r\n", part(OTHER, "\r\n--"), part(FILE, "a\r\n--\r\n-\r\n--a\r"));
    let body = body.as_bytes();
    let whole = file("b", &[body]).unwrap();
    assert_eq!(whole.1, b"a\r\n--\r\n-\r\n--a\r");
    for cut in 0..=body.len() {
        let (a, b) = body.split_at(cut);
        assert_eq!(file("b", &[a, b]).as_ref(), Ok(&whole), "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(file("b", &bytes), Ok(whole));
}

#[test]
fn names_are_read_as_browsers_and_curl_write_them() {
    for (disposition, expected) in [
        (r#"form-data; name="file"; filename="a;b=c.txt""#, "a;b=c.txt"),
        (r#"form-data; name="file"; filename="a \"b\".txt""#, "a \"b\".txt"),
        (r#"form-data; name="file"; filename="C:\åäö\x.txt""#, r"C:\åäö\x.txt"),
        (r#"form-data;name=file;filename=plain.txt"#, "plain.txt"),
        (
            r#"form-data; name="file"; filename="x"; filename*=UTF-8''na%C3%AFve%20+.txt"#,
            "naïve +.txt",
        ),
        (r#"form-data; name="file"; filename="x"; filename*=latin1''%E5"#, "x"),
        (r#"form-data; name="file""#, ""),
        (r#"form-data; name="file"; filename="open"#, "open"),
    ] {
        let body = part(&format!("content-disposition:{disposition}"), "x") + "--b--";
        assert_eq!(file("b", &[body.as_bytes()]).unwrap().0, expected, "{disposition}");
    }
}

#[test]
fn a_boundary_is_read_with_and_without_quotes() {
    assert_eq!(boundary("multipart/form-data; boundary=abc").unwrap(), "abc");
    assert_eq!(
        boundary("multipart/form-data; charset=utf-8; Boundary=\"a b;c\"").unwrap(),
        "a b;c"
    );
    assert_eq!(
        boundary(&format!("multipart/form-data; boundary={}", "b".repeat(70))).unwrap().len(),
        70
    );
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    for bad in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"",
        &long,
    ] {
        assert_eq!(boundary(bad).map_err(|p| p.code), Err(Code::InvalidHeader), "{bad}");
    }
}

#[test]
fn before_the_file_64_kib_pass_and_one_byte_more_does_not() {
    let rest = part(FILE, "x") + "--b--";
    let head = rest.find("\r\n\r\nx").unwrap() + 4;
    // The line break that the parser adds before the first delimiter counts too.
    let preamble = OUTSIDE_LIMIT - head - 2;
    for (length, passes) in [(preamble - 2, true), (preamble - 1, false)] {
        let body = "p".repeat(length) + "\r\n" + &rest;
        assert_eq!(file("b", &[body.as_bytes()]).is_ok(), passes, "{length}");
        let field = part(OTHER, &"f".repeat(length - part(OTHER, "").len() + 2));
        let body = field + &rest;
        assert_eq!(file("b", &[body.as_bytes()]).is_ok(), passes, "a field, {length}");
    }
}

#[test]
fn after_the_file_64_kib_pass_and_one_byte_more_does_not() {
    // The line that begins the field, its headers, and the delimiter after it.
    let around = "\r\n".len() + OTHER.len() + "\r\n\r\n".len() + "\r\n--b".len();
    for (length, passes) in [(OUTSIDE_LIMIT - around, true), (OUTSIDE_LIMIT - around + 1, false)] {
        let body = part(FILE, "x") + &part(OTHER, &"f".repeat(length)) + "--b--";
        assert_eq!(file("b", &[body.as_bytes()]).is_ok(), passes, "{length}");
    }
}

#[test]
fn the_headers_of_a_part_have_at_most_8_kib() {
    let fixed = "\r\n".len() + FILE.len() + "\r\nX: ".len() + "\r\n\r\n".len();
    for (length, passes) in [(HEADER_LIMIT - fixed, true), (HEADER_LIMIT - fixed + 1, false)] {
        let body = part(&format!("{FILE}\r\nX: {}", "x".repeat(length)), "content") + "--b--";
        assert_eq!(file("b", &[body.as_bytes()]).is_ok(), passes, "{length}");
    }
}

#[test]
fn an_endless_stream_is_refused_before_it_fills_the_memory() {
    for endless in ["x", "\r\n", "--", "\r\n--b", "--b\r\nA: b\r\n", "--b \t"] {
        let mut reader = FormReader::new("b");
        let (mut sent, piece) = (0, endless.repeat(16 << 10));
        let refused = loop {
            match reader.push(piece.as_bytes()) {
                Ok(events) => assert_eq!(events, []),
                Err(problem) => break problem,
            }
            sent += piece.len();
            assert!(
                sent <= 4 * OUTSIDE_LIMIT && reader.buffer.len() <= HEADER_LIMIT,
                "{endless:?}: {sent}"
            );
        };
        assert_eq!(refused.code, Code::InvalidBody, "{endless:?}");
    }
}

#[test]
fn an_incomplete_form_or_one_without_exactly_one_file_is_refused() {
    let whole = part(FILE, "x") + "--b--";
    for cut in 0..whole.len() - 1 {
        assert!(file("b", &[&whole.as_bytes()[..cut]]).is_err(), "{cut}");
    }
    let none = part(OTHER, "x") + "--b--";
    assert_eq!(file("b", &[none.as_bytes()]).unwrap_err().fields[0].pointer, "/file");
    let two = part(FILE, "x") + &part(FILE, "y") + "--b--";
    assert_eq!(file("b", &[two.as_bytes()]).unwrap_err().code, Code::InvalidBody);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_content_is_emitted_unchanged(content in "(\r|\n|-|b|--b|\r\n|\r\n-|[a-zåäö]){0,80}", cut in 1_usize..40) {
        prop_assume!(!content.contains("\r\n--b"));
        let body = part(FILE, &content) + "--b--";
        let pieces: Vec<&[u8]> = body.as_bytes().chunks(cut).collect();
        prop_assert_eq!(file("b", &pieces).map(|f| f.1), Ok(content.into_bytes()));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 1_usize..40) {
        let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
        let _ = read("b", &pieces);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (boundary(&text), disposition(&text));
    }
}
