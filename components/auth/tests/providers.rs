//! Sign-in at a provider, as far as it goes without one: a failure ends on a page of ours, and says
//! nothing of the cause. `tests/whole/sso` has the rest.

use testkit::{App, Reply};

/// The error that the page of a failed sign-in shows.
fn error(reply: &Reply) -> &str {
    assert_eq!(reply.status, 302, "{reply:#?}");
    let location = reply.headers["location"].to_str().unwrap();
    let query = location.strip_prefix("/sign-in?error=").unwrap();
    query.split_once("&correlation=").unwrap().0
}

#[tokio::test]
async fn a_sign_in_without_a_provider_ends_on_our_page() {
    let app = App::new(auth_component::router()).await;
    let person = app.database.person("person").await;
    let path = "/api/v1/auth/oidc";
    for start in ["start", "start?tenant=nobody", "start?return_to=//evil.example"] {
        let reply = app.get(format!("{path}/{start}")).send().await;
        assert_eq!(error(&reply), "sign_in_refused", "{start}");
    }
    let unknown = "callback?state=a&code=b";
    let of_tenant = format!("callback/{}?state=a&code=b", person.tenant);
    for callback in ["callback", unknown, &of_tenant] {
        let reply = app.get(format!("{path}/{callback}")).send().await;
        assert_eq!(error(&reply), "sign_in_expired", "{callback}");
        let mut cookies = reply.headers.get_all("set-cookie").iter();
        assert!(cookies.all(|cookie| cookie.to_str().unwrap().contains("Max-Age=0")));
    }
    app.get(format!("{path}/callback/no-id")).send().await.expect(404);
}

#[tokio::test]
async fn a_logout_needs_a_token_of_a_provider() {
    let app = App::new(auth_component::router()).await;
    let send = |form: &'static str| {
        app.post("/api/v1/auth/oidc/backchannel-logout")
            .body("application/x-www-form-urlencoded", form)
            .send()
    };
    assert_eq!(send("token=a").await.problem(400), "invalid_body");
    send("logout_token=a.b.c").await.expect(400);
}
