//! A browser without pages: keeps cookies, follows no redirect unless asked to.

use std::{collections::BTreeMap, sync::Mutex};

use http::HeaderMap;

/// A response.
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Reply {
    /// The redirect location.
    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", |l| l.to_str().unwrap())
    }
}

/// The browser. Cookies are stored per origin.
pub struct Browser {
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<(String, String), String>>,
}

impl Default for Browser {
    fn default() -> Self {
        // A loopback address of its own: attempts are counted per address.
        let [.., b, c, d] = *uuid::Uuid::now_v7().as_bytes();
        Self::from([127, b, c, d.clamp(2, 254)].into())
    }
}

impl Browser {
    /// A browser with this loopback address.
    #[must_use]
    pub fn from(address: std::net::Ipv4Addr) -> Self {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            http: builder.local_address(std::net::IpAddr::from(address)).build().unwrap(),
            cookies: Mutex::default(),
        }
    }
}

fn origin(url: &str) -> String {
    let url: reqwest::Url = url.parse().unwrap();
    url.origin().ascii_serialization()
}

impl Browser {
    /// The value of a cookie of an origin.
    #[must_use]
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(&(origin(url), name.to_owned())).cloned()
    }

    /// Sets a cookie.
    pub fn with_cookie(&self, url: &str, name: &str, value: &str) -> &Self {
        self.cookies.lock().unwrap().insert((origin(url), name.to_owned()), value.to_owned());
        self
    }

    /// GET.
    pub async fn get(&self, url: &str) -> Reply {
        self.send(url, self.http.get(url)).await
    }

    /// POST of a form.
    pub async fn post(&self, url: &str, form: String) -> Reply {
        let request = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        self.send(url, request).await
    }

    async fn send(&self, url: &str, request: reqwest::RequestBuilder) -> Reply {
        let here = origin(url);
        let pairs: Vec<String> = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .filter(|((origin, _), _)| *origin == here)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let response = request.header("cookie", pairs.join("; ")).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for set in headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let key = (here.clone(), name.to_owned());
            let mut cookies = self.cookies.lock().unwrap();
            let gone = value.is_empty() || set.to_lowercase().contains("expires=thu, 01 jan 1970");
            if gone {
                cookies.remove(&key)
            } else {
                cookies.insert(key, value.to_owned())
            };
        }
        Reply { status, headers, body: response.text().await.unwrap() }
    }
}
