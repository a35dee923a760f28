//! Small request bodies, read before an instance takes the request: who sends half a body waits at the door, and keeps no instance.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::client::Client;
use crate::front_config::SmallBodies;
use crate::problem::Problem;

/// What a request costs beside its bytes while its body is read.
const OVERHEAD: usize = 4 << 10;
/// One client may use one part in so many of the room.
const CLIENT_PART: usize = 8;

/// The room for bodies that are being read, and whose bytes are in it.
pub(crate) struct Room {
    total: usize,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    total: usize,
    by_client: HashMap<Client, usize>,
}

/// Bytes of a body in the room; given back when dropped.
pub(crate) struct Held {
    room: Arc<Room>,
    client: Client,
    bytes: usize,
}

/// What has come of a body: all of it if there is no `rest`.
pub(crate) struct EarlyBody {
    pub(crate) frames: VecDeque<Frame<Bytes>>,
    pub(crate) rest: Option<Incoming>,
    pub(crate) held: Option<Held>,
}

impl Room {
    pub(crate) fn new(config: &SmallBodies) -> Arc<Self> {
        Arc::new(Self { total: config.total_mib << 20, used: Mutex::default() })
    }

    fn enter(self: &Arc<Self>, client: Client) -> Result<Held, Problem> {
        let mut held = Held { room: self.clone(), client, bytes: 0 };
        held.add(OVERHEAD)?;
        Ok(held)
    }
}

impl Held {
    fn add(&mut self, bytes: usize) -> Result<(), Problem> {
        let mut used = self.room.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.total + bytes > self.room.total {
            return Err(Problem::Busy);
        }
        let of_client = used.by_client.entry(self.client).or_default();
        if *of_client + bytes > self.room.total / CLIENT_PART {
            return Err(Problem::OwnShare);
        }
        *of_client += bytes;
        used.total += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut used = self.room.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.total = used.total.saturating_sub(self.bytes);
        if let Some(of_client) = used.by_client.get_mut(&self.client) {
            *of_client = of_client.saturating_sub(self.bytes);
            if *of_client == 0 {
                used.by_client.remove(&self.client);
            }
        }
    }
}

/// Reads `body` to its end or to `config.bytes`, whichever comes first, within `limit`.
pub(crate) async fn read(
    body: Incoming,
    config: &SmallBodies,
    limit: Duration,
    room: &Arc<Room>,
    client: Client,
) -> Result<EarlyBody, Problem> {
    if config.bytes == 0 || body.is_end_stream() {
        let rest = (!body.is_end_stream()).then_some(body);
        return Ok(EarlyBody { frames: VecDeque::new(), rest, held: None });
    }
    let held = room.enter(client)?;
    let limit = limit.min(Duration::from_secs(config.seconds));
    tokio::time::timeout(limit, fill(body, config.bytes, held)).await.unwrap_or(Err(Problem::BodyTimedOut))
}

async fn fill(mut body: Incoming, enough: usize, mut held: Held) -> Result<EarlyBody, Problem> {
    let (mut frames, mut length) = (VecDeque::new(), 0);
    while length < enough {
        let Some(frame) = body.frame().await else {
            return Ok(EarlyBody { frames, rest: None, held: Some(held) });
        };
        // The client has gone, or what it sent is no body.
        let frame = frame.map_err(|_| Problem::BadBody)?;
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        held.add(bytes)?;
        length += bytes;
        frames.push_back(frame);
    }
    let rest = (!body.is_end_stream()).then_some(body);
    Ok(EarlyBody { frames, rest, held: Some(held) })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_client_has_a_part_of_the_room_and_gives_it_back() {
        let room = Room::new(&SmallBodies { total_mib: 1, ..SmallBodies::default() });
        let client = |last: u8| Client::from(IpAddr::from([203, 0, 113, last]));
        let mut held = Vec::new();
        let refused = loop {
            match room.enter(client(1)) {
                Ok(one) => held.push(one),
                Err(problem) => break problem,
            }
        };
        assert_eq!((refused, held.len()), (Problem::OwnShare, (1 << 20) / CLIENT_PART / OVERHEAD));
        let mut other = room.enter(client(2)).unwrap();
        assert_eq!(other.add(1 << 20), Err(Problem::Busy));
        drop(held);
        assert!(room.enter(client(1)).is_ok());
    }
}
