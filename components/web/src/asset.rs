//! Maps a path to a file, and sends it.

/// The media type of a file name; anything unknown is plain bytes.
pub(crate) fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The file below the site's root that a path names; nothing where it could lead out of it or names
/// none.
pub(crate) fn file(path: &str) -> Option<&str> {
    let path = path.trim_start_matches('/');
    let good = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b))
    };
    (path.split('/').all(good) && path.rsplit('/').next().is_some_and(|name| name.contains('.')))
        .then_some(path)
}

/// The precompressed forms that a client accepts, best first: extension and `Content-Encoding`.
pub(crate) fn encodings(accept: &str) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
    let accepts = |name: &str| {
        accept.split(',').any(|one| {
            let mut parts = one.split(';').map(str::trim);
            parts.next() == Some(name) && !parts.any(|p| p == "q=0")
        })
    };
    [(".br", "br"), (".gz", "gzip")].into_iter().filter(move |(_, name)| accepts(name))
}

/// How long a file may be kept: hashed names never change, everything else is asked for again.
pub(crate) fn cache_control(path: &str) -> &'static str {
    if path.starts_with("_app/immutable/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_lead_out_of_the_site() {
        assert_eq!(file("/_app/immutable/a-1.js"), Some("_app/immutable/a-1.js"));
        assert_eq!(file("/favicon.svg"), Some("favicon.svg"));
        for bad in [
            "/",
            "/spaces/1",
            "/../x.js",
            "/a/../../x.js",
            "/.env",
            "/a//b.js",
            "/%2e%2e/x.js",
            "/a\\b.js",
            "/a/\0.js",
        ] {
            assert_eq!(file(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_client_gets_only_what_it_accepts() {
        assert_eq!(encodings("gzip, br").next(), Some((".br", "br")));
        assert_eq!(encodings("gzip;q=1.0").next(), Some((".gz", "gzip")));
        assert_eq!(encodings("br;q=0, identity").next(), None);
        assert_eq!(encodings("").next(), None);
    }
}
