//! Opens Office Open XML files, which are ZIP archives, without trusting what they say of their
//! sizes.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::detect::{Format, refused};
use crate::failure::{Code, Failure};
use crate::{limits, xml};

/// An archive whose members can be read, each and together within the limits.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// By name as programs agree on it: with slashes, in lower case.
    members: HashMap<String, usize>,
    unpacked: u64,
}

impl<'a> Archive<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|fault| {
            Failure::broken(format!(
                "The file begins as an Office document but is damaged: {fault}."
            ))
        })?;
        if zip.len() > limits::MAX_MEMBERS {
            return Err(bomb(&format!("The archive lists {} members.", zip.len())));
        }
        let mut members = HashMap::new();
        for at in 0..zip.len() {
            if let Some(Ok(name)) = zip.name_for_index(at) {
                members.entry(agreed(&name)).or_insert(at);
            }
        }
        Ok(Self { zip, members, unpacked: 0 })
    }

    /// Members whose names begin so.
    pub(crate) fn count(&self, prefix: &str) -> u64 {
        self.members.keys().filter(|name| name.starts_with(prefix) && !name.ends_with('/')).count()
            as u64
    }

    /// The content of a member, or nothing where there is none of that name.
    pub(crate) fn member(&mut self, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let Some(&index) = self.members.get(&agreed(name)) else { return Ok(None) };
        let member = self.zip.by_index(index).map_err(|fault| damaged(name, &fault))?;
        let packed = member.compressed_size();
        let mut content = Vec::new();
        // One byte past the limit tells a member that is too large from one that just fits.
        let budget = limits::MAX_MEMBER_BYTES.min(limits::MAX_ARCHIVE_BYTES - self.unpacked);
        member.take(budget + 1).read_to_end(&mut content).map_err(|fault| damaged(name, &fault))?;
        let size = content.len() as u64;
        if size > budget {
            return Err(bomb(&format!(
                "Its part {} unpacks to more than {} MiB.",
                called(name),
                budget >> 20
            )));
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
        self.member(name)?.ok_or_else(|| {
            Failure::broken(format!("The Office document lacks its part {}.", called(name)))
        })
    }

    /// Where the relationships of the part `name` point to: full names inside the archive, each
    /// with the last word of its type, or addresses outside it, which are shown to the reader and
    /// never fetched.
    pub(crate) fn relations(&mut self, name: &str) -> Result<Vec<Relation>, Failure> {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let Some(content) = self.member(&format!("{folder}/_rels/{file}.rels"))? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let mut reader = xml::Reader::new(&content);
        while let Some(event) = reader.next()? {
            let xml::Event::Open(element) = event else { continue };
            if element.name() != "Relationship" {
                continue;
            }
            if let (Some(id), Some(kind), Some(target)) =
                (element.attr("Id"), element.attr("Type"), element.attr("Target"))
            {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let is_outside = element.attr("TargetMode").as_deref() == Some("External");
                // A hyperlink leads outside whatever its mode says.
                let is_outside = is_outside || (kind == "hyperlink" && target.contains(':'));
                let target = if is_outside { target } else { resolve(folder, &target) };
                found.push(Relation { id, kind, target, is_outside });
            }
        }
        Ok(found)
    }

    /// The part that holds the document itself.
    pub(crate) fn main_part(&mut self) -> Result<String, Failure> {
        let relations = self.relations("")?;
        let main = relations
            .into_iter()
            .find(|relation| relation.kind == "officeDocument" && !relation.is_outside);
        let usual = ["word/document.xml", "ppt/presentation.xml"]
            .into_iter()
            .find(|name| self.members.contains_key(*name));
        main.map(|relation| relation.target).or_else(|| usual.map(str::to_owned)).ok_or_else(|| {
            Failure::broken("The Office document does not say which of its parts is the main one.")
        })
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
    /// Leads out of the document: nothing is ever fetched from there.
    pub(crate) is_outside: bool,
}

/// What kind of document an archive holds.
pub(crate) fn kind(bytes: &[u8]) -> Result<Format, Failure> {
    let mut archive = Archive::open(bytes)?;
    if let Some(kind) = archive.member("mimetype")? {
        let kind = String::from_utf8_lossy(&kind).trim().to_owned();
        return Err(match kind.as_str() {
            "application/epub+zip" => refused("an EPUB book"),
            kind if kind.contains("opendocument") => refused("an OpenDocument file")
                .with_hint("Save it as DOCX, PPTX, PDF or CSV and upload that."),
            _ => refused("a ZIP archive"),
        });
    }
    let Some(types) = archive.member("[Content_Types].xml")? else {
        return Err(refused("a ZIP archive"));
    };
    let main = archive.main_part().unwrap_or_default();
    let main_type = content_type(&types, &main).unwrap_or_default();
    let all_types = String::from_utf8_lossy(&types).to_ascii_lowercase();
    // The main part decides; what a presentation holds besides, a sheet behind a chart, does not.
    let kind = kind_of_type(&main_type)
        .or_else(|| kind_of_type(&all_types))
        .or_else(|| kind_of_name(&agreed(&main)));
    match kind {
        Some(Kind::Word) => Ok(Format::Docx),
        Some(Kind::PowerPoint) => Ok(Format::Pptx),
        Some(Kind::Excel) => {
            Err(refused("an Excel workbook").with_hint("Save each sheet as CSV and upload those."))
        }
        Some(Kind::Visio) => {
            Err(refused("a Visio drawing").with_hint("Save it as PDF and upload that."))
        }
        None => Err(refused("a ZIP archive")),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Word,
    PowerPoint,
    Excel,
    Visio,
}

/// Documents, templates and shows, with and without macros, have content types of their own.
fn kind_of_type(content_type: &str) -> Option<Kind> {
    let names = |parts: &[&str]| parts.iter().any(|part| content_type.contains(part));
    if names(&["wordprocessingml.document.main", "wordprocessingml.template.main", "ms-word."]) {
        Some(Kind::Word)
    } else if names(&[
        "presentationml.presentation.main",
        "presentationml.slideshow.main",
        "presentationml.template.main",
    ]) || (content_type.contains("ms-powerpoint.") && content_type.contains("main+xml"))
    {
        Some(Kind::PowerPoint)
    } else if names(&["spreadsheetml", "ms-excel"]) {
        Some(Kind::Excel)
    } else if names(&["ms-visio"]) {
        Some(Kind::Visio)
    } else {
        None
    }
}

fn kind_of_name(main: &str) -> Option<Kind> {
    match main.split('/').next() {
        Some("word") => Some(Kind::Word),
        Some("ppt") => Some(Kind::PowerPoint),
        Some("xl") => Some(Kind::Excel),
        Some("visio") => Some(Kind::Visio),
        _ => None,
    }
}

/// The content type of a part, in lower case.
fn content_type(types: &[u8], part: &str) -> Option<String> {
    let mut reader = xml::Reader::new(types);
    while let Ok(Some(event)) = reader.next() {
        let xml::Event::Open(element) = event else { continue };
        if element.name() == "Override"
            && element.attr("PartName").is_some_and(|name| agreed(&name) == agreed(part))
        {
            return element.attr("ContentType").map(|kind| kind.to_ascii_lowercase());
        }
    }
    None
}

/// A member's name as programs agree on it: older ones write backslashes, some mix cases.
fn agreed(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// A relationship's target as the name of a member.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/").replace("%20", " ");
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
    Failure::new(
        Code::ZipBomb,
        format!("The document unpacks to far more than it should. {detail}"),
    )
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
    Failure::broken(format!(
        "The part {} of the Office document is damaged: {fault}.",
        called(name)
    ))
}
