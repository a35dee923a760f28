//! XChaCha20-Poly1305 with a random nonce in front of the ciphertext.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use kernel::{Problem, Result};
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// A key that is wiped when it is dropped.
pub(crate) type Bytes32 = Zeroizing<[u8; 32]>;

/// The associated data of a ciphertext. Lengths are included, so that no two lists of parts give
/// the same bytes.
pub(crate) fn bound_to(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = b"tessera v1".to_vec();
    for part in parts {
        out.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

pub(crate) fn encrypt(key: &Bytes32, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let nonce = platform::random::bytes::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(**key));
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: bound });
    let sealed = sealed.map_err(|_| Problem::internal("secrets: the cipher refused to encrypt"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// None if key, associated data or bytes are not those of [`encrypt`].
pub(crate) fn decrypt(key: &Bytes32, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(&Key::from(**key));
    cipher
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound })
        .ok()
        .map(Zeroizing::new)
}
