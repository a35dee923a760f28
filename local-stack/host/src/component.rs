//! One component of the application, ready to be instantiated.

use std::collections::HashSet;
use std::sync::Arc;

use crate::admission::ComponentNumber;
use crate::drain::Drain;
use crate::egress::allowed_hosts::AllowedHosts;
use crate::egress::http::HttpClient;
use crate::exports::ExportsPre;
use crate::files::Mounts;
use crate::postgres::Pools;
use crate::runtime_config::ComponentPolicy;
use crate::variables::ComponentVariables;

/// What all instances of a component share.
pub(crate) struct Component {
    pub(crate) id: Arc<str>,
    pub(crate) number: ComponentNumber,
    pub(crate) policy: ComponentPolicy,
    pub(crate) variables: ComponentVariables,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) mounts: Mounts,
    pub(crate) allowed: AllowedHosts,
    /// A client of its own, if it may reach fewer networks than the others.
    pub(crate) http: Option<HttpClient>,
    pub(crate) key_value_labels: HashSet<String>,
    pub(crate) postgres: Pools,
    pub(crate) exports: ExportsPre,
    pub(crate) drain: Drain,
}
