//! Writes PDFs object by object, for tests that need fonts, tags, forms or attachments of their
//! own.

/// A PDF that is being written: its objects, numbered from 1.
pub(crate) struct PdfFile {
    objects: Vec<Vec<u8>>,
    kids: Vec<usize>,
    /// Entries of the catalog beside its pages.
    pub(crate) catalog: String,
    /// What each page names beside its content: resources, annotations, its number in the
    /// structure.
    pub(crate) page: String,
}

const CATALOG: usize = 1;
const PAGES: usize = 2;

impl PdfFile {
    /// Without pages; `/F1` of the pages' default resources is Helvetica, `/F2` is bold.
    pub(crate) fn new() -> Self {
        let font = |name: &str| {
            format!(
                "<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>"
            )
            .into_bytes()
        };
        Self {
            objects: vec![Vec::new(), Vec::new(), font("Helvetica"), font("Helvetica-Bold")],
            kids: Vec::new(),
            catalog: String::new(),
            page: "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>".to_owned(),
        }
    }

    /// Adds an object and gives its number.
    pub(crate) fn object(&mut self, object: impl AsRef<[u8]>) -> usize {
        self.objects.push(object.as_ref().to_vec());
        self.objects.len()
    }

    /// Adds a stream with these entries.
    pub(crate) fn stream(&mut self, entries: &str, content: impl AsRef<[u8]>) -> usize {
        let content = content.as_ref();
        let mut object =
            format!("<< {entries} /Length {} >>\nstream\n", content.len()).into_bytes();
        object.extend_from_slice(content);
        object.extend_from_slice(b"\nendstream");
        self.object(object)
    }

    /// Adds a page that draws this, and gives the page's number as an object.
    pub(crate) fn draw(&mut self, content: impl AsRef<[u8]>) -> usize {
        let content = self.stream("", content);
        let page = format!(
            "<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R {} >>",
            self.page
        );
        let page = self.object(page);
        self.kids.push(page);
        page
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        let kids: String = self.kids.iter().map(|kid| format!("{kid} 0 R ")).collect();
        self.objects[CATALOG - 1] =
            format!("<< /Type /Catalog /Pages {PAGES} 0 R {} >>", self.catalog).into_bytes();
        self.objects[PAGES - 1] =
            format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", self.kids.len()).into_bytes();
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for (number, object) in (1..).zip(&self.objects) {
            offsets.push(out.len());
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            out.extend_from_slice(object);
            out.extend_from_slice(b"\nendobj\n");
        }
        let table = out.len();
        let size = self.objects.len() + 1;
        out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
        for offset in offsets {
            out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
        }
        out.extend_from_slice(
            format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n")
                .as_bytes(),
        );
        out
    }
}

/// A string of the content stream, in Windows-1252.
pub(crate) fn win(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\{:03o}", u32::from(c)) })
        .collect::<String>()
        .replace('(', "\\(")
        .replace(')', "\\)")
}

/// Draws a line of text of Helvetica: size, place from the lower left corner.
pub(crate) fn put(size: f32, x: f32, y: f32, text: &str) -> String {
    format!("BT /F1 {size} Tf {x} {y} Td ({}) Tj ET\n", win(text))
}
