//! Recordings: which formats are sent to a provider, identified by their first bytes, and how long
//! one lasts. Pure.

use kernel::{Code, Problem, ReasonCode, Result};

/// The most bytes of a recording, as at OpenAI.
pub const MOST_AUDIO_BYTES: usize = 25 << 20;
/// Bytes per second that a reservation assumes of compressed speech: 8 kbit/s. Opus can be smaller;
/// the record has what the provider reports.
const RESERVED_BYTES_PER_SECOND: u64 = 1_000;
/// The most bytes per second that the header of a WAV is believed: 44.1 kHz, 16 bits, stereo, and
/// some. A client that claims more would reserve less.
const MOST_BYTES_PER_SECOND: u64 = 200_000;
/// Bytes per second of compressed speech as most programs write it: 64 kbit/s.
const TYPICAL_BYTES_PER_SECOND: u64 = 8_000;
/// Bytes of a file in which the header of a WAV is looked for.
const WAV_HEAD: usize = 4 << 10;

/// A format of recordings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AudioFormat {
    /// RIFF WAVE.
    Wav,
    /// MPEG audio, layer 2 or 3.
    Mp3,
    /// MPEG-4: `.m4a`, and `.mp4` with sound.
    Mp4,
    /// Ogg: Vorbis, Opus.
    Ogg,
    /// WebM, as browsers record.
    Webm,
    /// Free Lossless Audio Codec.
    Flac,
}

impl AudioFormat {
    /// The format that the first bytes show; none: it is none of these.
    #[must_use]
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(Self::Mp4),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Ogg),
            [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(Self::Webm),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            [b'I', b'D', b'3', ..] => Some(Self::Mp3),
            // The sync of a frame, of a version that there is. Layer 1 begins as text in UTF-16
            // does.
            [0xFF, second, ..]
                if second & 0xE0 == 0xE0
                    && second & 0x18 != 0x08
                    && matches!(second & 0x06, 0x02 | 0x04) =>
            {
                Some(Self::Mp3)
            }
            _ => None,
        }
    }

    /// The format of a recording that may be sent.
    ///
    /// # Errors
    /// `invalid_body` if it is empty or of another format; `too_large`.
    pub fn check(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MOST_AUDIO_BYTES {
            return Err(recording_too_large());
        }
        Self::detect(bytes).ok_or_else(|| {
            let (reason, detail) = if bytes.is_empty() {
                (ReasonCode::FileEmpty, "expected a recording, got an empty file")
            } else {
                let detail = "expected a recording: wav, mp3, m4a, mp4, ogg, opus, webm or flac";
                (ReasonCode::NotARecording, detail)
            };
            Problem::refused_field("/file", reason, detail)
        })
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Mp3 => "audio/mpeg",
            Self::Mp4 => "audio/mp4",
            Self::Ogg => "audio/ogg",
            Self::Webm => "audio/webm",
            Self::Flac => "audio/flac",
        }
    }

    /// A name by which providers know the format: they look at its end.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Wav => "audio.wav",
            Self::Mp3 => "audio.mp3",
            Self::Mp4 => "audio.m4a",
            Self::Ogg => "audio.ogg",
            Self::Webm => "audio.webm",
            Self::Flac => "audio.flac",
        }
    }

    /// The seconds that are reserved for these bytes.
    #[must_use]
    pub fn reserved_seconds(self, bytes: &[u8]) -> u64 {
        self.seconds(bytes, RESERVED_BYTES_PER_SECOND)
    }

    /// An estimate of the seconds, for providers that do not count.
    #[must_use]
    pub fn estimated_seconds(self, bytes: &[u8]) -> u64 {
        self.seconds(bytes, TYPICAL_BYTES_PER_SECOND)
    }

    fn seconds(self, bytes: &[u8], compressed: u64) -> u64 {
        let rate = if self == Self::Wav { wav_rate(bytes) } else { None }.unwrap_or(compressed);
        u64::try_from(bytes.len())
            .unwrap_or(u64::MAX)
            .div_ceil(rate.clamp(RESERVED_BYTES_PER_SECOND, MOST_BYTES_PER_SECOND))
    }
}

/// The problem of a recording that is too large.
#[must_use]
pub fn recording_too_large() -> Problem {
    let detail = format!(
        "expected a recording of at most {} MiB; compress it, or cut it where no one speaks",
        MOST_AUDIO_BYTES >> 20
    );
    Problem::new(Code::TooLarge, detail)
}

/// Bytes per second that a WAV is played with: of the numbers in its header that say so, the one
/// that makes it last longest. None: it is compressed, or says nothing.
fn wav_rate(bytes: &[u8]) -> Option<u64> {
    let mut rest = bytes.get(..WAV_HEAD).unwrap_or(bytes).get(12..)?;
    loop {
        let (&[n0, n1, n2, n3, s0, s1, s2, s3], body) = rest.split_first_chunk::<8>()?;
        if &[n0, n1, n2, n3] == b"fmt " {
            return played_rate(body.first_chunk()?);
        }
        let size = usize::try_from(u32::from_le_bytes([s0, s1, s2, s3])).ok()?;
        // Parts begin at even places.
        rest = body.get(size.checked_add(size % 2)?..)?;
    }
}

