//! Requests that a hostile page or owner would like the crawler to send into the network around it.

use std::sync::Arc;

use crawl::{
    AllowedNetworks, BlockReason, FetchOptions, FetchRequest, Fetcher, Outcome, PageUrl, is_global,
};

use crate::site::{Names, Site, page, redirect, taken};

/// A fetcher with the rules of production.
fn in_production() -> Fetcher {
    Fetcher::new(FetchOptions::new("TesseraBot/1.0")).unwrap()
}

/// What it makes of an address.
async fn asked(fetcher: &Fetcher, url: &str) -> Outcome {
    fetcher.fetch(&FetchRequest::new(&PageUrl::parse(url).unwrap())).await
}

#[tokio::test]
async fn every_notation_of_a_private_address_is_blocked() {
    let fetcher = in_production();
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://127.0.0.1./",
        "http://１２７.０.０.１/",
        "http://0/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2002:a00:1::]/",
        "http://[2001:0:a00:1::]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://[fec0::1]/",
        "https://localhost/",
    ] {
        assert_eq!(asked(&fetcher, url).await, Outcome::Blocked(BlockReason::Address), "{url}");
    }
}

#[tokio::test]
async fn other_ports_are_blocked() {
    let fetcher = in_production();
    for url in ["http://example.org:22/", "https://example.org:6379/", "http://example.org:8080/"] {
        assert_eq!(asked(&fetcher, url).await, Outcome::Blocked(BlockReason::Port), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_blocked() {
    for address in
        ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::ffff:192.168.0.1", "93.184.216.34,10.0.0.1"]
    {
        let mut options = FetchOptions::new("TesseraBot/1.0");
        options.resolver = Arc::new(Names::of(&[("evil.test", address)]));
        let url = PageUrl::parse("http://evil.test/").unwrap();
        let outcome = Fetcher::new(options).unwrap().fetch(&FetchRequest::new(&url)).await;
        assert_eq!(outcome, Outcome::Blocked(BlockReason::Address), "{address}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_asked_once_a_connection() {
    let site = Site::start(|_| page("inside")).await;
    // Allowed when it is checked first; another address, which is not listed, the next time.
    let fetcher = site.fetcher_with(|options| {
        options.resolver = Arc::new(Names::rebinding("evil.test", &["127.0.0.1", "127.0.0.2"]));
    });
    let url = site.at("evil.test", "/");
    assert_eq!(taken(fetcher.fetch(&FetchRequest::new(&url)).await).body.as_ref(), b"inside");
    let fresh = site.fetcher_with(|options| {
        options.resolver = Arc::new(Names::rebinding("evil.test", &["127.0.0.2", "127.0.0.1"]));
    });
    assert_eq!(fresh.fetch(&FetchRequest::new(&url)).await, Outcome::Blocked(BlockReason::Address));
}

#[tokio::test]
async fn a_redirect_into_the_network_is_not_followed() {
    let site = Site::start(|asked| redirect(asked.path.split_once("to=").unwrap().1)).await;
    for (target, reason) in [
        ("http://2130706434/", BlockReason::Address),
        ("http://[::ffff:10.0.0.1]/", BlockReason::Address),
        ("http://169.254.169.254/", BlockReason::Address),
        ("//10.0.0.1/", BlockReason::Address),
        ("http://site.test:6379/", BlockReason::Port),
        ("file:///etc/passwd", BlockReason::Scheme),
        ("gopher://site.test/", BlockReason::Scheme),
        ("javascript:alert(1)", BlockReason::Scheme),
    ] {
        assert_eq!(site.get(&format!("/?to={target}")).await, Outcome::Blocked(reason), "{target}");
    }
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    // Nothing in the crate reads the environment; the source says so better than a run with one
    // variable set.
    let sources = std::fs::read_dir(format!("{}/src/fetch", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for source in sources.map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&source).unwrap();
        assert!(!text.contains("std::env") && !text.contains("env::var"), "{}", source.display());
    }
}

#[test]
fn only_globally_routable_addresses_are_global() {
    for address in [
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.255.0.1",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::1.1.1.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:0808:0808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2a00:1450::5efe:10.0.0.1",
    ] {
        assert!(!is_global(address.parse().unwrap()), "{address}");
    }
    for address in [
        "1.1.1.1",
        "93.184.216.34",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "2a00:1450:400f::1",
    ] {
        assert!(is_global(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn an_operator_opens_what_is_listed_and_no_more() {
    let networks = AllowedNetworks::parse("10.20.0.0/16, fd12::/16, 192.168.7.7").unwrap();
    for address in ["10.20.1.1", "192.168.7.7", "fd12::5", "::ffff:10.20.1.1", "1.1.1.1"] {
        assert!(networks.may_dial(address.parse().unwrap()), "{address}");
    }
    for address in [
        "10.21.0.1",
        "192.168.7.8",
        "127.0.0.1",
        "::ffff:10.21.0.1",
        "fd13::1",
        "64:ff9b::10.20.0.1",
    ] {
        assert!(!networks.may_dial(address.parse().unwrap()), "{address}");
    }
    assert!(AllowedNetworks::parse("intranet").unwrap_err().contains("10.20.0.0/16"));
}

#[test]
fn a_wide_network_does_not_open_the_metadata_of_a_cloud() {
    let wide = AllowedNetworks::parse("0.0.0.0/0,::/0").unwrap();
    assert!(wide.may_dial("10.0.0.1".parse().unwrap()));
    for address in [
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "168.63.129.16",
    ] {
        assert!(!wide.may_dial(address.parse().unwrap()), "{address}");
    }
    assert!(
        AllowedNetworks::parse("169.254.169.254")
            .unwrap()
            .may_dial("169.254.169.254".parse().unwrap())
    );
}
