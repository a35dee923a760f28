//! Tools run as steps: their failures are explained, and none of their processes stays.

use local_stack::console::Console;
use local_stack::setup::step;
use local_stack::supervise::Invocation;

use crate::scratch_clone::{ScratchClone, is_alive, pid_in, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_tool_is_explained_with_the_end_of_its_output() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let invocation =
        Invocation::new("/bin/sh").args(["-c", "echo fetching; echo no network >&2; exit 7"]);
    let log = build_env.paths.logs().join("tool.log");
    let error = step::run("fetching", &invocation, &log, &build_env.spawner, &build_env.console)
        .await
        .unwrap_err();
    let error = format!("{error:#}");
    assert!(
        error.contains("fetching failed (exit status: 7)") && error.contains("no network"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_does_not_wait_for_a_daemon_of_its_tool() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let invocation = Invocation::new("/bin/sh").args(["-c", "tail -f /dev/null & exit 0"]);
    let log = build_env.paths.logs().join("tool.log");
    step::run("building", &invocation, &log, &build_env.spawner, &build_env.console).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_tool_ends_with_all_its_children() {
    let clone = ScratchClone::new();
    let build_env = clone.build_env();
    let file = build_env.paths.state.join("grandchild");
    let script = "tail -f /dev/null & echo $! > $0; wait";
    let invocation = Invocation::new("/bin/sh").args(["-c", script]).args([&file]);
    let log = build_env.paths.logs().join("tool.log");
    let running = step::run("building", &invocation, &log, &build_env.spawner, &build_env.console);
    let written = until("the tool runs", || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'))
    });
    tokio::select! {
        _ = running => panic!("the tool ended by itself"),
        () = written => {}
    }
    let grandchild = pid_in(&file);
    until("the tool's child is gone", || !is_alive(grandchild)).await;
}

#[test]
fn a_step_says_which_of_how_many_it_is() {
    let console = Console::capturing();
    let third = console.for_step(3, 4);
    third.print("building components 3/15");
    third.print("  … building components: 20 s, 212 of 636 crates");
    console.print("ready");
    assert_eq!(
        console.captured(),
        "step 3 of 4: building components 3/15\n  … step 3 of 4: building components: 20 s, 212 of 636 crates\nready\n"
    );
}
