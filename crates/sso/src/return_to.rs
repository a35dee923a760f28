//! Where a user is redirected after the sign-in: a path of this installation and nothing else.
//! Pure.

/// Longer paths are not ours.
const LONGEST: usize = 2000;

/// The path, or `/` if it is absent or could lead to another host.
///
/// A browser reads `//host` and `/\host` as another host, and drops tabs and line ends first; so
/// only printable ASCII without backslashes passes, with one slash at the beginning and no empty
/// segment. Paths of the API are not pages, so they are refused too, even through `..` (found by
/// `./stack fuzz`).
#[must_use]
pub fn path(return_to: Option<&str>) -> &str {
    return_to.filter(|text| is_path(text)).unwrap_or("/")
}

fn is_path(text: &str) -> bool {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (path, _) = text.split_at(end);
    text.len() <= LONGEST
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && path.starts_with('/')
        && !path.contains("//")
        && !path.starts_with("/api/")
        && !path.split('/').any(is_dots)
}

/// `.` and `..`, which a browser resolves first, also if the dots are escaped.
fn is_dots(part: &str) -> bool {
    matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_path_of_ours_is_kept() {
        for good in [
            "/",
            "/spaces/1?tab=members#top",
            "/search?q=http://example.org//x",
            "/a%20b",
            "/a:b@c",
            "/a..b/...?q=../x",
        ] {
            assert_eq!(path(Some(good)), good);
        }
    }

    #[test]
    fn a_path_to_another_host_becomes_the_start_page() {
        let long = format!("/{}", "a".repeat(2000));
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " /a",
            "/a b",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "evil.example",
            "@evil.example",
            "user:pass@evil.example",
            "/a//evil.example",
            "/./\\evil.example",
            "/å",
            "/\u{0}",
            "/\u{7f}",
            "?a",
            "#a",
            "/api/v1/auth/oidc/start",
            "/../api/v1/me",
            "/a/..",
            "/.%2E/api/v1/me",
            "/spaces/%2e/../../api/v1/me",
            &long,
        ] {
            assert_eq!(path(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(path(None), "/");
    }
}
