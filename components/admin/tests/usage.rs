//! Usage as clients see it: malformed requests, the CSV file, and the caller's own.

use serde_json::{Value, json};

use crate::fixture::fixture;

#[tokio::test]
async fn a_report_has_its_time_and_sums() {
    let fixture = fixture().await;
    let path = "/api/v1/usage?from=2026-11-01&to=2026-11-30&group_by=model";
    let report = fixture.app.get(path).as_(fixture.person("owner")).send().await.expect(200);
    assert_eq!(
        (&report["from"], &report["to"]),
        (&json!("2026-11-01T00:00:00.000Z"), &json!("2026-12-01T00:00:00.000Z"))
    );
    assert_eq!((&report["group_by"], &report["totals"]["cost"]), (&json!("model"), &json!("0")));
    assert_eq!((&report["groups"], &report["truncated"]), (&json!([]), &json!(false)));
    for wrong in
        ["group_by=colour", "from=soon", "from=2020-01-01", "from=2026-11-02&to=2026-11-01"]
    {
        let reply = fixture
            .app
            .get(format!("/api/v1/usage?{wrong}"))
            .as_(fixture.person("owner"))
            .send()
            .await;
        assert_eq!(reply.problem(400), "invalid_query", "{wrong}");
    }
    let file =
        fixture.app.get("/api/v1/usage.csv").as_(fixture.person("owner")).send().await.expect(200);
    assert!(file.as_str().unwrap().starts_with("key,name,provider,calls,"), "{file}");
}

#[tokio::test]
async fn every_user_sees_their_own_usage_and_the_quota_of_each_user() {
    let fixture = fixture().await;
    assert_eq!(fixture.app.get("/api/v1/me/usage").send().await.problem(401), "not_signed_in");
    let own =
        fixture.app.get("/api/v1/me/usage").as_(fixture.person("user")).send().await.expect(200);
    assert_eq!((&own["today"]["calls"], &own["month"]["cost"]), (&json!(0), &json!("0")));
    let quota = &own["quotas"][0];
    assert_eq!(
        (&quota["subject"], &quota["limit"], &quota["state"]["left"]),
        (&json!("tenant"), &json!("1000000"), &json!("1000000"))
    );
    let theirs = fixture
        .app
        .get("/api/v1/me/usage")
        .as_(fixture.person("stranger"))
        .send()
        .await
        .expect(200);
    assert_eq!(theirs["quotas"], json!([]));
}

#[tokio::test]
async fn a_malformed_quota_is_refused() {
    let fixture = fixture().await;
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
        let reply = fixture
            .app
            .post("/api/v1/quotas")
            .as_(fixture.person("owner"))
            .json(&body)
            .send()
            .await;
        assert_eq!(reply.problem(400), code, "{member}: {value}");
    }
    let foreign = json!({ "subject": "user", "subject_id": fixture.person("stranger").user, "measure": "cost", "period": "day", "limit": "1" });
    let reply =
        fixture.app.post("/api/v1/quotas").as_(fixture.person("owner")).json(&foreign).send().await;
    assert_eq!(reply.problem(404), "not_found");
    fixture
        .app
        .post("/api/v1/quotas")
        .as_(fixture.person("owner"))
        .json(&good)
        .send()
        .await
        .expect(201);
    let again =
        fixture.app.post("/api/v1/quotas").as_(fixture.person("owner")).json(&good).send().await;
    assert_eq!(again.problem(409), "conflict");
}
