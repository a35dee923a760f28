//! Usage as clients see it: what is malformed, the file, and everybody's own.

use serde_json::{Value, json};

use crate::world::world;

#[tokio::test]
async fn a_report_has_its_time_and_sums() {
    let world = world().await;
    let path = "/api/v1/usage?from=2026-11-01&to=2026-11-30&group_by=model";
    let report = world.app.get(path).as_(world.person("owner")).send().await.expect(200);
    assert_eq!(
        (&report["from"], &report["to"]),
        (&json!("2026-11-01T00:00:00.000Z"), &json!("2026-12-01T00:00:00.000Z"))
    );
    assert_eq!((&report["group_by"], &report["totals"]["cost"]), (&json!("model"), &json!("0")));
    assert_eq!((&report["groups"], &report["truncated"]), (&json!([]), &json!(false)));
    for wrong in
        ["group_by=colour", "from=soon", "from=2020-01-01", "from=2026-11-02&to=2026-11-01"]
    {
        let reply =
            world.app.get(format!("/api/v1/usage?{wrong}")).as_(world.person("owner")).send().await;
        assert_eq!(reply.problem(400), "invalid_query", "{wrong}");
    }
    let file =
        world.app.get("/api/v1/usage.csv").as_(world.person("owner")).send().await.expect(200);
    assert!(file.as_str().unwrap().starts_with("key,name,provider,calls,"), "{file}");
}

#[tokio::test]
async fn everybody_sees_the_own_usage_and_a_quota_of_everybody() {
    let world = world().await;
    assert_eq!(world.app.get("/api/v1/me/usage").send().await.problem(401), "not_signed_in");
    let own = world.app.get("/api/v1/me/usage").as_(world.person("user")).send().await.expect(200);
    assert_eq!((&own["today"]["calls"], &own["month"]["cost"]), (&json!(0), &json!("0")));
    let quota = &own["quotas"][0];
    assert_eq!(
        (&quota["subject"], &quota["limit"], &quota["state"]["left"]),
        (&json!("tenant"), &json!("1000000"), &json!("1000000"))
    );
    let theirs =
        world.app.get("/api/v1/me/usage").as_(world.person("stranger")).send().await.expect(200);
    assert_eq!(theirs["quotas"], json!([]));
}

#[tokio::test]
async fn a_quota_that_makes_no_sense_is_refused() {
    let world = world().await;
    let good = json!({ "subject": "each_user", "measure": "cost", "period": "day", "limit": "1" });
    for (member, value, code) in [
        ("limit", json!("-1"), "invalid_body"),
        ("limit", json!("1e400"), "invalid_body"),
        ("limit", json!("1000000000000"), "invalid_body"),
        ("limit", json!(1), "invalid_body"),
        ("subject", json!("everybody"), "invalid_body"),
        ("subject", json!("user"), "invalid_body"),
        ("subject_id", json!("018f6e2e-0000-7000-8000-000000000000"), "invalid_body"),
        ("period", json!("year"), "invalid_body"),
        ("measure", json!("calls"), "invalid_body"),
        ("alert_percent", json!(0), "invalid_body"),
    ] {
        let mut body: Value = good.clone();
        body[member] = value.clone();
        let reply =
            world.app.post("/api/v1/quotas").as_(world.person("owner")).json(&body).send().await;
        assert_eq!(reply.problem(400), code, "{member}: {value}");
    }
    let foreign = json!({ "subject": "user", "subject_id": world.person("stranger").user, "measure": "cost", "period": "day", "limit": "1" });
    let reply =
        world.app.post("/api/v1/quotas").as_(world.person("owner")).json(&foreign).send().await;
    assert_eq!(reply.problem(404), "not_found");
    world
        .app
        .post("/api/v1/quotas")
        .as_(world.person("owner"))
        .json(&good)
        .send()
        .await
        .expect(201);
    let again =
        world.app.post("/api/v1/quotas").as_(world.person("owner")).json(&good).send().await;
    assert_eq!(again.problem(409), "conflict");
}
