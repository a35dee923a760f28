//! Why a provider was not reached, derived from the host's error of a connection. Pure.

use crate::{ErrorKind, ProviderError};

/// Why there was no connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransportFault {
    /// The name has no address.
    Dns,
    /// The certificate is not valid for this host, or no known authority signed it.
    Certificate,
    /// TLS failed otherwise: the server may speak plain http.
    Tls,
    /// Every address of the name is in a network that may not be reached.
    PrivateNetwork,
    /// The host is not among those that the installation may reach.
    NotAllowed,
    /// No server listens there.
    Refused,
    /// No answer in time.
    TimedOut,
    /// Something else.
    Other,
}

/// The words of hosts and clients for each fault; the first that fits counts.
const WORDS: &[(TransportFault, &[&str])] = &[
    (TransportFault::PrivateNetwork, &["DestinationIpProhibited"]),
    (TransportFault::NotAllowed, &["HttpRequestDenied"]),
    (
        TransportFault::Dns,
        &["DnsError", "DnsTimeout", "DestinationNotFound", "dns error", "failed to lookup"],
    ),
    (TransportFault::Certificate, &["TlsCertificateError", "invalid peer certificate"]),
    (TransportFault::Tls, &["Tls", "HandshakeFailure", "InvalidContentType", "corrupt message"]),
    (TransportFault::Refused, &["ConnectionRefused", "Connection refused"]),
    (TransportFault::TimedOut, &["Timeout", "no answer in time", "timed out"]),
];

impl TransportFault {
    /// The fault that a cause names.
    #[must_use]
    pub fn of(cause: &str) -> Self {
        let named = WORDS.iter().find(|(_, words)| words.iter().any(|word| cause.contains(word)));
        named.map_or(Self::Other, |(fault, _)| *fault)
    }

    /// What an administrator does about it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Dns => {
                "the host name of the address has no entry in DNS; check the address for a typing error"
            }
            Self::Certificate => {
                "the server's certificate is not valid for this host name, or its authority is not known; check the address, or the server's certificate"
            }
            Self::Tls => "the server does not speak TLS at this address; check scheme and port",
            Self::PrivateNetwork => {
                "the host name leads into a private network, which is blocked; ask the operator to list the host in model_hosts"
            }
            Self::NotAllowed => {
                "this installation may not reach the host; ask the operator to list it in model_hosts"
            }
            Self::Refused => {
                "no server listens at this address; check host and port, and whether the server runs"
            }
            Self::TimedOut => "the server did not answer in time; check the address, or try again",
            Self::Other => "there was no connection to the server; check the address, or try again",
        }
    }
}

/// A failure without an answer. `cause`: the host's words, for the log.
#[must_use]
pub fn transport_error(cause: &str) -> ProviderError {
    let fault = TransportFault::of(cause);
    let kind =
        if fault == TransportFault::TimedOut { ErrorKind::Timeout } else { ErrorKind::Connection };
    ProviderError::new(kind, fault.advice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_both_hosts_are_known() {
        for (cause, fault) in [
            (
                "ErrorCode::DnsError(DnsErrorPayload { rcode: Some(\"address not available\") })",
                TransportFault::Dns,
            ),
            (
                "client error (Connect): dns error: failed to lookup address information",
                TransportFault::Dns,
            ),
            ("ErrorCode::TlsCertificateError", TransportFault::Certificate),
            ("invalid peer certificate: NotValidForName", TransportFault::Certificate),
            ("ErrorCode::TlsProtocolError", TransportFault::Tls),
            ("ErrorCode::DestinationIpProhibited", TransportFault::PrivateNetwork),
            ("ErrorCode::HttpRequestDenied", TransportFault::NotAllowed),
            ("tcp connect error: Connection refused (os error 111)", TransportFault::Refused),
            ("ErrorCode::ConnectionReadTimeout", TransportFault::TimedOut),
            ("ErrorCode::HttpProtocolError", TransportFault::Other),
        ] {
            assert_eq!(TransportFault::of(cause), fault, "{cause}");
        }
    }

    #[test]
    fn the_hosts_words_stay_out_of_the_message() {
        let error = transport_error(
            "error sending request for https://api.example.org/?key=sk-1: Connection refused",
        );
        assert!(error.kind == ErrorKind::Connection && !error.message.contains("sk-1"), "{error}");
    }
}
