//! Who asks for a permit, what shares are counted for, and why a request gets none.

use std::time::Duration;

use crate::caller::Caller;
use crate::client::Client;

/// Number of a component.
pub(crate) type ComponentNumber = u16;

/// The party on whose behalf a request is made, as far as the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requester {
    /// The host itself.
    Host,
    /// No credential, or one that no component has accepted yet.
    Address(Client),
    /// A credential that a component accepted recently.
    Caller(Caller),
}

/// A party with shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Party {
    Host,
    Address(Client),
    Caller(u128),
    Tenant(u128),
}

impl Requester {
    /// The queue of its requests.
    pub(super) fn queue(self) -> Party {
        match self {
            Self::Host => Party::Host,
            Self::Address(client) => Party::Address(client),
            Self::Caller(caller) => Party::Tenant(caller.tenant),
        }
    }
}

/// The limits of one component.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ComponentShares {
    pub(crate) caller_working: usize,
    /// Minimum time between the starts of two requests of one caller, while one of them is in
    /// zero: none.
    pub(crate) caller_spacing: Duration,
    pub(crate) tenant_working: usize,
    pub(crate) address_working: usize,
    pub(crate) working: usize,
    pub(crate) in_flight: usize,
}

/// Why a request may not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The caller, tenant or address has used up its share.
    OwnShare,
    /// The host or the component has no free permit.
    Busy,
}
