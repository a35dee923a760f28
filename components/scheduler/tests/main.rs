//! The tick in the process of the test.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use testkit::{App, Fixture, Operation};

    fn operations() -> Vec<Operation> {
        vec![Operation::new(Method::POST, "/internal/tick").is_no_list()]
    }

    async fn fixture() -> Fixture {
        let app = App::new(scheduler_component::router()).await;
        let owner = app.database.person("owner").await;
        Fixture { app, people: BTreeMap::from([("owner", owner)]), ids: BTreeMap::new() }
    }

    testkit::operation_tests!(scheduler_component::router(), fixture, operations);

    #[tokio::test]
    async fn a_tick_without_due_work_does_not_wake_the_worker() {
        let app = App::new(scheduler_component::router()).await;
        let tick = app.post("/internal/tick").header("x-internal-key", app.internal_key());
        assert_eq!(tick.send().await.expect(200)["woken"], false);
    }
}
