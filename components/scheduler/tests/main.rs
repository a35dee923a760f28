//! The authorization of the tick, in the process of the test.

#[cfg(test)]
mod tests {
    use testkit::App;

    #[tokio::test]
    async fn without_the_installations_key_there_is_no_route() {
        let app = App::with(
            scheduler_component::router(),
            [("internal_key", "the-key-of-this-test".to_owned())],
        )
        .await;
        let (without, wrong) = (
            app.post("/internal/tick"),
            app.post("/internal/tick").header("x-internal-key", "the-key"),
        );
        assert_eq!(without.send().await.problem(404), "no_such_route");
        assert_eq!(wrong.send().await.problem(404), "no_such_route");
        let ticked = app
            .post("/internal/tick")
            .header("x-internal-key", "the-key-of-this-test")
            .send()
            .await;
        assert_eq!(ticked.expect(200)["woken"], false, "no job waits");
    }
}
