//! A database role for each component, with the grants that its statements use and no others.

use std::collections::BTreeSet;

use schema::{COMPONENTS, WORKER_ROLE, component_role};
use sqlx::PgConnection;
use tests::stack::{Stack, program, root};

/// Rights that are needed although no statement names them.
const BESIDE: &[(&str, &str)] = &[
    // `insert … on conflict do update`.
    ("admin", "federations UPDATE"),
    ("admin", "usage_policies UPDATE"),
    ("sysadmin", "federations UPDATE"),
    ("worker", "worker_heartbeats UPDATE"),
    ("chat", "message_feedback UPDATE"),
    ("worker", "document_pages UPDATE"),
    ("workspace", "schedules UPDATE"),
    ("workspace", "website_checks UPDATE"),
    // `enqueue_job`, which runs with its caller's rights.
    ("admin", "jobs INSERT"),
    ("upload", "jobs INSERT"),
    ("workspace", "jobs INSERT"),
    ("worker", "jobs INSERT"),
    // `insert … returning`.
    ("auth", "spaces SELECT"),
    ("passwords", "spaces SELECT"),
    ("scim", "spaces SELECT"),
    ("sysadmin", "one_time_links SELECT"),
    ("sysadmin", "users SELECT"),
    // `drop_blob`, which runs when a document is deleted.
    ("workspace", "blobs DELETE"),
    ("workspace", "blobs SELECT"),
];
/// The tables that the view `space_roles` reads with its caller's rights.
const SPACE_ROLES: [&str; 5] =
    ["space_groups", "space_members", "spaces", "user_group_members", "users"];

async fn texts(db: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(db).await.unwrap()
}

/// The verbs and tables of the SQL in a program, e.g. `tenants UPDATE`. Literals are adjacent
/// there, so a word may begin with the end of another literal, and end with the beginning of one.
fn statements(program: &[u8], tables: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut words: [&[u8]; 2] = [b"", b""];
    let mut at = 0;
    while at < program.len() {
        let is_letter = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
        let end = at + program[at..].iter().take_while(|byte| is_letter(byte)).count();
        let word = &program[at..end];
        let table = tables
            .iter()
            .filter(|table| word.starts_with(table.as_bytes()))
            .max_by_key(|table| table.len());
        if let Some(table) = table {
            let [first, second] = words;
            let deletes = first.ends_with(b"delete") && second.ends_with(b"from");
            let inserts = first.ends_with(b"insert") && second.ends_with(b"into");
            let updates = second.ends_with(b"update");
            let reads = updates
                || [&b"from"[..], b"join", b"using"].iter().any(|verb| second.ends_with(verb));
            for (does, verb) in
                [(deletes, "DELETE"), (inserts, "INSERT"), (updates, "UPDATE"), (reads, "SELECT")]
            {
                if does {
                    found.insert(format!("{table} {verb}"));
                }
            }
        }
        let gap = program[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        words = if end > at && gap > 0 { [words[1], word] } else { [b"", b""] };
        at = end + gap.max(usize::from(end == at));
    }
    found
}

#[tokio::test]
async fn every_grant_is_used_by_a_statement_of_its_component() {
    let mut db = Stack::shared().database.superuser().await;
    let tables = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')";
    let tables: BTreeSet<String> = texts(&mut db, tables).await.into_iter().collect();
    let granted = "select distinct grantee || ' ' || table_name || ' ' || privilege_type from information_schema.column_privileges
         where table_schema = 'public' and grantee like 'tessera%'
        union select grantee || ' ' || table_name || ' ' || privilege_type from information_schema.role_table_grants
         where table_schema = 'public' and grantee like 'tessera%'";
    let granted = texts(&mut db, granted).await;
    let mut unused = BTreeSet::new();
    for (name, role, path) in COMPONENTS
        .map(|name| (name, component_role(name), root().join(format!("dist/{name}.wasm"))))
        .into_iter()
        .chain([("worker", WORKER_ROLE.to_owned(), program("worker"))])
    {
        let used = statements(&std::fs::read(path).unwrap(), &tables);
        let of_role = granted.iter().filter_map(|grant| grant.strip_prefix(&format!("{role} ")));
        for grant in of_role.filter(|grant| !used.contains(*grant)) {
            let (table, verb) = grant.split_once(' ').unwrap();
            if verb != "SELECT"
                || !SPACE_ROLES.contains(&table)
                || !used.contains("space_roles SELECT")
            {
                unused.insert((name, grant));
            }
        }
    }
    let beside: BTreeSet<(&str, &str)> = BESIDE.iter().copied().collect();
    assert_eq!(
        unused, beside,
        "left: granted, and used by no statement; right: known to be needed all the same"
    );
}

#[test]
fn statements_are_found_between_adjacent_literals() {
    let tables = ["users", "user_groups", "spaces"].map(str::to_owned).into_iter().collect();
    let program = b"\0where id = $1delete from user_groups where x\x01insert into\n  users (id)update spacesselect 1 from usersfrom";
    let found: Vec<String> = statements(program, &tables).into_iter().collect();
    let expected = [
        "spaces SELECT",
        "spaces UPDATE",
        "user_groups DELETE",
        "user_groups SELECT",
        "users INSERT",
        "users SELECT",
    ];
    assert_eq!(found, expected);
}
