//! Reasons in words.

use crawl::{BlockReason, FailReason};
use queue::Failure;

/// A failure without a hint.
pub(super) fn failure(code: &str, detail: impl Into<String>) -> Failure {
    Failure { code: code.to_owned(), detail: detail.into(), hint: None }
}

/// Why a URL was not fetched.
pub(super) fn blocked(reason: BlockReason) -> Failure {
    let detail = match reason {
        BlockReason::Scheme => "it leads to an address that is neither http nor https",
        BlockReason::Port => "its port is none that the operator allows",
        BlockReason::Address => {
            "its host is not on the public internet, nor in a network that the operator allows"
        }
        BlockReason::Robots => "robots.txt keeps crawlers off it",
        BlockReason::RobotsUnreachable => {
            "robots.txt of its host did not answer, which forbids everything"
        }
        BlockReason::HostLimit => {
            "the website has more hosts than a run may have, or their rules are too long; what is on further hosts was left out"
        }
        BlockReason::Scope(_) => "it leads out of the website, or to what the settings exclude",
    };
    failure(reason.code(), detail)
}

/// Why a page that asks for a password is not taken.
pub(super) fn sign_in() -> Failure {
    failure("sign_in_required", "it asks for a password instead of showing its text")
}

/// Why a request failed.
pub(super) fn failed(reason: FailReason) -> Failure {
    let detail = match reason {
        FailReason::Dns => "its host has no address".to_owned(),
        FailReason::Connect => "its host takes no connection".to_owned(),
        FailReason::ConnectTimeout => "its host did not take the connection in time".to_owned(),
        FailReason::Tls => "its host has no certificate that is valid for it".to_owned(),
        FailReason::Timeout => "it did not come in time".to_owned(),
        FailReason::TooLarge => "it is larger than the settings allow".to_owned(),
        FailReason::CompressionBomb => {
            "it grows far beyond what was sent when it is unpacked".to_owned()
        }
        FailReason::HeadTooLarge => "the head of the response is too large".to_owned(),
        FailReason::BrokenResponse => "the response broke off, or is no HTTP".to_owned(),
        FailReason::UnsupportedEncoding => "it is packed in a way that was not offered".to_owned(),
        FailReason::TooManyRedirects => "it redirects too often".to_owned(),
        FailReason::RedirectLoop => "it redirects to itself".to_owned(),
        FailReason::BadRedirect => "it redirects to no address".to_owned(),
        FailReason::BadCredentials => {
            "the website's credentials cannot be sent as they are".to_owned()
        }
        FailReason::InvalidUrl => "its address is none".to_owned(),
        FailReason::Unauthorized => "it wants other credentials, or some (status 401)".to_owned(),
        FailReason::Forbidden => "its server refuses it (status 403)".to_owned(),
        FailReason::ClientError(status)
        | FailReason::ServerError(status)
        | FailReason::UnexpectedStatus(status) => {
            format!("its server answered with status {status}")
        }
    };
    failure(reason.code(), detail)
}
