//! The events for clients. Workers write them (`queue::events`, `worker`); this component forwards
//! them unchanged.

contract::shape! {
    /// One data line of GET /events. The event's SSE id resumes by Last-Event-ID.
    #[serde(tag = "type", rename_all = "snake_case")]
    #[schema(name = "Event")]
    pub(crate) enum EventBody {
        Job { job: queue::wire::JobBody },
        Document {
            #[schema(as = Uuid)]
            document_id: String,
            #[schema(as = Uuid)]
            collection_id: String,
            #[schema(as = knowledge::wire::DocumentStatus)]
            status: String,
            progress: i32,
            failure: Option<queue::wire::FailureBody>,
            warnings: Vec<knowledge::wire::WarningBody>,
        },
    }
}
