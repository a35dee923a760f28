//! Addresses of links: where a text says "the e-service", its reader also needs to know where that
//! is.

/// An address longer than this names a search or a session, not a place.
const MAX_ADDRESS: usize = 500;

/// What a reader can go to of a link's target: web, mail and telephone addresses; nothing of places
/// inside the document, of scripts, and of relative addresses, which lead nowhere outside their
/// site.
pub(crate) fn address(target: &str) -> Option<&str> {
    let target = target.trim();
    let (scheme, rest) = target.split_once(':')?;
    let address = match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" | "ftp" => target,
        "mailto" => rest.split('?').next().unwrap_or_default(),
        "tel" | "sms" => rest,
        _ => return None,
    };
    (!address.is_empty() && address.len() <= MAX_ADDRESS && !address.contains(char::is_whitespace))
        .then_some(address)
}

/// Appends the address of the link whose text begins at byte `start` of `out`, unless the text says
/// it already.
pub(crate) fn append(out: &mut String, start: usize, target: &str) {
    let Some(address) = address(target) else { return };
    let start = out.floor_char_boundary(start);
    let shown: String = out.get(start..).unwrap_or_default().split_whitespace().collect();
    let plain = |text: &str| {
        let text = text.to_lowercase();
        let text = text
            .split_once("://")
            .map_or(text.as_str(), |(_, rest)| rest)
            .trim_end_matches('/')
            .to_owned();
        text.strip_prefix("www.").map_or(text.clone(), str::to_owned)
    };
    // A telephone number is the same with and without its country, blanks and strokes.
    let tail =
        |text: &str| text.chars().rev().filter(char::is_ascii_digit).take(6).collect::<String>();
    let is_number = !address.contains(['@', '/']) && tail(address).len() == 6;
    if plain(&shown).contains(&plain(address)) || (is_number && tail(&shown) == tail(address)) {
        return;
    }
    let kept = out.trim_end().len();
    let blanks = out.split_off(kept.max(start));
    if shown.is_empty() {
        out.push_str(address);
    } else {
        out.push_str(&format!(" ({address})"));
    }
    out.push_str(&blanks);
}
