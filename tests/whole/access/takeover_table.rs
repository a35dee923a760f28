//! What an attacker can do who has taken a component over altogether: they have its database role,
//! its Redis user and its variables, and send any statement and command. Here: the tables.
//! `takeover_redis` tries Redis, `blast_radius` writes down what is left.

use credentials::operator;
use kernel::{
    hex,
    id::{TenantId, UserId},
};
use platform::pg::Db;
use schema::{COMPONENTS, component_role};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::{Database, Person};
use tests::stack::Stack;

async fn texts(db: &mut PgConnection, sql: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await.unwrap()
}

async fn as_role(database: &Database, role: &str) -> PgConnection {
    PgConnection::connect(&database.url(role)).await.unwrap()
}

/// The tables with a tenant that a role may read.
async fn readable(database: &Database, role: &str) -> Vec<String> {
    let sql = format!(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
          where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'tenant_id' and not a.attisdropped
            and has_column_privilege('{role}', c.oid, a.attnum, 'select') order by 1"
    );
    texts(&mut database.superuser().await, &sql).await
}

/// The rows of other tenants that a connection sees in a table.
async fn foreign_rows(db: &mut PgConnection, table: &str, own: &Person) -> i64 {
    let sql = format!("select count(*) from {table} where tenant_id <> '{}'", own.tenant);
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await.unwrap()
}

async fn set_ticket(db: &mut PgConnection, ticket: &str) {
    sqlx::query("select set_config('app.ticket', $1, false)")
        .bind(ticket)
        .execute(db)
        .await
        .unwrap();
}

fn roles() -> Vec<String> {
    COMPONENTS.iter().map(|name| component_role(name)).collect()
}

#[tokio::test]
async fn no_component_chooses_its_tenant() {
    let database = &Stack::shared().database;
    let (ours, theirs) = (database.person("ours").await, database.person("theirs").await);
    let mut attacks = 0;
    for role in roles() {
        let tables = readable(database, &role).await;
        let own = database.ticket(&role, ours.tenant, &format!("user {}", ours.user)).await;
        let of_another_role = database.ticket("tessera_worker", theirs.tenant, "worker").await;
        let (mac, claims) = own.text().split_at(64);
        let moved = claims.replace(&ours.tenant.to_string(), &theirs.tenant.to_string());
        let expired: String =
            sqlx::query_scalar("select tenancy.ticket_for($1, $2, 'worker', interval '-1 second')")
                .bind(&role)
                .bind(theirs.tenant.0)
                .fetch_one(&mut database.superuser().await)
                .await
                .unwrap();
        let forged = [
            format!("{mac}{moved}"),
            format!("{}{moved}", "0".repeat(64)),
            moved.clone(),
            format!("{mac}{claims}|"),
            of_another_role.text().to_owned(),
            expired,
            String::new(),
        ];
        let mut db = as_role(database, &role).await;
        // The setting that used to be enough to choose a tenant.
        sqlx::query("select set_config('app.tenant_id', $1, false)")
            .bind(theirs.tenant.to_string())
            .execute(&mut db)
            .await
            .unwrap();
        for ticket in &forged {
            set_ticket(&mut db, ticket).await;
            for table in &tables {
                let seen = foreign_rows(&mut db, table, &ours).await;
                assert_eq!(seen, 0, "{role} reads {table} with {ticket}");
                attacks += 1;
            }
        }
        // With a valid ticket it reads its own tenant and no other.
        set_ticket(&mut db, own.text()).await;
        for table in &tables {
            assert_eq!(
                foreign_rows(&mut db, table, &ours).await,
                0,
                "{role} reads {table} of another tenant"
            );
        }
        if tables.iter().any(|table| table == "users") {
            let own: i64 = sqlx::query_scalar("select count(tenant_id) from users")
                .fetch_one(&mut db)
                .await
                .unwrap();
            assert_eq!(own, 1, "{role}: the ticket is good");
        }
    }
    crate::docs::made("no_component_chooses_its_tenant", attacks);
}

