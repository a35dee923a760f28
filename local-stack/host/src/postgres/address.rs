//! Connection strings, in the two forms that Spin takes: `postgres://…` and `host=… user=…`.

use anyhow::{Context, Result, bail, ensure};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// A parsed connection string.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) options: PgConnectOptions,
    pub(super) host: String,
    pub(super) port: Option<u16>,
}

impl Address {
    /// Parses `text`; keys that Spin's client does not know are errors.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let pairs =
            match text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://")) {
                Some(_) => url_pairs(text)?,
                None => keyword_pairs(text)?,
            };
        let mut address = Self {
            options: PgConnectOptions::new_without_pgpass().ssl_mode(PgSslMode::Prefer),
            host: String::new(),
            port: None,
        };
        for (key, value) in pairs {
            address
                .set(&key, &value)
                .with_context(|| format!("in connection string option {key:?}"))?;
        }
        ensure!(!address.host.is_empty(), "the connection string names no host");
        ensure!(!address.host.starts_with('/'), "Unix sockets are not supported on WebAssembly");
        address.options = address.options.host(&address.host).port(address.port.unwrap_or(5432));
        Ok(address)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let options = self.options.clone();
        self.options = match key {
            "host" | "hostaddr" => {
                ensure!(!value.contains(','), "several hosts are not supported: name one");
                value.clone_into(&mut self.host);
                options
            }
            "port" => {
                self.port = Some(value.parse().context("the port is not a number")?);
                options
            }
            "user" => options.username(value),
            "password" => options.password(value),
            "dbname" => options.database(value),
            "application_name" => options.application_name(value),
            "options" => {
                let words: Vec<&str> = value.split_whitespace().collect();
                let settings = words.iter().filter_map(|word| {
                    word.trim_start_matches("-c").trim_start_matches("--").split_once('=')
                });
                options.options(settings)
            }
            "sslmode" => match value {
                "disable" => options.ssl_mode(PgSslMode::Disable),
                "prefer" => options.ssl_mode(PgSslMode::Prefer),
                // Spin's TLS client checks certificate and name whenever TLS is required.
                "require" => options.ssl_mode(PgSslMode::VerifyFull),
                // What other clients call the same; Spin does not know the word.
                "verify-full" => options.ssl_mode(PgSslMode::VerifyFull),
                other => bail!("expected disable, prefer, require or verify-full, found {other:?}"),
            },
            "connect_timeout"
            | "tcp_user_timeout"
            | "keepalives"
            | "keepalives_idle"
            | "keepalives_interval"
            | "keepalives_retries"
            | "target_session_attrs"
            | "channel_binding"
            | "load_balance_hosts"
            | "sslnegotiation" => options,
            _ => bail!("unknown option"),
        };
        Ok(())
    }
}

fn url_pairs(text: &str) -> Result<Vec<(String, String)>> {
    let url = url::Url::parse(text).context("the connection string is not a URL")?;
    let mut pairs = Vec::new();
    let mut push = |key: &str, value: &str| -> Result<()> {
        let bytes = percent_encoding::percent_decode_str(value);
        pairs.push((
            key.to_owned(),
            bytes.decode_utf8().context("percent-encoding must give UTF-8")?.into_owned(),
        ));
        Ok(())
    };
    match url.host() {
        Some(url::Host::Ipv6(ip)) => push("host", &ip.to_string())?,
        Some(host) => push("host", &host.to_string())?,
        None => {}
    }
    if let Some(port) = url.port() {
        push("port", &port.to_string())?;
    }
    if !url.username().is_empty() {
        push("user", url.username())?;
    }
    if let Some(password) = url.password() {
        push("password", password)?;
    }
    match url.path().trim_start_matches('/') {
        "" => {}
        database => push("dbname", database)?,
    }
    pairs.extend(url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())));
    Ok(pairs)
}

/// libpq's form: `key = value` separated by blanks, values in single quotes if needed, `\` before a
/// quote.
fn keyword_pairs(text: &str) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').context("expected a URL or key=value pairs")?;
        let mut value = String::new();
        let after = after.trim_start();
        let quoted = after.starts_with('\'');
        let mut chars = after.char_indices().skip(usize::from(quoted));
        let mut end = after.len();
        let mut closed = !quoted;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
                '\'' if quoted => {
                    (end, closed) = (at + 1, true);
                    break;
                }
                c if c.is_whitespace() && !quoted => {
                    end = at;
                    break;
                }
                c => value.push(c),
            }
        }
        ensure!(closed, "a quoted value in the connection string does not end");
        pairs.push((key.trim().to_owned(), value));
        rest = after.get(end..).unwrap_or_default().trim_start();
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_server() {
        for text in [
            "postgres://us%40er:p%2Fw@db.example:5433/name?sslmode=disable",
            "host=db.example port=5433 user=us@er password='p/w' dbname=name sslmode = disable",
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host.as_str(), address.port), ("db.example", Some(5433)), "{text}");
            assert_eq!(address.options.get_username(), "us@er");
            assert_eq!(address.options.get_database(), Some("name"));
        }
    }

    #[test]
    fn certificate_and_name_are_checked_wherever_tls_is_required() {
        for mode in ["require", "verify-full"] {
            let address = Address::parse(&format!("postgres://h/d?sslmode={mode}")).unwrap();
            assert!(matches!(address.options.get_ssl_mode(), PgSslMode::VerifyFull), "{mode}");
        }
    }

    #[test]
    fn what_spin_refuses_is_refused() {
        for text in [
            "",
            "nonsense",
            "host=/run/postgresql",
            "postgres:///db",
            "postgres://h/d?sslmode=verify-ca",
            "host=h x=1",
            "host='h",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
