//! Sign-in with a password, in the process of the test.

#[cfg(test)]
mod operations;

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{App, Person, Reply};

    const LOGIN: &str = "/api/v1/auth/login";

    async fn login(app: &App, person: &Person, password: &str, cookies: &str) -> Reply {
        let body = json!({ "email": person.email, "password": password });
        app.post(LOGIN).header("cookie", cookies).json(&body).send().await
    }

    /// The `name=value` of a cookie that a response sets.
    fn cookie(reply: &Reply, name: &str) -> String {
        let set =
            reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let pair = set.filter_map(|text| text.split_once(';')).map(|(pair, _)| pair);
        pair.filter(|pair| pair.starts_with(name)).map(str::to_owned).next().unwrap()
    }

    #[tokio::test]
    async fn the_right_password_opens_a_session() {
        let app = App::new(passwords_component::router()).await;
        let person = app.database.person("anna").await;
        let reply = login(&app, &person, person.password, "").await;
        assert!(cookie(&reply, "tessera_access").len() > 100);
        assert_eq!(reply.expect(200)["user"]["email"], person.email);
    }

    #[tokio::test]
    async fn guesses_of_strangers_do_not_lock_a_known_browser_out() {
        let app = App::new(passwords_component::router()).await;
        let person = app.database.person("anna").await;
        let known = cookie(&login(&app, &person, person.password, "").await, "tessera_device");
        let mut refused = 0;
        while login(&app, &person, "a guess", "").await.status != 429 {
            refused += 1;
            assert!(refused < 20, "guesses are free");
        }
        login(&app, &person, person.password, "").await.expect(429);
        login(&app, &person, person.password, &known).await.expect(200);
    }

    #[tokio::test]
    async fn a_wrong_current_password_changes_nothing() {
        let app = App::new(passwords_component::router()).await;
        let person = app.database.person("anna").await;
        let change =
            json!({ "current_password": "a guess", "password": "another horse battery staple" });
        let reply = app.post("/api/v1/auth/password").as_(&person).json(&change).send().await;
        assert_eq!(reply.expect(400)["errors"][0]["pointer"], "/current_password");
        login(&app, &person, person.password, "").await.expect(200);
    }

    #[tokio::test]
    async fn a_new_password_replaces_the_current_one() {
        let app = App::new(passwords_component::router()).await;
        let person = app.database.person("anna").await;
        let new = "another horse battery staple";
        let change = json!({ "current_password": person.password, "password": new });
        app.post("/api/v1/auth/password").as_(&person).json(&change).send().await.expect(204);
        login(&app, &person, person.password, "").await.expect(401);
        login(&app, &person, new, "").await.expect(200);
    }
}
