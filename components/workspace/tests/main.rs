//! Every operation of the workspace, in the process of the test, on a real database: permitted and
//! refused callers.

#[cfg(test)]
mod operations;
#[cfg(test)]
mod prompts;
#[cfg(test)]
mod world;

#[cfg(test)]
mod tests {
    use testkit::Fixture;

    use crate::{operations::operations, world::world};

    #[test]
    fn every_route_is_tested() {
        Fixture::knows_every_route(&workspace_component::router(), &operations());
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
    async fn a_weaker_role_is_refused() {
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
    async fn every_operation_succeeds_for_an_owner() {
        world().await.lets_the_owner_work(&operations()).await;
    }
}
