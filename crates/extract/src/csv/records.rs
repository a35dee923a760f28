//! Divides a text into records and cells. Quotation marks enclose a cell only where they do so
//! soundly: one that is never closed, as an inch sign at the beginning of a cell, is a character
//! like all others.

/// Bytes that a quoted cell may hold; a quotation mark without its partner within them encloses
/// nothing.
const MAX_QUOTED: usize = 64 * 1024;

/// Quotation marks without a partner after which no more are looked for.
const MAX_STRAY: usize = 2_000;

pub(super) struct Records<'a> {
    rest: &'a str,
    separator: char,
    stray: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, separator: char) -> Self {
        Self { rest: text, separator, stray: 0 }
    }

    /// The cell that begins here, and what follows it.
    fn cell(&mut self) -> String {
        if let Some(opened) = self.rest.strip_prefix('"')
            && self.stray < MAX_STRAY
        {
            match quoted(opened, self.separator) {
                Some((cell, rest)) => {
                    self.rest = rest;
                    return cell;
                }
                None => self.stray += 1,
            }
        }
        let end = self.rest.find([self.separator, '\n']).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at(end);
        self.rest = rest;
        cell.to_owned()
    }
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = Vec::new();
        loop {
            record.push(self.cell());
            if let Some(rest) = self.rest.strip_prefix(self.separator) {
                self.rest = rest;
            } else {
                self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
                return Some(record);
            }
        }
    }
}

/// The content of a quoted cell whose opening mark has been read, where it is closed before a
/// separator or the end of the line, and what follows.
fn quoted(text: &str, separator: char) -> Option<(String, &str)> {
    let within = text.get(..text.floor_char_boundary(MAX_QUOTED)).unwrap_or(text);
    let mut cell = String::new();
    let mut from = 0;
    loop {
        let at = from + within.get(from..)?.find('"')?;
        cell.push_str(within.get(from..at)?);
        let after = text.get(at + 1..)?;
        if after.starts_with('"') {
            cell.push('"');
            from = at + 2;
            continue;
        }
        let rest = after.trim_start_matches([' ', '\t'].as_slice());
        let rest = if separator == '\t' { after } else { rest };
        if rest.is_empty() || rest.starts_with([separator, '\n']) {
            // Cells with both tabs and line feeds inside are two quotation marks that have nothing
            // to do with each other.
            let spans_records = separator == '\t' && cell.contains('\t') && cell.contains('\n');
            return (!spans_records).then_some((cell, rest));
        }
        // A mark in the middle: 5" or "so called"; it is part of the cell.
        cell.push('"');
        from = at + 1;
    }
}
