//! Optional content: which layers of a document are shown.

use std::collections::HashSet;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, Name, ObjectIdentifier};

/// The layers that the document switches off.
#[derive(Debug, Default)]
pub(super) struct Layers {
    off: HashSet<ObjectIdentifier>,
}

impl Layers {
    pub(super) fn read(pdf: &Pdf) -> Self {
        let root: Option<Dict<'_>> = pdf.xref().get(pdf.xref().root_id());
        let Some(properties) =
            root.and_then(|root| root.get::<Dict<'_>>(b"OCProperties".as_slice()))
        else {
            return Self::default();
        };
        let mut off = HashSet::new();
        let Some(config) = properties.get::<Dict<'_>>(b"D".as_slice()) else {
            return Self::default();
        };
        if config
            .get::<Name<'_>>(b"BaseState".as_slice())
            .is_some_and(|state| state.as_ref() == b"OFF")
        {
            off.extend(ids(&properties, b"OCGs"));
        }
        for id in ids(&config, b"ON") {
            off.remove(&id);
        }
        off.extend(ids(&config, b"OFF"));
        Self { off }
    }

    /// True where an XObject or annotation is on a layer that is shown, or on none.
    pub(super) fn shows(&self, dict: &Dict<'_>) -> bool {
        if self.off.is_empty() {
            return true;
        }
        let group = dict.get::<Dict<'_>>(b"OC".as_slice());
        self.is_on(group.as_ref(), dict.get_ref(b"OC".as_slice()).map(Into::into))
    }

    /// True where the group, or the membership of groups, is shown.
    pub(super) fn is_on(&self, group: Option<&Dict<'_>>, id: Option<ObjectIdentifier>) -> bool {
        let Some(group) = group.filter(|_| !self.off.is_empty()) else { return true };
        if group.get::<Name<'_>>(b"Type".as_slice()).is_none_or(|kind| kind.as_ref() != b"OCMD") {
            return id.is_none_or(|id| !self.off.contains(&id));
        }
        let mut members: Vec<ObjectIdentifier> = ids(group, b"OCGs").collect();
        if members.is_empty() {
            members.extend(group.get_ref(b"OCGs".as_slice()).map(ObjectIdentifier::from));
        }
        let is_off = |id: &ObjectIdentifier| self.off.contains(id);
        let policy = group.get::<Name<'_>>(b"P".as_slice());
        match policy.as_ref().map(std::convert::AsRef::as_ref) {
            _ if members.is_empty() => true,
            Some(b"AllOn") => !members.iter().any(is_off),
            Some(b"AnyOff") => members.iter().any(is_off),
            Some(b"AllOff") => members.iter().all(is_off),
            _ => !members.iter().all(is_off),
        }
    }
}

fn ids<'d>(dict: &'d Dict<'_>, key: &[u8]) -> impl Iterator<Item = ObjectIdentifier> + use<'d> {
    let entries = dict.get::<Array<'_>>(key).into_iter();
    let ids: Vec<_> = entries
        .flat_map(|array| array.raw_iter().filter_map(|item| item.as_obj_ref()).collect::<Vec<_>>())
        .collect();
    ids.into_iter().map(ObjectIdentifier::from)
}
