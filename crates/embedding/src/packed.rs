//! The E5S1 file: a header, a vocabulary with scores, a normaliser map, a directory of tensors,
//! then the tensors. It is mapped, not read: the vocabulary and its vectors, 59 of 72 MB, are only
//! touched where texts need them. Every number in it is checked before use.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::LoadError;
use crate::spec::ModelSpec;

/// Values of a 4-bit block.
pub(crate) const BLOCK: usize = 32;
/// Bytes of a 4-bit block: a 16-bit scale, then the values in pairs.
pub(crate) const BLOCK_BYTES: usize = 18;
/// Most pieces, map entries or tensors that are believed; the packaged file has 250 002, 4 837 and
/// 197.
const MOST: usize = 1 << 20;

/// The bytes of a mapped file. Clones share the mapping.
#[derive(Clone)]
pub(crate) struct MappedFile(Arc<Mmap>);

impl MappedFile {
    fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        #[expect(unsafe_code, reason = "a mapping is only as constant as its file")]
        // SAFETY: the file lies in the cache under a name with its version; it is written once,
        // under another name, and never changed.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(Arc::new(map)))
    }

    /// Says that single pages will be wanted: the system then brings no others with them.
    pub(crate) fn single_pages(self) -> Self {
        // Advice only: where it is not taken, more of the file is in memory.
        let _ = self.0.advise(memmap2::Advice::Random);
        self
    }

    /// The bytes of a range; none if it goes beyond the file, which loading has ruled out.
    #[inline(always)]
    pub(crate) fn get(&self, range: Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    /// The `index`th number of four bytes from `start` on, lowest byte first.
    #[inline(always)]
    pub(crate) fn word(&self, start: usize, index: usize) -> [u8; 4] {
        let at = start + 4 * index;
        self.0.get(at..at + 4).and_then(|bytes| bytes.first_chunk()).copied().unwrap_or_default()
    }
}

/// Where the parts of the vocabulary lie.
pub(crate) struct VocabularyParts {
    pub(crate) pieces: usize,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) unknown: u32,
    /// One number more than there are pieces: where each begins in the text, and where the last
    /// ends.
    pub(crate) offsets: usize,
    /// A float for each piece.
    pub(crate) scores: usize,
    /// The pieces, one after the other.
    pub(crate) text: Range<usize>,
    /// Characters and what they become.
    pub(crate) map: HashMap<char, Box<[char]>>,
}

/// A tensor of floats, or of 4-bit blocks.
#[derive(Clone, Copy)]
struct Tensor {
    packed: bool,
    values: usize,
    start: usize,
}

/// An opened file.
pub(crate) struct PackedFile {
    pub(crate) bytes: MappedFile,
    /// Rows of the vocabulary's vectors.
    pub(crate) rows: usize,
    pub(crate) vocabulary: VocabularyParts,
    path: PathBuf,
    tensors: HashMap<Box<[u8]>, Tensor>,
}

/// Reads numbers one after the other; `None` at the end of the file.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    /// A number of things that may be: at most [`MOST`].
    fn count(&mut self) -> Option<usize> {
        self.number().filter(|count| *count <= MOST)
    }

    fn long(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).ok()
    }

    /// Steps over `count` bytes and says where they begin.
    fn skip(&mut self, count: usize) -> Option<usize> {
        let start = self.at;
        self.take(count).map(|_| start)
    }
}

impl PackedFile {
    /// Maps the model's file and checks that it is of this model and whole.
    pub(crate) fn open(folder: &Path, spec: &ModelSpec) -> Result<Self, LoadError> {
        let path = folder.join(spec.file());
        let bytes = MappedFile::open(&path).map_err(|e| LoadError::file(&path, &e))?;
        let mut cursor = Cursor { bytes: &bytes.0, at: 0 };
        let failed =
            |what: &str| LoadError::file(&path, &format!("{what} expected, something else came"));
        let rows = header(&mut cursor, spec)
            .ok_or_else(|| failed("the header of an E5S1 file of this model"))?;
        let vocabulary = vocabulary(&mut cursor).ok_or_else(|| failed("a unigram vocabulary"))?;
        let tensors = directory(&mut cursor)
            .ok_or_else(|| failed("a directory of tensors within the file"))?;
        if vocabulary.pieces > rows {
            return Err(failed("a vector for each piece"));
        }
        Ok(Self { bytes, rows, vocabulary, path, tensors })
    }

    pub(crate) fn failed(&self, what: &str) -> LoadError {
        LoadError::file(&self.path, &what)
    }

    /// The bytes of a tensor of so many values, and whether they are blocks.
    pub(crate) fn find(
        &self,
        name: &str,
        values: usize,
    ) -> Result<(Range<usize>, bool), LoadError> {
        let found = self.tensors.get(name.as_bytes()).filter(|tensor| tensor.values == values);
        let tensor = found
            .ok_or_else(|| self.failed(&format!("tensor {name} of {values} values expected")))?;
        Ok((tensor.start..tensor.start + tensor.bytes(), tensor.packed))
    }

