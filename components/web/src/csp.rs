//! The Content-Security-Policy of a page: our own files, and exactly the inline scripts in it.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

/// The policy of a page.
pub(crate) fn policy(page: &str) -> String {
    let mut scripts = String::new();
    for script in inline_scripts(page) {
        let _ = write!(scripts, " 'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script)));
    }
    format!(
        "default-src 'self'; script-src 'self'{scripts}; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The page that draws diagrams of answers inside a frame.
const DIAGRAM_FRAME: &str = "frames/diagram.html";

/// The policy of a file that is a page of its own.
///
/// A diagram's text is untrusted and its engine is large, so its page is a sandbox also if it is
/// opened outside of our frame: no origin, so no cookies, storage or API; no network but our
/// scripts and styles; no frame of another site around it. The engine writes styles into its
/// drawing, which only this page allows.
pub(crate) fn of_file(path: &str) -> Option<&'static str> {
    (path == DIAGRAM_FRAME).then_some(
        "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    )
}

/// The bodies of the inline scripts of a page that we built ourselves.
fn inline_scripts(page: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = page;
    while let Some((_, tag_on)) = rest.split_once("<script") {
        let Some((attributes, body_on)) = tag_on.split_once('>') else { break };
        let Some((body, after)) = body_on.split_once("</script>") else { break };
        if !attributes.contains("src=") && !body.is_empty() {
            out.push(body);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{of_file, policy};

    #[test]
    fn the_page_of_diagrams_is_a_sandbox_without_an_origin() {
        let policy = of_file("frames/diagram.html").unwrap();
        let directives: Vec<&str> = policy.split("; ").collect();
        assert!(directives.contains(&"sandbox allow-scripts"), "{policy}");
        assert!(
            directives.contains(&"default-src 'none'")
                && directives.contains(&"frame-ancestors 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("connect-src") && !policy.contains("unsafe-eval"), "{policy}");
    }

    #[test]
    fn no_other_file_has_a_policy_of_its_own() {
        assert_eq!(of_file("theme.js"), None);
        assert_eq!(of_file("frames/diagram.js"), None);
    }

    #[test]
    fn every_inline_script_of_the_page_is_allowed_by_its_hash_and_no_other() {
        let page = "<html><script src=\"/a.js\"></script><script>alert(1)</script></html>";
        let policy = policy(page);
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert!(
            policy.contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"),
            "{policy}"
        );
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"));
        assert_eq!(policy.matches("sha256-").count(), 1);
    }
}
