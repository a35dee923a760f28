//! The files of the front end, as far as they are served without a build; `tests/whole` and the
//! browser have the rest.

#[cfg(test)]
mod tests {
    use http::{Method, Request};
    use http_body_util::{BodyExt, Empty};

    /// Status and headers of the response to a request.
    async fn send(method: Method, path: &str) -> (u16, http::HeaderMap) {
        let nothing = Empty::new().map_err(|never| match never {}).boxed();
        let request = Request::builder().method(method).uri(path).body(nothing).unwrap();
        let (head, _) = web_component::serve(request).await.into_parts();
        (head.status.as_u16(), head.headers)
    }

    #[tokio::test]
    async fn files_are_only_read() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            assert_eq!(send(method.clone(), "/").await.0, 405, "{method}");
        }
    }

    #[tokio::test]
    async fn an_unknown_file_is_not_found() {
        for path in ["/_app/none.js", "/none.svg"] {
            let (status, headers) = send(Method::GET, path).await;
            assert_eq!(status, 404, "{path}");
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["content-type"], "text/plain; charset=utf-8");
        }
    }

    /// These paths name no file below the site's root, so the page routes them; here it is not built.
    #[tokio::test]
    async fn other_paths_are_the_page() {
        for path in ["/", "/spaces/1", "/../../etc/passwd.txt", "/%2e%2e/spin.toml"] {
            assert_eq!(send(Method::GET, path).await.0, 503, "{path}");
        }
    }
}
