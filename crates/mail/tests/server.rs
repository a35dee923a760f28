//! An SMTP server on loopback: the dialogue of RFC 5321, with replies that a test chooses.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

/// What a client sent.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ReceivedEmail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) data: String,
    /// Every line of the client, in clear.
    pub(crate) lines: Vec<String>,
}

/// Starts the server; returns the port and the received mails. `rcpt` is the reply to each
/// recipient.
pub(crate) async fn start(rcpt: &'static str) -> (u16, UnboundedReceiver<ReceivedEmail>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut received = ReceivedEmail::default();
            write.write_all(b"220 test ESMTP\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                received.lines.push(line.clone());
                let answer = match line.split([' ', ':']).next().unwrap().to_uppercase().as_str() {
                    "EHLO" => "250-test\r\n250 8BITMIME\r\n".to_owned(),
                    "MAIL" => {
                        received.from = line;
                        "250 ok\r\n".to_owned()
                    }
                    "RCPT" => {
                        received.to.push(line);
                        format!("{rcpt}\r\n")
                    }
                    "DATA" => {
                        write.write_all(b"354 go on\r\n").await.unwrap();
                        while let Some(line) = lines.next_line().await.unwrap() {
                            if line == "." {
                                break;
                            }
                            received.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                            received.data.push('\n');
                        }
                        "250 queued\r\n".to_owned()
                    }
                    "QUIT" => {
                        write.write_all(b"221 bye\r\n").await.unwrap();
                        break;
                    }
                    _ => "502 not here\r\n".to_owned(),
                };
                write.write_all(answer.as_bytes()).await.unwrap();
            }
            let _ = sender.send(received);
        }
    });
    (port, receiver)
}
