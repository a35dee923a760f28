//! The administration in the process of the test, on a real database: for whom each operation
//! works, and for whom it does not.

#[cfg(test)]
mod offers;
#[cfg(test)]
mod operations;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
#[expect(dead_code, reason = "the stub of another crate's tests can do more")]
mod provider;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod verification;
#[cfg(test)]
mod world;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{operations::operations, world::world};

    /// Those of single sign-on need a provider: `tests/whole/sso` tries them. Those of the audit
    /// log need what they gave before. What a provider of models answers is in `offers`; the own
    /// usage, which is for every credential, in `usage`.
    #[test]
    fn every_route_is_tested() {
        let elsewhere = |path: &str| {
            path.contains("/federation")
                || path.contains("/admin/audit")
                || path.ends_with("/test")
                || path.ends_with("{provider_id}/models")
                || path == "/api/v1/me/usage"
        };
        let routes: BTreeSet<(String, &str)> = admin_component::router()
            .routes()
            .iter()
            .filter(|route| !elsewhere(route.path))
            .map(|route| (route.method.to_string(), route.path))
            .collect();
        let tried: BTreeSet<_> =
            operations().iter().map(|o| (o.method.to_string(), o.path)).collect();
        assert_eq!(tried, routes);
    }

    #[tokio::test]
    async fn every_operation_needs_a_sign_in() {
        world().await.turns_the_signed_out_away(&operations()).await;
    }

    #[tokio::test]
    async fn an_administrator_of_another_tenant_finds_nothing() {
        world().await.hides_from_other_tenants(&operations()).await;
    }

    #[tokio::test]
    async fn a_plain_user_is_refused() {
        world().await.refuses_weaker_roles(&operations()).await;
    }

    #[tokio::test]
    async fn a_malformed_request_is_refused() {
        world().await.refuses_malformed_requests(&operations()).await;
    }

    #[tokio::test]
    async fn a_key_without_the_scope_is_refused() {
        world().await.needs_the_scope_of_the_contract(&operations()).await;
    }

    #[tokio::test]
    async fn an_administrator_gets_everything_done() {
        world().await.lets_the_owner_work(&operations()).await;
    }
}