    /// The values of a tensor.
    pub(crate) fn floats(&self, name: &str, values: usize) -> Result<Vec<f32>, LoadError> {
        let (range, packed) = self.find(name, values)?;
        let bytes = self.bytes.get(range);
        let floats: Vec<f32> = if packed {
            bytes.as_chunks::<BLOCK_BYTES>().0.iter().flat_map(unpack).collect()
        } else {
            bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        if floats.iter().all(|value| value.is_finite()) {
            return Ok(floats);
        }
        Err(self.failed(&format!("tensor {name}: finite numbers expected, others came")))
    }
}

impl Tensor {
    fn bytes(self) -> usize {
        if self.packed { self.values / BLOCK * BLOCK_BYTES } else { self.values * 4 }
    }
}

/// Checks the shapes and gives the number of rows of the vocabulary's vectors.
fn header(cursor: &mut Cursor<'_>, spec: &ModelSpec) -> Option<usize> {
    let known = cursor.array()? == *b"E5S1" && cursor.number()? == 1;
    let shapes = [crate::DIMENSIONS, spec.layers, crate::model::HEADS, crate::model::INNER];
    let as_expected = shapes.into_iter().all(|shape| cursor.number() == Some(shape));
    let (rows, window, types) = (cursor.count()?, cursor.number()?, cursor.number()?);
    let (epsilon, block) = (f32::from_le_bytes(cursor.array()?), cursor.number()?);
    let known = known && as_expected && window == spec.window && types == 2;
    (known && epsilon.to_bits() == spec.epsilon.to_bits() && block == BLOCK).then_some(rows)
}

fn vocabulary(cursor: &mut Cursor<'_>) -> Option<VocabularyParts> {
    let pieces = cursor.count()?;
    let [first, last, _pad, unknown] =
        [cursor.number()?, cursor.number()?, cursor.number()?, cursor.number()?];
    if first.max(last).max(unknown) >= pieces {
        return None;
    }
    let [first, last, unknown] = [first, last, unknown].map(|id| u32::try_from(id).ok());
    let length = cursor.long()?;
    let offsets = cursor.skip(4 * (pieces + 1))?;
    let scores = cursor.skip(4 * pieces)?;
    let start = cursor.skip(length)?;
    let map = map(cursor)?;
    let text = start..start + length;
    Some(VocabularyParts {
        pieces,
        first: first?,
        last: last?,
        unknown: unknown?,
        offsets,
        scores,
        text,
        map,
    })
}

fn map(cursor: &mut Cursor<'_>) -> Option<HashMap<char, Box<[char]>>> {
    let (entries, length) = (cursor.count()?, cursor.number()?);
    let end = cursor.at.checked_add(length)?;
    let mut map = HashMap::with_capacity(entries);
    let character = |cursor: &mut Cursor<'_>| char::from_u32(u32::try_from(cursor.number()?).ok()?);
    for _ in 0..entries {
        let from = character(cursor)?;
        let [many] = cursor.array()?;
        map.insert(from, (0..many).map(|_| character(cursor)).collect::<Option<Box<[char]>>>()?);
    }
    (cursor.at == end).then_some(map)
}

fn directory(cursor: &mut Cursor<'_>) -> Option<HashMap<Box<[u8]>, Tensor>> {
    let entries = cursor.count()?;
    let mut tensors = HashMap::new();
    for _ in 0..entries {
        let length = usize::from(u16::from_le_bytes(cursor.array()?));
        let name = cursor.take(length)?;
        let [kind] = cursor.array()?;
        let (values, start, bytes) = (cursor.number()?, cursor.long()?, cursor.long()?);
        let tensor = Tensor { packed: kind == 1, values, start };
        let whole = kind <= 1 && (kind == 0 || values % BLOCK == 0) && tensor.bytes() == bytes;
        if !whole || start.checked_add(bytes)? > cursor.bytes.len() {
            return None;
        }
        tensors.insert(name.into(), tensor);
    }
    Some(tensors)
}

/// The values of a block: (4 bits - 8) * scale. The low halves of the bytes are the first 16
/// values.
#[inline(always)]
pub(crate) fn unpack(block: &[u8; BLOCK_BYTES]) -> [f32; BLOCK] {
    let [low, high, pairs @ ..] = block;
    let scale = half(u16::from_le_bytes([*low, *high]));
    let mut values = [0.0; BLOCK];
    let (first, second) = values.split_at_mut(BLOCK / 2);
    for ((pair, first), second) in pairs.iter().zip(first).zip(second) {
        *first = (f32::from(pair & 15) - 8.0) * scale;
        *second = (f32::from(pair >> 4) - 8.0) * scale;
    }
    values
}

/// A 16-bit float.
#[inline(always)]
fn half(bits: u16) -> f32 {
    let (sign, rest) = (u32::from(bits & 0x8000) << 16, u32::from(bits & 0x7fff));
    // Exponent and mantissa at the place of a 32-bit float, and the difference of their exponents'
    // offsets as a factor: right for small (denormal) ones, too. The greatest exponent means
    // infinity or no number in both.
    let magnitude = f32::from_bits(rest << 13) * f32::from_bits((254 - 15) << 23);
    let bits = if rest >= 0x7c00 { 0x7f80_0000 | rest << 13 } else { magnitude.to_bits() };
    f32::from_bits(sign | bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_exactly() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x7bff, 65504.0),
            (0, 0.0),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    #[test]
    fn blocks_hold_the_low_halves_first() {
        let mut block = [0x98; BLOCK_BYTES];
        (block[0], block[1], block[2]) = (0x00, 0x3c, 0xf0);
        let values = unpack(&block);
        assert_eq!((values[0], values[1], values[16], values[17]), (-8.0, 0.0, 7.0, 1.0));
    }
}
