//! The encryption of a backup file: XChaCha20-Poly1305 in the STREAM construction.
//!
//! ```text
//! "tessera-backup-1" | nonce, 19 bytes | frame | frame | … | last frame
//! frame = ciphertext of 64 KiB of the dump + tag, 16 bytes; the last one may be shorter, and is marked as the last
//! ```
//!
//! A frame that is changed, missing, moved or cut off fails the check of its tag.

use aead_stream::{DecryptorBE32, EncryptorBE32};
use anyhow::{Context, Result, bail};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The first bytes of every backup.
const MAGIC: &[u8; 16] = b"tessera-backup-1";
/// What STREAM leaves of XChaCha20's nonce of 24 bytes: the rest is its counter and the mark of the
/// last frame.
const NONCE: usize = 19;
const PLAIN_FRAME: usize = 64 << 10;
const TAG: usize = 16;

/// Encrypts `plain` to its end.
///
/// # Errors
/// What the streams said.
pub(super) async fn encrypt(
    key: &[u8; 32],
    mut plain: impl AsyncRead + Unpin,
    mut out: impl AsyncWrite + Unpin,
) -> Result<()> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce)
        .map_err(|error| anyhow::anyhow!("the system gave no random numbers: {error}"))?;
    out.write_all(MAGIC).await?;
    out.write_all(&nonce).await?;
    let mut cipher =
        EncryptorBE32::from_aead(XChaCha20Poly1305::new(&Key::from(*key)), &nonce.into());
    let mut frame = read_frame(&mut plain, PLAIN_FRAME).await?;
    loop {
        let next = read_frame(&mut plain, PLAIN_FRAME).await?;
        if next.is_empty() {
            let sealed = cipher.encrypt_last(frame.as_slice());
            out.write_all(&sealed.ok().context("the cipher refused the last frame")?).await?;
            return Ok(out.flush().await?);
        }
        let sealed = cipher.encrypt_next(frame.as_slice());
        out.write_all(
            &sealed
                .ok()
                .context("the cipher refused a frame; the dump is too large for one file")?,
        )
        .await?;
        frame = next;
    }
}

/// Decrypts `sealed` to its end. `out` must not be believed before this returns: a file that was
/// cut off shows only there.
///
/// # Errors
/// When the file is no backup, was changed, or has another key; what the streams said.
pub(super) async fn decrypt(
    key: &[u8; 32],
    mut sealed: impl AsyncRead + Unpin,
    mut out: impl AsyncWrite + Unpin,
) -> Result<()> {
    let head = read_frame(&mut sealed, MAGIC.len() + NONCE).await?;
    let nonce: [u8; NONCE] = match head.split_first_chunk() {
        Some((MAGIC, nonce)) => nonce.try_into().context("the backup ends within its head")?,
        _ => bail!("expected a file written by the command `backup`"),
    };
    let mut cipher =
        DecryptorBE32::from_aead(XChaCha20Poly1305::new(&Key::from(*key)), &nonce.into());
    let damaged =
        "the backup was changed or cut off, or the key is not the one that it was written with";
    let mut frame = read_frame(&mut sealed, PLAIN_FRAME + TAG).await?;
    loop {
        let next = read_frame(&mut sealed, PLAIN_FRAME + TAG).await?;
        if next.is_empty() {
            let plain = cipher.decrypt_last(frame.as_slice()).ok().context(damaged)?;
            out.write_all(&plain).await?;
            return Ok(out.flush().await?);
        }
        out.write_all(&cipher.decrypt_next(frame.as_slice()).ok().context(damaged)?).await?;
        frame = next;
    }
}

/// `size` bytes, or fewer if the stream ends.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin), size: usize) -> Result<Vec<u8>> {
    let mut frame = Vec::with_capacity(size);
    stream.take(size as u64).read_to_end(&mut frame).await?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];

    async fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encrypt(&KEY, plain, &mut out).await.unwrap();
        out
    }

    async fn opened(key: &[u8; 32], sealed: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        decrypt(key, sealed, &mut out).await.map(|()| out)
    }

    #[tokio::test]
    async fn what_was_encrypted_is_decrypted_at_every_length() {
        for length in [0, 1, PLAIN_FRAME - 1, PLAIN_FRAME, PLAIN_FRAME + 1, 3 * PLAIN_FRAME] {
            let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            assert_eq!(opened(&KEY, &sealed(&plain).await).await.unwrap(), plain, "{length}");
        }
    }

    #[tokio::test]
    async fn a_changed_byte_is_refused() {
        let whole = sealed(&[1; PLAIN_FRAME + 10]).await;
        for at in [20, 40, PLAIN_FRAME + 60, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(opened(&KEY, &changed).await.is_err(), "{at}");
        }
    }

    #[tokio::test]
    async fn a_file_that_was_cut_off_is_refused() {
        let whole = sealed(&[1; 3 * PLAIN_FRAME]).await;
        let head = MAGIC.len() + NONCE;
        for end in
            [0, 10, head, head + PLAIN_FRAME + TAG, head + 2 * (PLAIN_FRAME + TAG), whole.len() - 1]
        {
            assert!(opened(&KEY, &whole[..end]).await.is_err(), "{end}");
        }
    }

    #[tokio::test]
    async fn another_key_opens_nothing() {
        assert!(opened(&[8; 32], &sealed(b"text").await).await.is_err());
    }
}
