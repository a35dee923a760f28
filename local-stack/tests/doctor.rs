//! `./stack doctor` on a machine where nothing is built.

use std::process::Command;

#[test]
fn the_doctor_answers_before_anything_is_built() {
    let target = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../stack");
    let output =
        Command::new(script).arg("doctor").env("CARGO_TARGET_DIR", target.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("ok       cargo: "), "{said}");
    assert!(said.contains("later    local-stack: ") || said.contains("BROKEN   disk: "), "{said}");
    assert_eq!(target.path().read_dir().unwrap().count(), 0, "something was built");
}
