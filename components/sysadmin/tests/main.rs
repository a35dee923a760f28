//! Every operation of operators, and every credential that is not an operator's, in the process of
//! the test.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::Method;
    use serde_json::{Value, json};
    use testkit::{App, Fixture, Operation, Reply};

    const TENANTS: &str = "/api/v1/sysadmin/tenants";
    const TENANT: &str = "/api/v1/sysadmin/tenants/{tenant_id}";
    const FEDERATION: &str = "/api/v1/sysadmin/tenants/{tenant_id}/federation";
    const DEBUG: &str = "/api/v1/sysadmin/observability/oidc-debug";

    fn with(method: Method, path: &'static str, body: Value) -> Operation {
        Operation::new(method, path).with(body)
    }

    /// In an order in which an operator can do them all: the tenant is suspended, then deleted.
    fn operations() -> Vec<Operation> {
        let new = json!({ "slug": "south", "name": "South", "admin_email": "ada@south.example" });
        let change = json!({ "name": "North", "active": false, "max_crawls": 2 });
        let federation = json!({
            "provider": "Entra", "issuer": "https://login.north.example", "client_id": "tessera", "client_secret": "a secret of theirs"
        });
        let debug = json!({ "enabled": true, "duration_minutes": 5, "reason": "A sign-in fails", "tenant": "{tenant_id}" });
        vec![
            Operation::new(Method::GET, TENANTS),
            with(Method::POST, TENANTS, new).answers(201),
            Operation::new(Method::GET, TENANT),
            with(Method::PUT, FEDERATION, federation),
            Operation::new(Method::GET, FEDERATION),
            Operation::new(Method::DELETE, FEDERATION).answers(204),
            with(Method::POST, DEBUG, debug),
            Operation::new(Method::GET, DEBUG).query("tenant={tenant_id}").is_no_list(),
            with(Method::PATCH, TENANT, change),
            Operation::new(Method::DELETE, TENANT).query("slug={slug}").answers(204),
        ]
    }

    /// A tenant with an administrator.
    async fn fixture() -> Fixture {
        let app = App::new(sysadmin_component::router()).await;
        let owner = app.database.person("owner").await;
        let path = format!("{TENANTS}/{}", owner.tenant);
        let slug = send(&app, Method::GET, &path, &Value::Null).await.expect(200)["slug"].clone();
        let ids =
            [("tenant_id", owner.tenant.to_string()), ("slug", slug.as_str().unwrap().to_owned())];
        Fixture { app, people: BTreeMap::from([("owner", owner)]), ids: BTreeMap::from(ids) }
    }

    /// A request of an operator.
    async fn send(app: &App, method: Method, path: &str, body: &Value) -> Reply {
        let request = app.request(method, path);
        let request = if body.is_null() { request } else { request.json(body) };
        let key = format!("Bearer {}", app.operator_key().await);
        request.header("authorization", key).send().await
    }

    // A test of a provider needs one: `tests/whole/sso` has it.
    testkit::operation_tests!(
        sysadmin_component::router(),
        fixture,
        operations,
        except | name | name.ends_with("/test")
    );

    #[tokio::test]
    async fn only_a_suspended_tenant_is_deleted_and_only_by_its_short_name() {
        let fixture = fixture().await;
        let (path, slug) = (fixture.fill(TENANT), fixture.id("slug"));
        let delete = async |slug: &str| {
            let path = format!("{path}?slug={slug}");
            send(&fixture.app, Method::DELETE, &path, &Value::Null).await
        };
        assert_eq!(delete(slug).await.problem(409), "conflict");
        let suspend = json!({ "active": false });
        send(&fixture.app, Method::PATCH, &path, &suspend).await.expect(200);
        assert_eq!(delete("another").await.problem(409), "conflict");
        delete(slug).await.expect(204);
    }
}
