//! Who uses the hosts: people of several organisations, each with a collection and an assistant.

use serde_json::json;
use tests::{client::Client, cluster::Cluster};

const TENANTS: usize = 4;
const COLLEAGUES: usize = 5;

/// A person's client at the proxy.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) collection: String,
    pub(crate) assistant: String,
}

/// Twenty people of four organisations.
pub(crate) async fn all(cluster: &Cluster, url: &str) -> Vec<Person> {
    let mut people = Vec::new();
    for _ in 0..TENANTS {
        let tenant = cluster.database.person("rolling").await.tenant;
        for _ in 0..COLLEAGUES {
            let person = cluster.database.colleague(tenant, "rolling", "admin").await;
            let mut client = Client::new(url);
            client.sign_in(&person.email, person.password).await;
            let (space, collection) = client.collection("Rolling").await;
            let assistant = json!({ "space_id": space, "name": "Rolling" });
            let assistant = client.create("/api/v1/assistants", &assistant).await;
            people.push(Person { client, collection, assistant });
        }
    }
    people
}
