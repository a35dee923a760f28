//! Validation of assistants. Pure.

use access::Principal;
use kernel::{Problem, ReasonCode, Result, id::CollectionId, text};
use models::Sampling;
use spaces::{Action, Role};

use crate::{CreateAssistant, UpdateAssistant};

/// The most collections of one assistant.
const MAX_COLLECTIONS: usize = 100;

/// Every space role that sees unpublished assistants, as the database spells it.
pub(crate) fn editors(who: Principal) -> Vec<String> {
    let may = |role: &&Role| access::may(who, Some(**role), Action::ReadDrafts);
    Role::ALL.iter().filter(may).map(|role| role.as_str().to_owned()).collect()
}

/// Validates a new assistant.
pub(crate) fn check_new(new: &CreateAssistant) -> Result<CreateAssistant> {
    Ok(CreateAssistant {
        name: text::line("/name", &new.name, 3, 50)?,
        description: text::block("/description", &new.description, 0, 2000)?,
        instructions: text::block("/instructions", &new.instructions, 0, 20_000)?,
        model: new.model.as_deref().map(check_model).transpose()?,
        sampling: new.sampling.check()?,
        collection_ids: check_collections(&new.collection_ids)?,
        ..new.clone()
    })
}

/// Validates a change.
pub(crate) fn check_change(change: &UpdateAssistant) -> Result<UpdateAssistant> {
    let sampling =
        Sampling { temperature: change.temperature.flatten(), top_p: change.top_p.flatten() };
    sampling.check()?;
    let block = |pointer, text: &Option<String>, most| {
        text.as_deref().map(|text| text::block(pointer, text, 0, most)).transpose()
    };
    let model = |model: &Option<String>| model.as_deref().map(check_model).transpose();
    Ok(UpdateAssistant {
        name: change.name.as_deref().map(|name| text::line("/name", name, 3, 50)).transpose()?,
        description: block("/description", &change.description, 2000)?,
        instructions: block("/instructions", &change.instructions, 20_000)?,
        model: change.model.as_ref().map(model).transpose()?,
        collection_ids: change.collection_ids.as_deref().map(check_collections).transpose()?,
        ..change.clone()
    })
}

fn check_model(model: &str) -> Result<String> {
    text::line("/model", model, 1, 200)
}

/// Removes repeated collections.
fn check_collections(ids: &[CollectionId]) -> Result<Vec<CollectionId>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() <= MAX_COLLECTIONS {
        return Ok(ids);
    }
    Err(Problem::refused_field(
        "/collection_ids",
        ReasonCode::TooMany.at_most(MAX_COLLECTIONS),
        format!("expected at most {MAX_COLLECTIONS} collections, got {}", ids.len()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> CreateAssistant {
        CreateAssistant::new(platform::random::id().unwrap(), " Librarian ")
    }

    fn pointer(problem: &Problem) -> String {
        problem.fields[0].pointer.to_string()
    }

    #[test]
    fn a_name_is_trimmed_and_a_collection_counts_once() {
        let id: CollectionId = platform::random::id().unwrap();
        let checked =
            check_new(&CreateAssistant { collection_ids: vec![id, id], ..new() }).unwrap();
        assert_eq!((checked.name.as_str(), checked.collection_ids), ("Librarian", vec![id]));
    }

    #[test]
    fn each_member_that_breaks_a_rule_is_named() {
        assert_eq!(
            pointer(&check_new(&CreateAssistant { name: "ab".to_owned(), ..new() }).unwrap_err()),
            "/name"
        );
        assert_eq!(
            pointer(
                &check_new(&CreateAssistant { model: Some(" ".to_owned()), ..new() }).unwrap_err()
            ),
            "/model"
        );
        let sampling = Sampling { temperature: Some(2.1), ..Sampling::default() };
        assert_eq!(
            pointer(&check_new(&CreateAssistant { sampling, ..new() }).unwrap_err()),
            "/temperature"
        );
        let change = UpdateAssistant { top_p: Some(Some(1.1)), ..UpdateAssistant::default() };
        assert_eq!(pointer(&check_change(&change).unwrap_err()), "/top_p");
        let many = (0..101).map(|_| platform::random::id().unwrap()).collect();
        assert_eq!(
            pointer(&check_new(&CreateAssistant { collection_ids: many, ..new() }).unwrap_err()),
            "/collection_ids"
        );
    }

    #[test]
    fn an_absent_member_stays_and_a_null_one_goes_back_to_the_default() {
        let change = UpdateAssistant {
            model: Some(None),
            temperature: Some(None),
            ..UpdateAssistant::default()
        };
        assert_eq!(check_change(&change), Ok(change));
    }

    #[test]
    fn viewers_do_not_edit() {
        assert_eq!(editors(access::TenantRole::User.into()), ["editor", "owner"]);
    }
}
