//! The pieces of a unigram vocabulary and their scores. Texts and scores stay in the mapped file;
//! in memory are 3 MB that find them.

use crate::LoadError;
use crate::packed::{MappedFile, PackedFile};

/// Bits of the set of beginnings.
const SET_BITS: u32 = 23;

/// Pieces to look up.
pub(super) struct Pieces {
    bytes: MappedFile,
    offsets: usize,
    scores: usize,
    text: usize,
    /// Ids at places that the hashes of their pieces choose, or the next free place; 0 where there
    /// is none.
    table: Box<[u32]>,
    /// Hashes of what pieces begin with: not all are, but what is not there begins none.
    beginnings: Box<[u64]>,
    /// Characters of the longest piece.
    pub(super) longest: usize,
    /// The least score of a piece.
    pub(super) least: f32,
}

/// Hash of bytes that come one after the other (FNV-1a).
#[derive(Clone, Copy)]
pub(super) struct Hash(u64);

impl Hash {
    pub(super) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    #[inline(always)]
    pub(super) fn and(self, bytes: &[u8]) -> Self {
        Self(
            bytes.iter().fold(self.0, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            }),
        )
    }

    /// Word and bit in the set of beginnings.
    fn bit(self) -> (usize, u64) {
        let bit = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SET_BITS);
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    fn place(self, mask: usize) -> usize {
        (self.0 ^ self.0 >> 32) as usize & mask
    }
}

impl Pieces {
    pub(super) fn load(file: &PackedFile) -> Result<Self, LoadError> {
        let parts = &file.vocabulary;
        let mut pieces = Self {
            bytes: file.bytes.clone(),
            offsets: parts.offsets,
            scores: parts.scores,
            text: parts.text.start,
            table: vec![0; (2 * parts.pieces).next_power_of_two()].into_boxed_slice(),
            beginnings: vec![0; 1 << (SET_BITS - 6)].into_boxed_slice(),
            longest: 0,
            least: 0.0,
        };
        for id in 0..parts.pieces {
            let (start, end, score) = (pieces.offset(id), pieces.offset(id + 1), pieces.score(id));
            let piece = (start <= end && end <= parts.text.len())
                .then(|| file.bytes.get(parts.text.start + start..parts.text.start + end))
                .and_then(|piece| std::str::from_utf8(piece).ok())
                .ok_or_else(|| file.failed(&format!("text expected as piece {id}")))?;
            if !(score.is_finite() && score <= 0.0) {
                return Err(file.failed(&format!(
                    "a score of at most 0 expected for piece {id}, {score} came"
                )));
            }
            // The special tokens have the score 0; no text has them, whatever is written in it.
            if score < 0.0 && !piece.is_empty() {
                pieces.add(id as u32, piece);
                pieces.least = pieces.least.min(score);
            }
        }
        Ok(pieces)
    }

    fn add(&mut self, id: u32, piece: &str) {
        let mut hash = Hash::EMPTY;
        let mut buffer = [0; 4];
        for character in piece.chars() {
            hash = hash.and(character.encode_utf8(&mut buffer).as_bytes());
            let (word, bit) = hash.bit();
            if let Some(word) = self.beginnings.get_mut(word) {
                *word |= bit;
            }
        }
        self.longest = self.longest.max(piece.chars().count());
        let mask = self.table.len() - 1;
        let mut place = hash.place(mask);
        while let Some(entry) = self.table.get_mut(place) {
            if *entry == 0 {
                *entry = id;
                return;
            }
            place = (place + 1) & mask;
        }
    }

    /// Whether pieces may begin with what has this hash.
    #[inline(always)]
    pub(super) fn may_begin(&self, hash: Hash) -> bool {
        let (word, bit) = hash.bit();
        self.beginnings.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Id and score of a piece.
    #[inline(always)]
    pub(super) fn find(&self, hash: Hash, piece: &[u8]) -> Option<(u32, f32)> {
        let mask = self.table.len() - 1;
        let mut place = hash.place(mask);
        loop {
            // At most half of the places are taken, so there is a free one.
            let id = *self.table.get(place).filter(|id| **id != 0)?;
            let at = id as usize;
            let start = self.text + self.offset(at);
            if self.offset(at + 1) == self.offset(at) + piece.len()
                && self.bytes.get(start..start + piece.len()) == piece
            {
                return Some((id, self.score(at)));
            }
            place = (place + 1) & mask;
        }
    }

    fn offset(&self, id: usize) -> usize {
        u32::from_le_bytes(self.bytes.word(self.offsets, id)) as usize
    }

    fn score(&self, id: usize) -> f32 {
        f32::from_le_bytes(self.bytes.word(self.scores, id))
    }
}
