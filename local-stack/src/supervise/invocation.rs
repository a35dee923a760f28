//! How a child process is started: program, arguments, environment, user.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::Signal;
use tokio::process::Command;

use super::{Inherit, RunAs};

/// Everything needed to start a child, as often as needed.
#[derive(Clone, Debug)]
pub struct Invocation {
    program: PathBuf,
    arguments: Vec<OsString>,
    inherit: Inherit,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    run_as: RunAs,
    orphan_signal: Signal,
}

impl Invocation {
    /// `program` without arguments, in our folder, as our user, with the smallest environment.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            inherit: Inherit::Base,
            environment: Vec::new(),
            folder: None,
            run_as: RunAs::CurrentUser,
            orphan_signal: Signal::TERM,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Sets which of our environment variables it gets.
    #[must_use]
    pub fn inherit(mut self, inherit: Inherit) -> Self {
        self.inherit = inherit;
        self
    }

    /// Runs it in `folder`.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Runs it as this user.
    #[must_use]
    pub fn run_as(mut self, run_as: RunAs) -> Self {
        self.run_as = run_as;
        self
    }

    /// The signal it gets when we die without stopping it (default: SIGTERM).
    #[must_use]
    pub fn orphan_signal(mut self, signal: Signal) -> Self {
        self.orphan_signal = signal;
        self
    }

    /// The program that is started.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command with a process group of its own for the child, so that Ctrl-C reaches only us and
    /// we stop the children in order, and without standard input.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut prefix = self.prefix();
        prefix.push(self.program.clone().into_os_string());
        let mut words = prefix.into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        command.env_clear().envs(self.inherit.variables());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// On Linux `setpriv` (part of util-linux) changes the user and makes the kernel signal the
    /// child if we die by SIGKILL; it then becomes the program, so the process id is the program's.
    fn prefix(&self) -> Vec<OsString> {
        let Some(setpriv) =
            crate::setup::find_program("setpriv").filter(|_| cfg!(target_os = "linux"))
        else {
            return Vec::new();
        };
        let mut words: Vec<OsString> =
            vec![setpriv.into(), "--pdeathsig".into(), signal_name(self.orphan_signal).into()];
        if let RunAs::Nobody { uid, gid } = self.run_as {
            words.extend([
                format!("--reuid={uid}").into(),
                format!("--regid={gid}").into(),
                "--clear-groups".into(),
            ]);
        }
        words.push("--".into());
        words
    }
}

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::INT => "INT",
        Signal::QUIT => "QUIT",
        Signal::KILL => "KILL",
        _ => "TERM",
    }
}
