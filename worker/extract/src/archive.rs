//! Opens Office Open XML files, which are ZIP archives, without trusting what they say of their sizes.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::detect::{Format, refused};
use crate::failure::{Code, Failure};
use crate::{limits, xml};

/// An archive whose members can be read, each and together within the limits.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    unpacked: u64,
}

impl<'a> Archive<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|fault| {
            Failure::broken(format!("The file begins as an Office document but is damaged: {fault}."))
        })?;
        if zip.len() > limits::MAX_MEMBERS {
            return Err(bomb(&format!("The archive lists {} members.", zip.len())));
        }
        Ok(Self { zip, unpacked: 0 })
    }

    /// The content of a member, or nothing where there is none of that name.
    pub(crate) fn member(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(index) = self.zip.index_for_name(name.trim_start_matches('/')) else { return Ok(None) };
        let member = self.zip.by_index(index).map_err(|fault| damaged(name, &fault))?;
        let packed = member.compressed_size();
        let mut content = Vec::new();
        // One byte past the limit tells a member that is too large from one that just fits.
        let budget = limits::MAX_MEMBER_BYTES.min(limits::MAX_ARCHIVE_BYTES - self.unpacked);
        member.take(budget + 1).read_to_end(&mut content).map_err(|fault| damaged(name, &fault))?;
        let size = content.len() as u64;
        if size > budget {
            return Err(bomb(&format!("Its part {} unpacks to more than {} MiB.", called(name), budget >> 20)));
        }
        if size > limits::RATIO_FREE_BYTES && size / packed.max(1) > limits::MAX_RATIO {
            return Err(bomb(&format!(
                "Its part {} unpacks to {} times its size.",
                called(name),
                size / packed.max(1)
            )));
        }
        self.unpacked += size;
        Ok(Some(content))
    }

    /// As [`Archive::member`], but the document is broken without it.
    pub(crate) fn required(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        self.member(name)?
            .ok_or_else(|| Failure::broken(format!("The Office document lacks its part {}.", called(name))))
    }

    /// Where the relationships of the part `name` point to, inside the archive: pairs of id and full name, each with
    /// the last word of its type. Relationships to the outside are left out: nothing is ever fetched.
    pub(crate) fn relations(&mut self, name: &str) -> Result<Vec<Relation>, Failure> {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let Some(content) = self.member(&format!("{folder}/_rels/{file}.rels"))? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut reader = xml::Reader::new(&content);
        while let Some(event) = reader.next()? {
            let xml::Event::Open(element) = event else { continue };
            if element.name() != "Relationship" || element.attr("TargetMode").as_deref() == Some("External") {
                continue;
            }
            if let (Some(id), Some(kind), Some(target)) =
                (element.attr("Id"), element.attr("Type"), element.attr("Target"))
            {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                found.push(Relation { id, kind, target: resolve(folder, &target) });
            }
        }
        Ok(found)
    }

    /// The part that holds the document itself.
    pub(crate) fn main_part(&mut self) -> Result<String, Failure> {
        let relations = self.relations("")?;
        let main = relations.into_iter().find(|relation| relation.kind == "officeDocument");
        main.map(|relation| relation.target)
            .ok_or_else(|| Failure::broken("The Office document does not say which of its parts is the main one."))
    }

    /// The title that the document's properties give.
    pub(crate) fn title(&mut self) -> Result<Option<String>, Failure> {
        let Some(content) = self.member("docProps/core.xml")? else { return Ok(None) };
        let mut reader = xml::Reader::new(&content);
        let (mut within, mut title) = (false, String::new());
        while let Some(event) = reader.next()? {
            match event {
                xml::Event::Open(element) => within = element.name() == "title",
                xml::Event::Close(_) => within = false,
                xml::Event::Text(text) if within => title.push_str(&text),
                xml::Event::Text(_) => {}
            }
        }
        Ok(crate::clean::title(&title))
    }
}

/// One line of a `.rels` part.
pub(crate) struct Relation {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) target: String,
}

/// What kind of document an archive holds.
pub(crate) fn kind(bytes: &[u8]) -> Result<Format, Failure> {
    let mut archive = Archive::open(bytes)?;
    if let Some(kind) = archive.member("mimetype")? {
        let kind = String::from_utf8_lossy(&kind).trim().to_owned();
        return Err(match kind.as_str() {
            "application/epub+zip" => refused("an EPUB book"),
            kind if kind.contains("opendocument") => refused("an OpenDocument file"),
            _ => refused("a ZIP archive"),
        });
    }
    let Some(types) = archive.member("[Content_Types].xml")? else { return Err(refused("a ZIP archive")) };
    let types = String::from_utf8_lossy(&types);
    let names = |part: &str| types.contains(part);
    if names("wordprocessingml.document.main+xml") || names("ms-word.document.macroEnabled.main+xml") {
        Ok(Format::Docx)
    } else if names("presentationml.presentation.main+xml") || names("presentationml.slideshow.main+xml") {
        Ok(Format::Pptx)
    } else if names("spreadsheetml") {
        Err(refused("an Excel workbook").with_hint("Save each sheet as CSV and upload those."))
    } else {
        Err(refused("a ZIP archive"))
    }
}

/// A relationship's target as the name of a member.
fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            ".." => {
                path.pop();
            }
            "" | "." => {}
            step => path.push(step),
        }
    }
    path.join("/")
}

fn bomb(detail: &str) -> Failure {
    Failure::new(Code::ZipBomb, format!("The document unpacks to far more than it should. {detail}"))
}

/// A part's name as it is told: the document chose it, as long as it liked.
fn called(name: &str) -> String {
    const MOST: usize = 80;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

fn damaged(name: &str, fault: &dyn std::fmt::Display) -> Failure {
    let fault = fault.to_string();
    if fault.to_ascii_lowercase().contains("password") {
        return Failure::new(Code::Encrypted, "The archive is protected with a password.");
    }
    Failure::broken(format!("The part {} of the Office document is damaged: {fault}.", called(name)))
}
