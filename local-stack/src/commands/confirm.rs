//! Asking before something is deleted or replaced.

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::{Result, bail};

/// Prints what will happen and `question`, and reads the answer. `without`: the command that does
/// not ask.
///
/// # Errors
/// When there is no terminal to ask on.
pub(super) fn confirm(effect: &str, question: &str, without: &str) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("expected a terminal to ask for confirmation on; without one: {without}");
    }
    println!("{effect}");
    print!("{question} [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
