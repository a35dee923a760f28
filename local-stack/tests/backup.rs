//! Backup, restore and drill with a real Postgres.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use local_stack::backup::{self, BackupOptions};
use local_stack::secrets::Secrets;
use local_stack::setup::BuildEnv;
use local_stack::setup::postgres::WHEEL;
use local_stack::supervise::Supervisor;
use local_stack::supervise::stores::{self, Database, StoreChoice};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::scratch_clone::ScratchClone;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// A migrated database with one tenant, on a server of its own.
struct Installation {
    clone: ScratchClone,
    build_env: BuildEnv,
    supervisor: Supervisor,
    database: Database,
}

impl Installation {
    async fn new() -> Self {
        let clone = ScratchClone::new();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        symlink(repository.join("migrations"), clone.paths.root.join("migrations")).unwrap();
        let build_env = clone.build_env();
        let supervisor = Supervisor::new(build_env.spawner.clone(), build_env.console.clone());
        let secrets = Secrets::load(&build_env.paths).unwrap();
        let choice = StoreChoice::private();
        let database =
            stores::start_postgres(&build_env, &supervisor, &secrets, &choice).await.unwrap();
        let (server, name) = (&database.server, &database.name);
        server.install(name, &secrets.passwords, &repository.join("migrations")).await.unwrap();
        let installation = Self { clone, build_env, supervisor, database };
        installation
            .execute(
                "insert into tenants (id, slug, name) values (gen_random_uuid(), 'north', 'North');
                 insert into users (id, tenant_id, email, display_name)
                   select gen_random_uuid(), id, 'ada@north.example', 'Ada' from tenants;
                 insert into sessions (id, tenant_id, user_id, refresh_hash, idle_expires_at, expires_at)
                   select gen_random_uuid(), tenant_id, id, sha256('x'), now() + interval '1 day', now() + interval '1 day'
                     from users",
            )
            .await;
        installation
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.database.server.admin_url(&self.database.name)).await.unwrap()
    }

    async fn execute(&self, sql: &str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn tenants(&self) -> Vec<String> {
        let mut connection = self.connect().await;
        let found = sqlx::query_scalar("select slug from tenants order by slug")
            .fetch_all(&mut connection)
            .await;
        connection.close().await.unwrap();
        found.unwrap()
    }

    /// Bytes of the recorded backups.
    async fn recorded(&self) -> Vec<i64> {
        let mut connection = self.connect().await;
        let sql = "select size_bytes from backups order by taken_at";
        let recorded = sqlx::query_scalar(sql).fetch_all(&mut connection).await;
        connection.close().await.unwrap();
        recorded.unwrap()
    }

    async fn open_sessions(&self) -> i64 {
        let mut connection = self.connect().await;
        let sql = "select count(*) from sessions where revoked_at is null";
        let open = sqlx::query_scalar(sql).fetch_one(&mut connection).await;
        connection.close().await.unwrap();
        open.unwrap()
    }

    async fn back_up(&self) -> PathBuf {
        let options = BackupOptions { folder: self.clone.paths.root.join("backups"), keep: WEEK };
        backup::create(&self.build_env, &self.database, &options).await.unwrap()
    }

    async fn restore(&self, file: &Path) -> anyhow::Result<Option<String>> {
        backup::restore(&self.build_env, &self.database, file).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_brings_back_what_was_backed_up_and_keeps_what_was_there() {
    let installation = Installation::new().await;
    let file = installation.back_up().await;
    installation.execute("update tenants set slug = 'south'").await;
    let before = installation.restore(&file).await.unwrap().unwrap();
    assert_eq!(installation.tenants().await, ["north"]);
    assert_eq!(
        installation.open_sessions().await,
        0,
        "the backup knows nothing of later sign-outs"
    );
    let kept =
        PgConnection::connect(&installation.database.server.admin_url(&before)).await.unwrap();
    let slug: String = {
        let mut kept = kept;
        sqlx::query_scalar("select slug from tenants").fetch_one(&mut kept).await.unwrap()
    };
    assert_eq!(slug, "south");
    installation.supervisor.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_and_wrong_keys_change_nothing() {
    let installation = Installation::new().await;
    let file = installation.back_up().await;
    installation.execute("update tenants set slug = 'south'").await;
    let state = &installation.build_env.paths.state;

    let whole = std::fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(&file, damaged).unwrap();
    let error = installation.restore(&file).await.unwrap_err().to_string();
    assert!(error.contains("SHA-256"), "{error}");
    std::fs::write(&file, whole).unwrap();

    for (name, secret) in [("backup.key", "backup.key"), ("secrets.json", "master key")] {
        let path = state.join(name);
        let kept = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, other_secret(name, &kept)).unwrap();
        let error = installation.restore(&file).await.unwrap_err().to_string();
        assert!(error.contains(secret), "{error}");
        std::fs::write(&path, kept).unwrap();
    }
    assert_eq!(installation.tenants().await, ["south"]);
    installation.supervisor.stop_all().await;
}

fn other_secret(file: &str, kept: &str) -> String {
    if file == "backup.key" {
        return "0".repeat(64);
    }
    let mut secrets: serde_json::Value = serde_json::from_str(kept).unwrap();
    secrets.as_object_mut().unwrap().insert("master_key".to_owned(), "0".repeat(64).into());
    secrets.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_leaves_the_database_alone_and_finds_a_broken_audit_chain() {
    let installation = Installation::new().await;
    let target = installation.build_env.paths.target.join("release");
    std::fs::create_dir_all(&target).unwrap();
    let worker = std::env::var_os("TESSERA_WORKER").unwrap();
    symlink(worker, target.join("worker")).unwrap();

    installation.execute("update tenants set name = 'The north'").await;
    let whole = installation.back_up().await;
    backup::drill(&installation.build_env, &whole).await.unwrap();
    assert_eq!(installation.tenants().await, ["north"]);

    installation
        .execute(
            "set session_replication_role = replica;
             update audit_entries set actor_name = 'someone else' where seq = 1",
        )
        .await;
    let broken = installation.back_up().await;
    let error = backup::drill(&installation.build_env, &broken).await.unwrap_err().to_string();
    assert!(error.contains("audit log"), "{error}");
    installation.supervisor.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verified_backup_is_recorded_for_the_metrics_and_a_failed_one_is_not() {
    let installation = Installation::new().await;
    let file = installation.back_up().await;
    let bytes = i64::try_from(std::fs::metadata(&file).unwrap().len()).unwrap();
    assert_eq!(installation.recorded().await, [bytes]);

    // A file is where the folder should be.
    let options = BackupOptions { folder: file, keep: WEEK };
    let failed = backup::create(&installation.build_env, &installation.database, &options).await;
    assert!(failed.is_err());
    assert_eq!(installation.recorded().await, [bytes]);

    // A database from before migration 0250 is backed up before it is brought up to date.
    installation.execute("drop table backups").await;
    installation.back_up().await;
    installation.supervisor.stop_all().await;
}

/// `deploy/backup/daily`, with the client programs of the embedded Postgres.
async fn back_up_without_tessera(
    installation: &Installation,
    folder: &Path,
) -> std::process::Output {
    let programs = WHEEL.parts(&WHEEL.folder(&installation.build_env.paths.cache)).join("bin");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy/backup/daily");
    let url = installation.database.server.admin_url(&installation.database.name);
    let mut command = tokio::process::Command::new("sh");
    command.arg(script).arg(folder);
    command.env("PATH", path).env("TESSERA_MIGRATE_URL", url).env("KEEP", "2");
    command.output().await.unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_of_containers_writes_a_dump_that_restores_and_keeps_the_newest() {
    let installation = Installation::new().await;
    let folder = installation.clone.paths.root.join("dumps");
    std::fs::create_dir(&folder).unwrap();
    for old in ["tessera-20200101T000000Z", "tessera-20200102T000000Z"] {
        std::fs::write(folder.join(format!("{old}.dump")), "").unwrap();
        std::fs::write(folder.join(format!("{old}.sha256")), "").unwrap();
    }
    let done = back_up_without_tessera(&installation, &folder).await;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let found = names(&folder);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[0], "tessera-20200102T000000Z.dump", "the oldest went");
    let dump = folder.join(&found[2]);
    let bytes = i64::try_from(std::fs::metadata(&dump).unwrap().len()).unwrap();
    assert_eq!(installation.recorded().await, [bytes]);

    installation.execute("create database restored").await;
    let (tool, server) = (
        WHEEL.parts(&WHEEL.folder(&installation.build_env.paths.cache)),
        &installation.database.server,
    );
    let restored = tokio::process::Command::new(tool.join("bin/pg_restore"))
        .args(["--exit-on-error", "--dbname", &server.admin_url("restored")])
        .arg(&dump)
        .output()
        .await
        .unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let mut connection = PgConnection::connect(&server.admin_url("restored")).await.unwrap();
    let slug: String =
        sqlx::query_scalar("select slug from tenants").fetch_one(&mut connection).await.unwrap();
    assert_eq!(slug, "north");
    connection.close().await.unwrap();
    installation.supervisor.stop_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_backups_go_and_the_newest_stays() {
    let installation = Installation::new().await;
    let options = BackupOptions {
        folder: installation.clone.paths.root.join("backups"),
        keep: Duration::ZERO,
    };
    let first =
        backup::create(&installation.build_env, &installation.database, &options).await.unwrap();
    assert!(first.exists());
    // A backup is named by its second.
    let older = first.with_file_name("tessera-20200101T000000Z.backup");
    std::fs::rename(&first, &older).unwrap();
    let manifest = std::fs::read_to_string(first.with_extension("json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    manifest["unix_seconds"] = 1_577_836_800.into();
    std::fs::write(older.with_extension("json"), manifest.to_string()).unwrap();
    std::fs::remove_file(first.with_extension("json")).unwrap();

    let second =
        backup::create(&installation.build_env, &installation.database, &options).await.unwrap();
    assert!(second.exists() && !older.exists());
    installation.supervisor.stop_all().await;
}
