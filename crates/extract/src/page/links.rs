//! Where a page leads: its links, absolute, each once.

use std::collections::HashMap;

use url::Url;

use super::{PageLink, Refresh};
use crate::html::NodeRef;
use crate::html::scope::{attr, name};

/// Links that are kept.
pub(super) const MAX_LINKS: usize = 10_000;

/// Bytes of all addresses together.
const MAX_BYTES: usize = 2 << 20;

/// Bytes of an address; longer ones are searches and sessions.
const MAX_URL: usize = 2_000;

/// What relative addresses count against: `<base href>`, the first one, or the page's own address.
pub(super) fn base(root: NodeRef<'_>, url: &Url) -> Url {
    let declared =
        root.descendants().find(|node| name(node) == Some("base") && attr(node, "href").is_some());
    let declared = declared.and_then(|node| url.join(attr(&node, "href")?.trim()).ok());
    declared.filter(is_web).unwrap_or_else(|| url.clone())
}

/// The links, and whether there are more.
pub(super) fn of(root: NodeRef<'_>, base: &Url) -> (Vec<PageLink>, bool) {
    let (mut links, mut places): (Vec<PageLink>, HashMap<String, usize>) =
        (Vec::new(), HashMap::new());
    let mut bytes = 0;
    for node in root.descendants() {
        if !matches!(name(&node), Some("a" | "area")) {
            continue;
        }
        let Some(url) = attr(&node, "href").and_then(|target| absolute(target, base)) else {
            continue;
        };
        let nofollow = attr(&node, "rel").unwrap_or_default().split_whitespace().any(|rel| {
            ["nofollow", "ugc", "sponsored"].iter().any(|no| rel.eq_ignore_ascii_case(no))
        });
        if let Some(link) = places.get(&url).and_then(|at| links.get_mut(*at)) {
            // Followed if one of its links may be.
            link.nofollow &= nofollow;
            continue;
        }
        bytes += url.len();
        if links.len() >= MAX_LINKS || bytes > MAX_BYTES {
            return (links, true);
        }
        places.insert(url.clone(), links.len());
        links.push(PageLink { url, nofollow });
    }
    (links, false)
}

/// The canonical address: the first `<link rel=canonical>`, else the first header `Link` of that
/// kind.
pub(super) fn canonical(
    root: NodeRef<'_>,
    headers: &[String],
    base: &Url,
    own: &Url,
) -> Option<String> {
    let is_canonical =
        |rel: &str| rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("canonical"));
    let element = root.descendants().find(|node| {
        name(node) == Some("link")
            && attr(node, "rel").is_some_and(is_canonical)
            && attr(node, "href").is_some()
    });
    let from_element = element.and_then(|node| absolute(attr(&node, "href")?, base));
    let from_header = || {
        headers.iter().flat_map(|header| header.split('<').skip(1)).find_map(|link| {
            let (target, parameters) = link.split_once('>')?;
            let rel = parameters.split(';').find_map(|parameter| {
                let (key, value) = parameter.split_once('=')?;
                key.trim()
                    .eq_ignore_ascii_case("rel")
                    .then(|| value.trim().trim_end_matches(',').trim().trim_matches('"'))
            })?;
            is_canonical(rel).then(|| absolute(target, own))?
        })
    };
    from_element
        .or_else(from_header)
        .filter(|found| Url::parse(found).is_ok_and(|found| found != without_fragment(own)))
}

/// `5; url=/other`, as an element or a header has it.
pub(super) fn refresh(content: &str, base: &Url) -> Option<Refresh> {
    let (seconds, rest) = content.split_once([';', ',']).unwrap_or((content, ""));
    let seconds = seconds.trim().split('.').next()?.parse().ok()?;
    let rest = rest.trim();
    let has_key = rest.get(..3).is_some_and(|key| key.eq_ignore_ascii_case("url"));
    let target = match has_key {
        true => rest.get(3..)?.trim_start().strip_prefix('=')?.trim(),
        false => rest,
    };
    let target = target.trim_matches(['"', '\'']);
    if target.is_empty() {
        return None;
    }
    Some(Refresh { seconds, url: absolute(target, base)? })
}

/// An address of the web without its fragment; of a fragment that names a page of its own (`#!`),
/// with it.
pub(super) fn absolute(target: &str, base: &Url) -> Option<String> {
    let target = target.trim();
    if target.is_empty()
        || target.len() > MAX_URL
        || (target.starts_with('#') && !target.starts_with("#!"))
    {
        return None;
    }
    let url = without_fragment(&base.join(target).ok().filter(is_web)?);
    (url.as_str().len() <= MAX_URL).then(|| url.into())
}

fn without_fragment(url: &Url) -> Url {
    let mut url = url.clone();
    if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        url.set_fragment(None);
    }
    url
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}
