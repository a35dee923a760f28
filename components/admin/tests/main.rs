//! Providers of models, models and aliases, in the process of the test, on a real database: for whom they work, and for whom not.

#[cfg(test)]
mod operations;
#[cfg(test)]
mod world;

#[cfg(test)]
mod tests {
    use crate::{operations::operations, world::world};

    #[tokio::test]
    async fn nobody_gets_in_without_signing_in() {
        world().await.turns_the_signed_out_away(&operations()).await;
    }

    #[tokio::test]
    async fn an_administrator_of_another_tenant_finds_nothing() {
        world().await.hides_from_other_tenants(&operations()).await;
    }

    #[tokio::test]
    async fn a_user_without_the_right_is_refused() {
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
