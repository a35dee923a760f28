//! Identity of an upload's content, for idempotency keys.

use knowledge::UploadName;
use sha2::{Digest, Sha256};

/// SHA-256 of name and content.
pub(crate) fn fingerprint(name: &UploadName, content_sha256: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(name.as_str());
    hash.update([0]);
    hash.update(content_sha256);
    hash.finalize().to_vec()
}