#[tokio::test]
async fn no_component_forges_a_ticket_or_reads_its_key() {
    let database = &Stack::shared().database;
    let ours = database.person("ours").await;
    for role in roles().into_iter().chain(["tessera_worker".to_owned()]) {
        let mut db = as_role(database, &role).await;
        for sql in [
            format!("select tenancy.ticket_for('{role}', '{}', 'user {}')", ours.tenant, ours.user),
            "select tenancy.hmac('x')".to_owned(),
            format!("select tenancy.redis_namespace('{}')", ours.tenant),
            "select * from tenancy.hmac_key".to_owned(),
            "update tenancy.hmac_key set inner_pad = '\\x'".to_owned(),
            "set role tessera_lookup".to_owned(),
            "set session authorization tessera_lookup".to_owned(),
            "create function public.sha256(bytea) returns bytea language sql as 'select $1'"
                .to_owned(),
            "create temporary table hmac_key (x int)".to_owned(),
        ] {
            let error =
                sqlx::query(AssertSqlSafe(sql.as_str())).execute(&mut db).await.expect_err(&sql);
            let code = error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code)
                .map(std::borrow::Cow::into_owned);
            assert_eq!(code.as_deref(), Some("42501"), "{role}: {sql}: {error}");
        }
    }
}

/// An operator of the installation, and the parts of their key.
struct KnownOperator {
    name: String,
    id: uuid::Uuid,
    secret: String,
    secret_hash: String,
}

/// The worker's connection without a tenant, which adds and revokes operators.
async fn worker(database: &Database) -> Db {
    Db::new(database.source("tessera_worker").await, None)
}

async fn known_operator(database: &Database) -> KnownOperator {
    let name = format!("operator {}", uuid::Uuid::now_v7().simple());
    let key = operator::add(&worker(database).await, &name).await.unwrap();
    let (secret, id) = key.strip_prefix(operator::PREFIX).unwrap().split_at(64);
    let id = uuid::Uuid::try_parse(id).unwrap();
    let secret_hash: Vec<u8> =
        sqlx::query_scalar("select secret_hash from operators where id = $1")
            .bind(id)
            .fetch_one(&mut database.superuser().await)
            .await
            .unwrap();
    KnownOperator { name, id, secret: secret.to_owned(), secret_hash: hex::encode(&secret_hash) }
}

