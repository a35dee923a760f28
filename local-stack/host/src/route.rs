//! Routing: exact segments before `:name`, `:name` before `/...`, longer before shorter.

use anyhow::{Result, bail};

/// A parsed route such as `/spaces/:id/...`.
#[derive(Debug, Clone)]
struct Pattern {
    /// The exact segments at the beginning, joined by slashes: a path without them is not split.
    prefix: String,
    segments: Vec<Segment>,
    wildcard: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Exact(String),
    Name(String),
}

/// A set of routes, each leading to a `T`.
#[derive(Debug)]
pub(crate) struct Router<T> {
    routes: Vec<(Pattern, T)>,
}

/// What a path matched.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Match<'r, 'p, T> {
    /// The target of the route.
    pub(crate) target: &'r T,
    /// What `/...` stood for, with its leading slash; empty for exact routes.
    pub(crate) rest: &'p str,
    /// `:name` → segment.
    pub(crate) names: Vec<(&'r str, &'p str)>,
}

impl Pattern {
    fn parse(route: &str) -> Result<Self> {
        let (path, wildcard) = match route.strip_suffix("/...").or_else(|| route.strip_suffix("/*"))
        {
            Some(prefix) => (prefix, true),
            None => (route, false),
        };
        let mut segments = Vec::new();
        for part in path.trim_matches('/').split('/').filter(|part| !part.is_empty()) {
            segments.push(match part.strip_prefix(':') {
                Some("") => bail!("route {route:?} has a `:` without a name"),
                Some(name) if name.contains('.') => {
                    bail!("route {route:?}: a name ends at the next slash, not at a dot")
                }
                Some(name) => Segment::Name(name.to_owned()),
                None if part.contains('*') || part == "..." => {
                    bail!("route {route:?} may have `...` only at its end")
                }
                None => Segment::Exact(part.to_owned()),
            });
        }
        let exact = segments.iter().map_while(|segment| match segment {
            Segment::Exact(text) => Some(text.as_str()),
            Segment::Name(_) => None,
        });
        Ok(Self { prefix: exact.collect::<Vec<_>>().join("/"), segments, wildcard })
    }

    /// Smaller is tried first.
    fn rank(&self) -> Vec<u8> {
        let mut rank: Vec<u8> =
            self.segments.iter().map(|s| u8::from(matches!(s, Segment::Name(_)))).collect();
        rank.push(if self.wildcard { 3 } else { 2 });
        rank
    }

    fn same_places(&self, other: &Self) -> bool {
        self.wildcard == other.wildcard && self.segments == other.segments
    }

    fn matches<'r, 'p>(&'r self, path: &'p str) -> Option<(Vec<(&'r str, &'p str)>, &'p str)> {
        let begin = path.trim_start_matches('/');
        if !begin.starts_with(&self.prefix) {
            return None;
        }
        let mut names = Vec::new();
        let mut rest = begin.trim_end_matches('/');
        let mut at = path.len() - begin.len();
        for segment in &self.segments {
            if rest.is_empty() {
                return None;
            }
            let (part, tail) = rest.split_once('/').unwrap_or((rest, ""));
            match segment {
                Segment::Exact(text) if text == part => {}
                Segment::Exact(_) => return None,
                Segment::Name(name) => names.push((name.as_str(), part)),
            }
            at += part.len() + usize::from(part.len() < rest.len());
            rest = tail;
        }
        if self.wildcard {
            // Spin keeps the slash before the rest and one after it.
            let from = if self.segments.is_empty() {
                at.saturating_sub(1)
            } else {
                at - usize::from(!rest.is_empty())
            };
            Some((names, path.get(from..).unwrap_or_default()))
        } else {
            rest.is_empty().then_some((names, ""))
        }
    }
}

impl<T> Router<T> {
    /// An empty router.
    pub(crate) fn new() -> Self {
        Self { routes: Vec::new() }
    }

    /// Adds a route. An equal route added before is replaced and returned, as in Spin.
    pub(crate) fn add(&mut self, route: &str, target: T) -> Result<Option<T>> {
        let pattern = Pattern::parse(route)?;
        let old = self.routes.iter().position(|(p, _)| p.same_places(&pattern));
        let replaced = old.map(|index| self.routes.remove(index).1);
        let rank = pattern.rank();
        let index = self.routes.partition_point(|(p, _)| p.rank() <= rank);
        self.routes.insert(index, (pattern, target));
        Ok(replaced)
    }

    /// The best match for a path (without query).
    pub(crate) fn find<'r, 'p>(&'r self, path: &'p str) -> Option<Match<'r, 'p, T>> {
        self.routes.iter().find_map(|(pattern, target)| {
            let (names, rest) = pattern.matches(path)?;
            Some(Match { target, rest, names })
        })
    }
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[&'static str]) -> Router<&'static str> {
        let mut router = Router::new();
        for route in routes {
            router.add(route, *route).unwrap();
        }
        router
    }

    fn hit<'r>(router: &'r Router<&'static str>, path: &str) -> &'r str {
        router.find(path).map_or("none", |m| m.target)
    }

    #[test]
    fn an_exact_route_wins_over_names_and_wildcards() {
        let r = router(&["/...", "/a/:x", "/a/b", "/a/...", "/a/b/..."]);
        assert_eq!(hit(&r, "/a/b"), "/a/b");
        assert_eq!(hit(&r, "/a/c"), "/a/:x");
        assert_eq!(hit(&r, "/a/b/c"), "/a/b/...");
        assert_eq!(hit(&r, "/a/c/d"), "/a/...");
        assert_eq!(hit(&r, "/z"), "/...");
    }

    #[test]
    fn the_order_of_routes_does_not_matter() {
        for routes in [
            ["/one/...", "/one/two/...", "/one/two/three/..."],
            ["/one/two/three/...", "/one/two/...", "/one/..."],
        ] {
            assert_eq!(hit(&router(&routes), "/one/two/three/four"), "/one/two/three/...");
        }
    }

    #[test]
    fn a_wildcard_matches_its_prefix_and_keeps_the_rest_with_slashes() {
        let r = router(&["/test/..."]);
        for (path, rest) in
            [("/test", ""), ("/test/", "/"), ("/test/hello", "/hello"), ("/test/hello/", "/hello/")]
        {
            assert_eq!(r.find(path).unwrap().rest, rest, "{path}");
        }
        assert_eq!(router(&["/..."]).find("/1/2/3").unwrap().rest, "/1/2/3");
        assert_eq!(router(&["/..."]).find("/").unwrap().rest, "/");
        assert!(r.find("/testing").is_none());
    }

    #[test]
    fn names_capture_one_segment() {
        let r = router(&["/1/:two/3", "/x/:id/..."]);
        assert_eq!(r.find("/1/2/3").unwrap().names, [("two", "2")]);
        let found = r.find("/x/7/tail/end").unwrap();
        assert_eq!((found.names, found.rest), (vec![("id", "7")], "/tail/end"));
        assert!(r.find("/1/2").is_none());
        assert!(r.find("/1/2/3/4").is_none());
    }

    #[test]
    fn trailing_slashes_match_exact_routes() {
        let r = router(&["/", "/foo"]);
        assert_eq!(hit(&r, "/foo/"), "/foo");
        assert_eq!(hit(&r, "/"), "/");
    }

    #[test]
    fn the_later_of_two_equal_routes_wins() {
        let mut r = Router::new();
        assert!(r.add("/foo", "first").unwrap().is_none());
        assert_eq!(r.add("/foo", "second").unwrap(), Some("first"));
        assert_eq!(r.find("/foo").unwrap().target, &"second");
    }
}
