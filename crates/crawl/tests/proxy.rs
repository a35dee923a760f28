//! The proxy of a rendered page: what its browser reaches through it, and what not.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crawl::{Proxy, ProxyLimits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::{Names, Reply, Site, page};

const LIMITS: ProxyLimits = ProxyLimits { bytes: 1 << 20, connections: 20 };
const LISTED: &str = "127.0.0.1";
const PUBLIC: &str = "93.184.216.34";

/// A proxy for a page that came from `from`.
async fn proxy(site: &Site, from: &str, limits: ProxyLimits) -> Proxy {
    let names = [("site.test", "127.0.0.1"), ("inside.test", "127.0.0.2")];
    let fetcher = site.fetcher_with(|options| options.resolver = Arc::new(Names::of(&names)));
    let from: IpAddr = from.parse().unwrap();
    fetcher.proxy(from, "secret", limits).await.unwrap()
}

/// Sends a request line with the password; what comes until the connection ends.
async fn asked(proxy: &Proxy, line: &str) -> String {
    let credentials = STANDARD.encode(format!("{}:secret", proxy.user()));
    send(proxy, &format!("{line}\r\nProxy-Authorization: Basic {credentials}\r\n")).await
}

async fn send(proxy: &Proxy, head: &str) -> String {
    let address = proxy.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{head}Host: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

#[tokio::test]
async fn a_page_of_a_listed_network_reaches_listed_networks_only() {
    let site = Site::start(|_| page("inside")).await;
    let proxy = proxy(&site, LISTED, LIMITS).await;
    let at = |host: &str| format!("GET http://{host}:{}/a?utm_source=x HTTP/1.1", site.port);
    let answer = asked(&proxy, &at("site.test")).await;
    assert!(status(&answer) == "200" && answer.ends_with("inside"), "{answer}");
    assert_eq!(site.asked()[0].path, "/a?utm_source=x", "as the browser asks");
    for line in [at("inside.test"), at("127.0.0.2"), at("[::1]"), at("8.8.8.8"), at("127.2")] {
        assert_eq!(status(&asked(&proxy, &line).await), "403", "{line}");
    }
    assert_eq!(site.connections(), 1);
}

#[tokio::test]
async fn a_page_of_the_internet_reaches_no_listed_network() {
    let site = Site::start(|_| page("inside")).await;
    let proxy = proxy(&site, PUBLIC, LIMITS).await;
    for host in ["site.test", "127.0.0.1", "2130706433"] {
        let (get, connect) = (
            format!("GET http://{host}:{}/ HTTP/1.1", site.port),
            format!("CONNECT {host}:{} HTTP/1.1", site.port),
        );
        for line in [get, connect] {
            assert_eq!(status(&asked(&proxy, &line).await), "403", "{line}");
        }
    }
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn other_ports_other_methods_and_other_clients_are_refused() {
    let site = Site::start(|_| page("inside")).await;
    let proxy = proxy(&site, LISTED, LIMITS).await;
    for line in ["CONNECT site.test:22 HTTP/1.1", "GET http://site.test:6379/ HTTP/1.1"] {
        assert_eq!(status(&asked(&proxy, line).await), "403", "{line}");
    }
    let at = format!("http://site.test:{}/", site.port);
    assert_eq!(status(&asked(&proxy, &format!("POST {at} HTTP/1.1")).await), "405");
    assert_eq!(status(&send(&proxy, &format!("GET {at} HTTP/1.1\r\n")).await), "407");
    assert_eq!(site.connections(), 0);
}

#[tokio::test]
async fn a_page_costs_as_many_bytes_as_it_may() {
    let site =
        Site::start(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 64 << 10]))
            .await;
    let proxy = proxy(&site, LISTED, LIMITS).await;
    let answer = asked(&proxy, &format!("GET http://site.test:{}/ HTTP/1.1", site.port)).await;
    // With the head, and the lengths of pieces.
    assert!(answer.len() < (1 << 20) + (8 << 10), "{}", answer.len());
    assert!(proxy.bytes() > 1 << 20);
}

#[tokio::test]
async fn a_tunnel_ends_with_its_proxy() {
    let site = Site::start(|_| Reply::Hang(b"a byte".to_vec())).await;
    let proxy = proxy(&site, LISTED, LIMITS).await;
    let mut stream = TcpStream::connect(proxy.url().replace("http://", "")).await.unwrap();
    let credentials = STANDARD.encode(format!("{}:secret", proxy.user()));
    let connect = format!(
        "CONNECT site.test:{} HTTP/1.1\r\nProxy-Authorization: Basic {credentials}\r\n\r\n",
        site.port
    );
    stream.write_all(connect.as_bytes()).await.unwrap();
    let mut head = vec![0; 1024];
    let read = stream.read(&mut head).await.unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&head[..read])), "200");
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(stream.read(&mut head).await.unwrap() > 0);
    drop(proxy);
    assert!(matches!(stream.read(&mut head).await, Ok(0) | Err(_)));
}
