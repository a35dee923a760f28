//! Authentication of directories, and the form of errors, in the process of the test.

#[cfg(test)]
mod operations;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::{App, Reply};

    const USERS: &str = "/api/v1/scim/v2/Users";

    /// An app and the `Authorization` of a directory of its only tenant.
    async fn directory() -> (App, String) {
        let app = App::new(scim_component::router()).await;
        let administrator = app.database.person("administrator").await;
        let token = app.directory_token(&administrator).await;
        (app, format!("Bearer {token}"))
    }

    /// Status, `scimType` and `detail` of an error in the form of the RFC.
    fn error(reply: &Reply) -> (u16, Value, Value) {
        assert_eq!(reply.headers["content-type"], "application/scim+json", "{reply:#?}");
        assert_eq!(reply.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(reply.body["status"], reply.status.to_string());
        (reply.status, reply.body["scimType"].clone(), reply.body["detail"].clone())
    }

    #[tokio::test]
    async fn without_a_token_the_error_names_the_scheme() {
        let reply = App::new(scim_component::router()).await.get(USERS).send().await;
        assert_eq!(
            (error(&reply).0, &reply.headers["www-authenticate"]),
            (401, &"Bearer".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn a_directory_creates_and_finds_a_user() {
        let (app, token) = directory().await;
        let user =
            json!({ "userName": "anna@example.org", "emails": [{ "value": "anna@example.org" }] });
        let request = app
            .post(USERS)
            .header("authorization", &*token)
            .body("application/scim+json", user.to_string());
        let made = request.send().await.expect(201);
        let named = format!("{USERS}?filter=userName%20eq%20%22anna@example.org%22");
        let found = app.get(named).header("authorization", token).send().await.expect(200);
        assert_eq!(
            (&found["totalResults"], &found["Resources"][0]["id"]),
            (&json!(1), &made["id"])
        );
    }

    #[tokio::test]
    async fn a_refusal_has_the_code_of_the_rfc() {
        let (app, token) = directory().await;
        let path = format!("{USERS}?filter=userName%20or");
        let reply = app.get(path).header("authorization", &*token).send().await;
        assert_eq!((error(&reply).0, error(&reply).1), (400, json!("invalidFilter")));
        let request =
            app.post(USERS).header("authorization", &*token).body("application/json", "{");
        let reply = request.send().await;
        assert_eq!((error(&reply).0, error(&reply).1), (400, json!("invalidSyntax")));
        let request = app.post(USERS).header("authorization", token).body("text/plain", "{}");
        assert_eq!(error(&request.send().await).0, 415);
    }

    #[tokio::test]
    async fn an_unknown_route_has_an_error_of_the_same_form() {
        let app = App::new(scim_component::router()).await;
        let unknown = app.get("/api/v1/scim/v2/Nothing").send().await;
        assert_eq!(error(&unknown), (404, Value::Null, json!("Not Found")));
        let wrong = app.put(USERS).send().await;
        assert_eq!(error(&wrong), (405, Value::Null, json!("Method Not Allowed")));
    }
}