/// Each function that enters a tenant, with a call which has no valid credential.
fn entrances(
    tenant: TenantId,
    user: UserId,
    operator: &KnownOperator,
) -> [(&'static str, String); 7] {
    let unknown = uuid::Uuid::now_v7();
    let grant = format!("{}{tenant}|9999999999|{user}|chat|{unknown}", "0".repeat(64));
    [
        (
            "open_request(uuid,uuid,uuid,text)",
            format!("open_request('{tenant}', '{unknown}', '{user}', '{{}}')"),
        ),
        (
            "open_request_by_key(uuid,uuid,bytea,text,boolean)",
            format!("open_request_by_key('{tenant}', '{unknown}', '\\x00', '{{}}', false)"),
        ),
        ("open_scim(uuid,bytea,text)", format!("open_scim('{tenant}', '\\x00', '{{}}')")),
        ("tenancy.enter_worker(uuid,text)", format!("tenancy.enter_worker('{tenant}', '{{}}')")),
        (
            "tenancy.enter_operator(uuid,uuid,bytea,text)",
            format!(
                "tenancy.enter_operator('{tenant}', '{}', '\\x{}', '{{}}')",
                operator.id, operator.secret_hash
            ),
        ),
        ("tenancy.enter_gateway(text,text)", format!("tenancy.enter_gateway('{grant}', '{{}}')")),
        (
            "tenancy.model_grant(text,uuid[])",
            format!("tenancy.model_grant('chat', array['{unknown}']::uuid[])"),
        ),
    ]
}

#[tokio::test]
async fn a_component_enters_a_tenant_by_a_credential_only() {
    let database = &Stack::shared().database;
    let theirs = database.person("theirs").await;
    let mut superuser = database.superuser().await;
    let operator = known_operator(database).await;
    for role in roles() {
        let mut db = as_role(database, &role).await;
        for (function, call) in entrances(theirs.tenant, theirs.user, &operator) {
            let _ =
                sqlx::query(AssertSqlSafe(format!("select * from {call}"))).execute(&mut db).await;
            let ticket: Option<String> =
                sqlx::query_scalar("select nullif(current_setting('app.ticket', true), '')")
                    .fetch_one(&mut db)
                    .await
                    .unwrap();
            assert_eq!(ticket, None, "{role}: {function}");
        }
        // The roles that may request an entrance at all.
        let sql = format!(
            "select p.oid::regprocedure::text from pg_proc p where p.pronamespace in ('lookup'::regnamespace, 'tenancy'::regnamespace)
               and has_function_privilege('{role}', p.oid, 'execute') and 'entrance' = any (p.proargnames)
             union all select p.oid::regprocedure::text from pg_proc p where p.proname like 'enter\\_%' and has_function_privilege('{role}', p.oid, 'execute')
             order by 1"
        );
        let expected: &[&str] = match role.as_str() {
            "tessera_auth" => &[
                "lookup.federated_sessions(text,text,text,text)",
                "lookup.federation(text)",
                "lookup.session_tenant(uuid)",
            ],
            "tessera_passwords" => &["lookup.link_tenant(bytea)", "lookup.sign_in(text,text)"],
            "tessera_sysadmin" => &["tenancy.enter_operator(uuid,uuid,bytea,text)"],
            "tessera_gateway" => &["tenancy.enter_gateway(text,text)"],
            _ => &[],
        };
        assert_eq!(texts(&mut superuser, &sql).await, expected, "{role}");
    }
}

#[tokio::test]
async fn an_operators_id_and_hash_enter_no_tenant_and_only_the_key_does() {
    let database = &Stack::shared().database;
    let theirs = database.person("theirs").await;
    let (operator, other) = (known_operator(database).await, known_operator(database).await);
    let mut db = as_role(database, "tessera_sysadmin").await;
    for sql in [
        "select id from operators",
        "select secret_hash from operators",
        "update operators set last_used_at = now()",
        "insert into operators (id, name, secret_hash) values (gen_random_uuid(), 'x', '\\x00')",
    ] {
        let error = sqlx::query(sql).execute(&mut db).await.expect_err(sql);
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        assert_eq!(code.as_deref(), Some("42501"), "{sql}: {error}");
    }
    let enter = async |db: &mut PgConnection, secret: &str| {
        let call = format!(
            "select count(*) from tenancy.enter_operator('{}', '{}', {secret}, '{{}}')",
            theirs.tenant, operator.id
        );
        sqlx::query_scalar::<_, i64>(AssertSqlSafe(call)).fetch_one(&mut *db).await.unwrap()
    };
    let bytes = |digits: &str| format!("'\\x{digits}'");
    for wrong in ["null", &bytes(""), &bytes(&operator.secret_hash), &bytes(&other.secret)] {
        assert_eq!(enter(&mut db, wrong).await, 0, "{wrong}");
        assert_eq!(foreign_tenants_users(&mut db, &theirs).await, 0, "{wrong}");
    }
    assert_eq!(enter(&mut db, &bytes(&operator.secret)).await, 1);
    assert_eq!(foreign_tenants_users(&mut db, &theirs).await, 1);
    assert!(operator::revoke(&worker(database).await, &operator.name).await.unwrap());
    assert_eq!(enter(&mut db, &bytes(&operator.secret)).await, 0, "the key was revoked");
    assert_eq!(foreign_tenants_users(&mut db, &theirs).await, 0);
}

async fn foreign_tenants_users(db: &mut PgConnection, of: &Person) -> i64 {
    sqlx::query_scalar("select count(tenant_id) from users where tenant_id = $1")
        .bind(of.tenant.0)
        .fetch_one(db)
        .await
        .unwrap()
}

#[tokio::test]
async fn those_who_sign_people_in_enter_by_exact_values_and_as_nobody() {
    let database = &Stack::shared().database;
    let theirs = database.person("theirs").await;
    let look_ups = [
        ("tessera_auth", "lookup.session_tenant(gen_random_uuid())"),
        ("tessera_auth", "lookup.federation('%')"),
        ("tessera_auth", "lookup.federation(null)"),
        ("tessera_auth", "lookup.federated_sessions('%', '%', '%', '%')"),
        ("tessera_auth", "lookup.federated_sessions('', '', null, null)"),
        ("tessera_passwords", "lookup.sign_in('%', null)"),
        ("tessera_passwords", "lookup.sign_in(null, null)"),
        ("tessera_passwords", "lookup.link_tenant('\\x00')"),
        ("tessera_passwords", "lookup.link_tenant(null)"),
    ];
    for (role, look_up) in look_ups {
        let found = format!("select entrance from {look_up}");
        let found = texts(&mut as_role(database, role).await, &found).await;
        assert_eq!(found, Vec::<String>::new(), "{role}: {look_up}");
    }
    let mut db = as_role(database, "tessera_passwords").await;
    let known = format!("select entrance from lookup.sign_in('{}', null)", theirs.email);
    let entrance = texts(&mut db, &known).await.remove(0);
    set_ticket(&mut db, &entrance).await;
    let actor = texts(&mut db, "select actor from tenancy.context").await;
    assert_eq!(actor, ["anonymous"], "an address alone enters without a user");
}

#[tokio::test]
async fn no_component_forges_an_entry_of_the_audit_log() {
    let database = &Stack::shared().database;
    let (ours, theirs) = (database.person("ours").await, database.person("theirs").await);
    let colleague = database.colleague(ours.tenant, "colleague", "admin").await;
    for role in roles() {
        let may = format!(
            "select has_function_privilege('{role}', 'audit.event(text,text,text,jsonb)', 'execute')::text"
        );
        if texts(&mut database.superuser().await, &may).await != ["true"] {
            continue;
        }
        let mut db = as_role(database, &role).await;
        let event = |action: &str| format!("select audit.event('{action}', 'x', '{role}', '{{}}')");
        let code = async |db: &mut PgConnection, sql: &str| {
            let error = sqlx::query(AssertSqlSafe(sql)).execute(db).await.expect_err(sql);
            error
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code)
                .map(std::borrow::Cow::into_owned)
        };
        // The earlier attack: tenant and actor as the caller likes.
        let settings = format!(
            "select set_config('app.tenant_id', '{}', false), set_config('app.actor', 'user {}', false)",
            theirs.tenant, theirs.user
        );
        sqlx::query(AssertSqlSafe(settings)).execute(&mut db).await.unwrap();
        assert_eq!(
            code(&mut db, &event("access.denied")).await.as_deref(),
            Some("42501"),
            "{role}"
        );
        let own = database.ticket(&role, ours.tenant, &format!("user {}", ours.user)).await;
        set_ticket(&mut db, own.text()).await;
        let pretend = format!("select set_config('app.actor', 'user {}', false)", colleague.user);
        sqlx::query(AssertSqlSafe(pretend)).execute(&mut db).await.unwrap();
        for action in ["user.delete", "space.create", "session.update"] {
            assert_eq!(
                code(&mut db, &event(action)).await.as_deref(),
                Some("42501"),
                "{role}: {action}"
            );
        }
        sqlx::query(AssertSqlSafe(event("access.denied"))).execute(&mut db).await.unwrap();
    }
    let sql = format!(
        "select distinct tenant_id || ' ' || actor_kind || ' ' || actor_id from audit_entries where tenant_id in ('{}', '{}') and action = 'access.denied'",
        ours.tenant, theirs.tenant
    );
    let expected = format!("{} user {}", ours.tenant, ours.user);
    assert_eq!(
        texts(&mut database.superuser().await, &sql).await,
        [expected],
        "the ticket's actor, in its tenant"
    );
}

#[tokio::test]
async fn every_tenant_policy_trusts_only_the_ticket() {
    let mut db = Stack::shared().database.superuser().await;
    let sql = "select tablename || ': ' || qual from pg_policies where policyname = 'tenant' and schemaname = 'public'
        and (qual not like '%tenancy.context%' or with_check not like '%tenancy.context%' or qual like '%current_setting%')";
    assert_eq!(texts(&mut db, sql).await, Vec::<String>::new());
}