/// Of the part `fmt `: format, channels, samples per second, bytes per second, bytes of a sample of
/// all channels, bits of a sample.
fn played_rate(header: &[u8; 16]) -> Option<u64> {
    let &[f0, f1, c0, c1, r0, r1, r2, r3, b0, b1, b2, b3, a0, a1, w0, w1] = header;
    let short = |low, high| u64::from(u16::from_le_bytes([low, high]));
    let [samples, bytes] = [[r0, r1, r2, r3], [b0, b1, b2, b3]].map(u32::from_le_bytes);
    let (samples, bytes) = (u64::from(samples), u64::from(bytes));
    let by_bits = samples.saturating_mul(short(c0, c1)).saturating_mul(short(w0, w1)) / 8;
    let is_plain = matches!(short(f0, f1), 1 | 3);
    is_plain.then(|| bytes.min(samples.saturating_mul(short(a0, a1))).min(by_bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A WAV of so many bytes of sound, `rate` a second, behind a part that players skip.
    fn wav(rate: u32, sound: usize) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0".to_vec();
        out.extend(16_000_u32.to_le_bytes());
        out.extend(rate.to_le_bytes());
        out.extend(b"\x02\0\x10\0data\0\0\0\0");
        out.resize(out.len() + sound, 0);
        out
    }

    #[test]
    fn a_format_is_identified_by_its_first_bytes() {
        for (bytes, expected) in [
            (&b"RIFF\x24\0\0\0WAVEfmt "[..], Some(AudioFormat::Wav)),
            (b"ID3\x04", Some(AudioFormat::Mp3)),
            (b"\xff\xfb\x90\x64", Some(AudioFormat::Mp3)),
            (b"\xff\xf3\x40", Some(AudioFormat::Mp3)),
            (b"\0\0\0\x20ftypM4A ", Some(AudioFormat::Mp4)),
            (b"OggS\0", Some(AudioFormat::Ogg)),
            (b"\x1aE\xdf\xa3\x01", Some(AudioFormat::Webm)),
            (b"fLaC\0", Some(AudioFormat::Flac)),
            (b"RIFF\x24\0\0\0WEBPVP8 ", None),
            (b"\xff\xd8\xff\xe0", None),
            (b"\xff\xf1\x50", None),
            (b"\xff\xfeH\0i\0", None),
            (b"\xff\xeb", None),
            (b"<html>", None),
            (b"RIFF", None),
            (b"", None),
        ] {
            assert_eq!(AudioFormat::detect(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_recording_is_at_most_25_mib() {
        let mut bytes = b"fLaC".to_vec();
        bytes.resize(MOST_AUDIO_BYTES, 0);
        assert!(AudioFormat::check(&bytes).is_ok());
        bytes.push(0);
        assert_eq!(AudioFormat::check(&bytes).unwrap_err().code, Code::TooLarge);
        assert_eq!(AudioFormat::check(b"").unwrap_err().fields[0].pointer, "/file");
        assert_eq!(AudioFormat::check(b"GIF89a").unwrap_err().code, Code::InvalidBody);
    }

    #[test]
    fn a_wav_says_how_long_it_lasts_and_is_believed_within_reason() {
        let seconds = |bytes: &[u8]| AudioFormat::Wav.estimated_seconds(bytes);
        assert_eq!(seconds(&wav(32_000, 96_000)), 4, "three seconds and the header");
        assert_eq!(seconds(&wav(u32::MAX, 96_000)), 4, "its samples say more");
        assert_eq!(seconds(&wav(0, 10_000)), 11);
        let mut compressed = wav(32_000, 96_000);
        compressed[32] = 0x11;
        assert_eq!(seconds(&compressed), 13, "as other compressed recordings");
        assert_eq!(seconds(b"RIFF\0\0\0\0WAVEfmt "), 1);
        for size in [u32::MAX - 1, u32::MAX - 27, u32::MAX - 28, 1 << 31] {
            let far = [b"RIFF\0\0\0\0WAVELIST".as_slice(), &size.to_le_bytes()].concat();
            assert_eq!(seconds(&far), 1, "a part of {size} bytes");
        }
        let endless = [b"RIFF\0\0\0\0WAVELIST".as_slice(), &u32::MAX.to_le_bytes()].concat();
        assert_eq!(seconds(&endless), 1);
    }

    #[test]
    fn more_seconds_are_reserved_of_a_compressed_recording_than_estimated() {
        let bytes = vec![0; 80_000];
        let format = AudioFormat::Ogg;
        assert_eq!((format.reserved_seconds(&bytes), format.estimated_seconds(&bytes)), (80, 10));
    }
}
