//! Redis: commands in, flat replies out (Spin flattens nested replies into one list; the native
//! adapter does the same).

use kernel::{Problem, Result};

/// The library of functions that Redis must have loaded (`FUNCTION LOAD`); `./stack` does that.
pub const FUNCTIONS: &str = include_str!("redis/functions.lua");

/// One element of a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// No value.
    Nil,
    /// `OK` and similar replies.
    Status(String),
    /// A number.
    Int(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Reply {
    /// As text; None if it is not UTF-8 text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
            Self::Status(text) => Some(text.clone()),
            Self::Nil | Self::Int(_) => None,
        }
    }
}

/// A connection. A blocking command (`XREAD BLOCK`) delays all other commands on it: open a second
/// one for that.
pub struct Redis(crate::adapter::redis::Driver);

/// An entry of a stream: its id and the value of its only field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// `milliseconds-sequence`
    pub id: String,
    /// The value.
    pub data: String,
}

impl Redis {
    /// Connects to the server named by the variable `redis_url`.
    ///
    /// # Errors
    /// `unavailable` if the server does not answer.
    pub async fn open() -> Result<Self> {
        let url = crate::config::required("redis_url").await?;
        crate::adapter::redis::Driver::open(&url).await.map(Self).map_err(unavailable)
    }

    /// Sends one command.
    ///
    /// # Errors
    /// `unavailable` if the server does not answer or refuses it.
    pub async fn command(&self, command: &str, args: &[&[u8]]) -> Result<Vec<Reply>> {
        self.0.command(command, args).await.map_err(unavailable)
    }

    /// Calls one of [`FUNCTIONS`]. Components may not run scripts of their own: a compromised one
    /// must not choose what Redis' interpreter runs.
    ///
    /// # Errors
    /// As [`Redis::command`]; also while the functions are not loaded.
    pub async fn call(&self, function: &str, keys: &[&str], args: &[&[u8]]) -> Result<Vec<Reply>> {
        let count = keys.len().to_string();
        let mut all = vec![function.as_bytes(), count.as_bytes()];
        all.extend(keys.iter().map(|key| key.as_bytes()));
        all.extend(args);
        self.command("FCALL", &all).await
    }

    /// Appends to a stream that keeps about `keep` entries and expires `ttl_seconds` after its last
    /// entry; returns the entry's id.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn append(
        &self,
        stream: &str,
        data: &str,
        keep: u32,
        ttl_seconds: u32,
    ) -> Result<String> {
        let (keep, ttl) = (keep.to_string(), ttl_seconds.to_string());
        let reply = self
            .call("tessera_append", &[stream], &[data.as_bytes(), keep.as_bytes(), ttl.as_bytes()])
            .await?;
        reply
            .first()
            .and_then(Reply::text)
            .ok_or_else(|| unavailable(format!("XADD answered {reply:?}")))
    }

    /// The entries of a stream after an id (`0` for all, `$` for future ones); waits up to
    /// `block_ms` for the first, 0 = no wait.
    ///
    /// # Errors
    /// As [`Redis::command`].
    pub async fn read_after(
        &self,
        stream: &str,
        after: &str,
        count: u32,
        block_ms: u32,
    ) -> Result<Vec<Entry>> {
        let (count, block) = (count.to_string(), block_ms.to_string());
        let mut args: Vec<&[u8]> = vec![b"COUNT", count.as_bytes()];
        if block_ms > 0 {
            args.extend([b"BLOCK".as_slice(), block.as_bytes()]);
        }
        args.extend([b"STREAMS".as_slice(), stream.as_bytes(), after.as_bytes()]);
        let reply = self.command("XREAD", &args).await?;
        // Flat: the stream's name, then id, field, value for each entry.
        let texts: Vec<Option<String>> = reply.iter().skip(1).map(Reply::text).collect();
        let entry = |three: &[Option<String>]| match three {
            [Some(id), _, Some(data)] => Some(Entry { id: id.clone(), data: data.clone() }),
            _ => None,
        };
        Ok(texts.chunks(3).filter_map(entry).collect())
    }
}

fn unavailable(cause: String) -> Problem {
    Problem::unavailable("the event store", cause)
}
