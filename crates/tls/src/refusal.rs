//! What a failed handshake means, and what to do about it.

use std::error::Error;
use std::io;

use rustls::CertificateError;

use crate::Authorities;

/// What to do about a server that answers without TLS.
pub(crate) const PLAIN: &str = "does it speak TLS on this port? Switch TLS on at the server, or name \
    its port for TLS";

/// The reason of a handshake that `error` reports, beneath any number of other errors; None if it
/// reports no handshake. What was expected, what came, what to do.
#[must_use]
pub fn explain(
    error: &(dyn Error + 'static),
    host: &str,
    authorities: &Authorities,
) -> Option<String> {
    let Some(refused) = rustls_error(error) else {
        let sqlx::Error::Tls(reason) = error.downcast_ref()? else { return None };
        return Some(format!("expected TLS with {host}, got: {reason}; {PLAIN}"));
    };
    let variable = authorities.variable();
    let expected = match authorities.file() {
        Some(file) => format!("of a public authority or one in {}", file.display()),
        None => "of a public authority".to_owned(),
    };
    let advice = match refused {
        rustls::Error::InvalidCertificate(reason) => advice(reason, variable),
        _ => PLAIN.to_owned(),
    };
    Some(format!("expected a certificate for the name {host} {expected}, got: {refused}; {advice}"))
}

fn advice(reason: &CertificateError, variable: &str) -> String {
    match reason {
        // The latter where another authority has the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "put the certificate of the server's authority (PEM) into the file that {variable} names"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "connect by a name that the certificate has".to_owned()
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "renew the certificate of the server, and compare the clocks".to_owned()
        }
        _ => "give the server a certificate of its own with its name (subjectAltName), signed by \
              an authority"
            .to_owned(),
    }
}

/// The first error of rustls in the chain. An I/O error hides what it carries from `source`.
fn rustls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(carried) => Some(carried),
            None => error.source(),
        };
    }
    None
}
