//! The program in a release: it knows where it is, and neither builds nor downloads nor writes
//! there.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A release with nothing but the program; on the program's file system, because it is linked, not
/// copied.
fn incomplete_release() -> TempDir {
    let program = Path::new(env!("CARGO_BIN_EXE_local-stack"));
    let folder = tempfile::tempdir_in(program.parent().unwrap()).unwrap();
    fs::hard_link(program, folder.path().join("tessera")).unwrap();
    fs::write(
        folder.path().join("release.json"),
        r#"{ "version": "7.8.9", "platform": "moon-linux" }"#,
    )
    .unwrap();
    folder
}

/// Runs the release's program with a state in `state`; what it prints.
fn run(release: &TempDir, state: &TempDir, arguments: &[&str]) -> String {
    let output = Command::new(release.path().join("tessera"))
        .args(arguments)
        .current_dir("/")
        .env("TESSERA_STATE", state.path())
        .env("TESSERA_CLONE", env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat()
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_doctor_says_that_it_is_a_release_where_its_state_is_and_what_is_missing() {
    let (release, state) = (incomplete_release(), tempfile::tempdir().unwrap());
    let said = run(&release, &state, &["doctor"]);
    let expected =
        format!("installation: release 7.8.9 for moon-linux in {}", release.path().display());
    assert!(
        said.contains(&expected) && said.contains(&format!("state in {}", state.path().display())),
        "{said}"
    );
    assert!(
        said.contains("tessera-host is missing\n         fix: unpack the release again"),
        "{said}"
    );
    assert!(
        said.contains("BROKEN   Postgres") && said.contains("BROKEN   embedding model, English"),
        "{said}"
    );
    assert!(
        !said.contains("cargo") && !said.contains("node"),
        "a release needs no compiler: {said}"
    );
    assert_eq!(names(&release), ["release.json", "tessera"]);
}

#[test]
fn an_incomplete_release_downloads_nothing() {
    let (release, state) = (incomplete_release(), tempfile::tempdir().unwrap());
    let said = run(&release, &state, &["backup"]);
    assert!(said.contains("Postgres 18 with pgvector (25 MB) is missing in the release"), "{said}");
    assert_eq!(names(&release), ["release.json", "tessera"]);
}

#[test]
fn a_release_has_its_own_name_and_version_and_no_commands_for_developers() {
    let (release, state) = (incomplete_release(), tempfile::tempdir().unwrap());
    assert_eq!(run(&release, &state, &["--version"]), "tessera 7.8.9\n");
    let help = run(&release, &state, &["--help"]);
    assert!(help.contains("tessera <COMMAND>") && help.contains("backup"), "{help}");
    assert!(!help.contains("schemathesis") && !help.contains("servers"), "{help}");
    assert!(run(&release, &state, &["servers"]).contains("expected a clone"));
}
