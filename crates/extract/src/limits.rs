//! How much of what a document may hold. Each limit ends in a failure with a code, in a
//! warning, or in a cut that docs/extraction.md names; never in a crash.

/// Pages or slides of one document; more is `too_many_pages`.
pub const MAX_PAGES: u32 = 20_000;

/// Bytes of text of one document; more is `too_much_text`. (War and Peace has about 3.3 million.)
pub const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of text of one PDF page; what stands beyond it on that page is left out, with a warning: it
/// is a drawing, not a text.
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// Glyphs of one PDF page that are laid out; those beyond are left out, with a warning.
pub const MAX_PAGE_GLYPHS: usize = 400_000;

/// Operators and letters of one PDF page that are read, forms inside forms counted each time they
/// are drawn; a page that draws more is cut there, with a warning.
pub const MAX_PAGE_STEPS: u64 = 4_000_000;

/// Bytes of a block; longer ones are cut in two at a blank, so that one page never holds a whole
/// novel.
pub const MAX_BLOCK_BYTES: usize = 32 * 1024;

/// Bytes of text after which a document without pages begins its next "page" (at the next heading),
/// and
pub const SECTION_BYTES: usize = 12 * 1024;

/// bytes after which it does so at any block.
pub const SECTION_BYTES_AT_MOST: usize = 24 * 1024;

/// Bytes one member of an archive may unpack to; more is `zip_bomb`.
pub const MAX_MEMBER_BYTES: u64 = 128 * 1024 * 1024;

/// Bytes all read members of an archive may unpack to together; more is `zip_bomb`.
pub const MAX_ARCHIVE_BYTES: u64 = 256 * 1024 * 1024;

/// A member over [`RATIO_FREE_BYTES`] that unpacks to more than this many times its size is
/// `zip_bomb`.
pub const MAX_RATIO: u64 = 300;

/// Members up to this size may be packed as tightly as they like: a short XML file of blanks does
/// no harm.
pub const RATIO_FREE_BYTES: u64 = 8 * 1024 * 1024;

/// Members of an archive; more is `zip_bomb`.
pub const MAX_MEMBERS: usize = 50_000;

/// Elements that may stand inside each other in XML; deeper ones are `broken_file`. In HTML, deeper
/// ones are counted.
pub const MAX_DEPTH: usize = 512;

/// Elements of a web page that may be open at the same time; more is `broken_file`.
pub const MAX_OPEN_ELEMENTS: usize = 4096;

/// Elements and texts of a web page; more is `broken_file`.
pub const MAX_NODES: usize = 1_500_000;

/// Cells of one row of a table; those beyond are counted and left out.
pub const MAX_COLUMNS: usize = 512;

/// Characters of a title; the rest is cut.
pub const MAX_TITLE_CHARS: usize = 300;
