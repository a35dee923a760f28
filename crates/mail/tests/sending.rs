//! An email is delivered as it was written, or the failure says whether to retry.

use std::os::unix::fs::PermissionsExt as _;

use mail::{Email, Failure, Mailer};

use crate::server;

const FROM: &str = "Tessera <noreply@example.org>";

fn mail() -> Email {
    Email {
        to: "eva@example.org".to_owned(),
        name: "Eva Åkerlund".to_owned(),
        subject: "New password for Example".to_owned(),
        text: "Choose one here:\n\nhttps://tessera.example/reset#0123456789abcdef\n\n.\nBye\n"
            .to_owned(),
    }
}

#[tokio::test]
async fn the_server_receives_the_complete_mail() {
    let (port, mut received) = server::start("250 ok").await;
    Mailer::smtp(FROM, &format!("smtp://127.0.0.1:{port}")).unwrap().send(&mail()).await.unwrap();
    let received = received.recv().await.unwrap();
    assert!(received.from.contains("<noreply@example.org>"), "{received:?}");
    assert_eq!(received.to.len(), 1);
    assert!(received.to[0].contains("<eva@example.org>"), "{received:?}");
    assert!(received.data.contains("Subject: New password for Example"), "{}", received.data);
    assert!(
        received.data.contains("https://tessera.example/reset#0123456789abcdef\n\n.\nBye\n"),
        "{}",
        received.data
    );
}

#[tokio::test]
async fn an_unknown_mailbox_is_final_and_a_busy_one_is_not() {
    let (port, _received) = server::start("550 no such mailbox").await;
    let sent = Mailer::smtp(FROM, &format!("smtp://127.0.0.1:{port}")).unwrap().send(&mail()).await;
    assert!(
        matches!(&sent, Err(Failure::Refused(why)) if why.contains("no such mailbox")),
        "{sent:?}"
    );
    let (port, _received) = server::start("451 try later").await;
    let sent = Mailer::smtp(FROM, &format!("smtp://127.0.0.1:{port}")).unwrap().send(&mail()).await;
    assert!(matches!(sent, Err(Failure::Transient(_))), "{sent:?}");
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let sent = Mailer::smtp(FROM, &format!("smtp://127.0.0.1:{gone}")).unwrap().send(&mail()).await;
    assert!(matches!(sent, Err(Failure::Transient(_))), "{sent:?}");
}

#[tokio::test]
async fn an_answer_of_a_server_has_lines_of_1000_bytes_and_no_byte_more() {
    for (length, arrives) in [(1_000, true), (1_001, false)] {
        let line: &'static str = format!("250 {}", "x".repeat(length - "250 \r\n".len())).leak();
        let (port, _received) = server::start(line).await;
        let sent =
            Mailer::smtp(FROM, &format!("smtp://127.0.0.1:{port}")).unwrap().send(&mail()).await;
        assert_eq!(sent.is_ok(), arrives, "{length}: {sent:?}");
    }
}

#[tokio::test]
async fn a_server_without_encryption_gets_nothing_if_encryption_is_required() {
    let (port, mut received) = server::start("250 ok").await;
    let url = format!("smtp://user:hemligt@127.0.0.1:{port}?tls=required");
    let sent = Mailer::smtp(FROM, &url).unwrap().send(&mail()).await;
    assert!(
        matches!(&sent, Err(Failure::Transient(problem)) if !problem.to_string().contains("hemligt")),
        "{sent:?}"
    );
    let received = received.recv().await.unwrap();
    assert!(received.data.is_empty() && received.to.is_empty(), "{received:?}");
    assert!(!received.lines.iter().any(|line| line.starts_with("AUTH")), "{received:?}");
}

#[tokio::test]
async fn without_a_server_mails_are_files_that_only_their_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    Mailer::outbox(FROM, &outbox).unwrap().send(&mail()).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(&outbox).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    assert!(files[0].extension().is_some_and(|e| e == "eml"));
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&outbox).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(std::fs::read_to_string(&files[0]).unwrap().contains("reset#0123456789abcdef"));
}

#[test]
fn the_error_for_a_wrong_server_url_omits_its_password() {
    let problem =
        Mailer::smtp(FROM, "http://user:hemligt@mail.example.org").err().unwrap().to_string();
    assert!(problem.contains("smtp_url") && !problem.contains("hemligt"), "{problem}");
    assert!(Mailer::smtp("not an address", "smtp://127.0.0.1").is_err());
}
