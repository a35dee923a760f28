//! Validation of prompts. Pure.

use kernel::{Code, Problem, ReasonCode, Result, text};

use crate::{CreatePrompt, PromptFilter, UpdatePrompt, variables};

/// The most prompts of one owner.
pub(crate) const MAX_PROMPTS: i64 = 500;
const MAX_COMMAND: usize = 50;
const MAX_PREFIX: usize = 100;

/// Validates a new prompt.
pub(crate) fn check_new(new: &CreatePrompt) -> Result<CreatePrompt> {
    Ok(CreatePrompt {
        space_id: new.space_id,
        command: check_command(&new.command)?,
        title: text::line("/title", &new.title, 1, 100)?,
        text: check_text(&new.text)?,
    })
}

/// Validates a change.
pub(crate) fn check_change(change: &UpdatePrompt) -> Result<UpdatePrompt> {
    let UpdatePrompt { command, title, text } = change;
    Ok(UpdatePrompt {
        command: command.as_deref().map(check_command).transpose()?,
        title: title.as_deref().map(|title| text::line("/title", title, 1, 100)).transpose()?,
        text: text.as_deref().map(check_text).transpose()?,
    })
}

/// Validates what is searched for, and writes it as commands and titles are compared: in lower
/// case.
pub(crate) fn check_filter(filter: &PromptFilter) -> Result<PromptFilter> {
    let prefix = text::normalized(&filter.prefix).trim().to_lowercase();
    if prefix.chars().any(char::is_control) || prefix.chars().count() > MAX_PREFIX {
        let detail = format!(
            "q: expected at most {MAX_PREFIX} characters, none of them a control character"
        );
        return Err(Problem::new(Code::InvalidQuery, detail));
    }
    Ok(PromptFilter { prefix, ..filter.clone() })
}

fn check_command(command: &str) -> Result<String> {
    let command = text::line("/command", command, 1, MAX_COMMAND)?;
    let fits = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, 'å' | 'ä' | 'ö' | '-')
    };
    if command.chars().all(fits) && !command.starts_with('-') {
        return Ok(command);
    }
    let detail = "expected lower-case letters a to z, å, ä or ö, digits and hyphens, and no hyphen first, as in `weekly-report`";
    Err(Problem::refused_field("/command", ReasonCode::CommandFormat, detail))
}

fn check_text(text: &str) -> Result<String> {
    let text = text::block("/text", text, 1, 20_000)?;
    if text.trim().is_empty() {
        return Err(Problem::refused_field(
            "/text",
            ReasonCode::Required,
            "expected a text, got only white space",
        ));
    }
    match variables::variables(&text) {
        Ok(_) => Ok(text),
        Err(fault) => Err(Problem::refused_field("/text", fault.reason(), fault.detail())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(command: &str) -> CreatePrompt {
        CreatePrompt {
            space_id: None,
            command: command.to_owned(),
            title: " Weekly report ".to_owned(),
            text: "Summarise {{week:this week}}.".to_owned(),
        }
    }

    fn pointer(problem: &Problem) -> String {
        problem.fields[0].pointer.to_string()
    }

    #[test]
    fn commands_are_lower_case_words_with_hyphens() {
        for good in ["a", "7", "veckobrev", "a-b-", "årsmöte-2026", &"x".repeat(50)] {
            assert_eq!(check_new(&new(good)).map(|new| new.command).as_deref(), Ok(good));
        }
        // The letter in two characters is the same letter.
        assert_eq!(check_new(&new("a\u{30A}r")).unwrap().command, "år");
        for bad in ["", "-a", "A", "Å", "é", "a b", "a/b", "a_b", "a\nb", &"x".repeat(51)] {
            assert_eq!(pointer(&check_new(&new(bad)).unwrap_err()), "/command", "{bad:?}");
        }
    }

    #[test]
    fn each_member_that_breaks_a_rule_is_named() {
        assert_eq!(check_new(&new("a")).unwrap().title, "Weekly report");
        assert_eq!(
            pointer(&check_new(&CreatePrompt { title: " ".to_owned(), ..new("a") }).unwrap_err()),
            "/title"
        );
        for bad in ["", " \n", "{{a", "{{}}", "a\0", &"x".repeat(20_001)] {
            let text = bad.to_owned();
            assert_eq!(
                pointer(&check_new(&CreatePrompt { text, ..new("a") }).unwrap_err()),
                "/text",
                "{bad:.9}"
            );
        }
    }

    #[test]
    fn an_absent_member_stays_and_a_given_one_is_checked() {
        assert_eq!(check_change(&UpdatePrompt::default()), Ok(UpdatePrompt::default()));
        for (change, member) in [
            (UpdatePrompt { command: Some("A".to_owned()), ..UpdatePrompt::default() }, "/command"),
            (UpdatePrompt { title: Some(String::new()), ..UpdatePrompt::default() }, "/title"),
            (UpdatePrompt { text: Some("{{".to_owned()), ..UpdatePrompt::default() }, "/text"),
        ] {
            assert_eq!(pointer(&check_change(&change).unwrap_err()), member);
        }
    }

    #[test]
    fn a_search_is_compared_in_lower_case_and_bounded() {
        let filter =
            |prefix: &str| PromptFilter { prefix: prefix.to_owned(), ..PromptFilter::default() };
        assert_eq!(check_filter(&filter(" ÅRS ")).unwrap().prefix, "års");
        for bad in ["a\0b".to_owned(), "x".repeat(101)] {
            assert_eq!(check_filter(&filter(&bad)).unwrap_err().code, Code::InvalidQuery);
        }
    }
}
