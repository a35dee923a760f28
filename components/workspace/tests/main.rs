//! Every operation of the workspace, in the process of the test, on a real database: for whom it works, and for whom it does not.

#[cfg(test)]
mod operations;
#[cfg(test)]
mod world;

#[cfg(test)]
mod tests {
    use testkit::Fixture;

    use crate::{operations::operations, world::world};

    #[test]
    fn every_route_is_tried() {
        Fixture::knows_every_route(&workspace_component::router(), &operations());
    }

    #[tokio::test]
    async fn nobody_gets_in_without_signing_in() {
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
    async fn an_owner_gets_everything_done() {
        world().await.lets_the_owner_work(&operations()).await;
    }
}
