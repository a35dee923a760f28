//! Small request bodies are read before an instance takes the request, so that a client that sends
//! half a body blocks no instance.

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

/// Memory of a request beside its body while the body is read, in bytes.
const OVERHEAD: usize = 4 << 10;
/// One client may use this fraction (1/n) of the budget.
const CLIENT_PART: usize = 8;

/// The budget for bodies that are being read, per client.
pub(crate) struct BodyBudget {
    total: usize,
    used: Mutex<Usage>,
}

#[derive(Default)]
struct Usage {
    total: usize,
    by_client: HashMap<Client, usize>,
}

/// Bytes of a body in the budget; released when dropped.
pub(crate) struct BodyReservation {
    budget: Arc<BodyBudget>,
    client: Client,
    bytes: usize,
}

/// The part of a body that has arrived: all of it if there is no `rest`.
pub(crate) struct EarlyBody {
    pub(crate) frames: VecDeque<Frame<Bytes>>,
    pub(crate) rest: Option<Incoming>,
    pub(crate) reservation: Option<BodyReservation>,
}

impl BodyBudget {
    pub(crate) fn new(config: &SmallBodies) -> Arc<Self> {
        Arc::new(Self { total: config.total_mib << 20, used: Mutex::default() })
    }

    fn reserve(self: &Arc<Self>, client: Client) -> Result<BodyReservation, Problem> {
        let mut reservation = BodyReservation { budget: self.clone(), client, bytes: 0 };
        reservation.add(OVERHEAD)?;
        Ok(reservation)
    }
}

impl BodyReservation {
    fn add(&mut self, bytes: usize) -> Result<(), Problem> {
        let mut used = self.budget.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.total + bytes > self.budget.total {
            return Err(Problem::Busy);
        }
        let of_client = used.by_client.entry(self.client).or_default();
        if *of_client + bytes > self.budget.total / CLIENT_PART {
            return Err(Problem::OwnShare);
        }
        *of_client += bytes;
        used.total += bytes;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for BodyReservation {
    fn drop(&mut self) {
        let mut used = self.budget.used.lock().unwrap_or_else(PoisonError::into_inner);
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
    budget: &Arc<BodyBudget>,
    client: Client,
) -> Result<EarlyBody, Problem> {
    if config.bytes == 0 || body.is_end_stream() {
        let rest = (!body.is_end_stream()).then_some(body);
        return Ok(EarlyBody { frames: VecDeque::new(), rest, reservation: None });
    }
    let reservation = budget.reserve(client)?;
    let limit = limit.min(Duration::from_secs(config.seconds));
    tokio::time::timeout(limit, fill(body, config.bytes, reservation))
        .await
        .unwrap_or(Err(Problem::BodyTimedOut))
}

async fn fill(
    mut body: Incoming,
    enough: usize,
    mut reservation: BodyReservation,
) -> Result<EarlyBody, Problem> {
    let (mut frames, mut length) = (VecDeque::new(), 0);
    while length < enough {
        let Some(frame) = body.frame().await else {
            return Ok(EarlyBody { frames, rest: None, reservation: Some(reservation) });
        };
        // The client has gone, or the body is malformed.
        let frame = frame.map_err(|_| Problem::BadBody)?;
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        reservation.add(bytes)?;
        length += bytes;
        frames.push_back(frame);
    }
    let rest = (!body.is_end_stream()).then_some(body);
    Ok(EarlyBody { frames, rest, reservation: Some(reservation) })
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn a_client_gets_a_part_of_the_budget_and_releases_it() {
        let budget = BodyBudget::new(&SmallBodies { total_mib: 1, ..SmallBodies::default() });
        let client = |last: u8| Client::from(IpAddr::from([203, 0, 113, last]));
        let mut reservation = Vec::new();
        let refused = loop {
            match budget.reserve(client(1)) {
                Ok(one) => reservation.push(one),
                Err(problem) => break problem,
            }
        };
        assert_eq!(
            (refused, reservation.len()),
            (Problem::OwnShare, (1 << 20) / CLIENT_PART / OVERHEAD)
        );
        let mut other = budget.reserve(client(2)).unwrap();
        assert_eq!(other.add(1 << 20), Err(Problem::Busy));
        drop(reservation);
        assert!(budget.reserve(client(1)).is_ok());
    }
}
