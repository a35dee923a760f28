//! Validation of assistants. Pure.

use access::Principal;
use kernel::{Problem, Result, id::CollectionId, text};
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
pub(crate) fn check_new(new: CreateAssistant) -> Result<CreateAssistant> {
    let CreateAssistant {
        space_id,
        name,
        description,
        instructions,
        model,
        temperature,
        top_p,
        collection_ids,
        published,
    } = new;
    Ok(CreateAssistant {
        space_id,
        name: text::line("/name", &name, 3, 50)?,
        description: text::block("/description", &description, 0, 2000)?,
        instructions: text::block("/instructions", &instructions, 0, 20_000)?,
        model: model.as_deref().map(check_model).transpose()?,
        temperature: temperature.map(|t| check_range("/temperature", t, 2.0)).transpose()?,
        top_p: top_p.map(|p| check_range("/top_p", p, 1.0)).transpose()?,
        collection_ids: check_collections(&collection_ids)?,
        published,
    })
}

/// Validates a change.
pub(crate) fn check_change(change: &UpdateAssistant) -> Result<UpdateAssistant> {
    let UpdateAssistant {
        name,
        description,
        instructions,
        model,
        temperature,
        top_p,
        collection_ids,
        published,
    } = change;
    Ok(UpdateAssistant {
        name: name.as_deref().map(|n| text::line("/name", n, 3, 50)).transpose()?,
        description: description
            .as_deref()
            .map(|d| text::block("/description", d, 0, 2000))
            .transpose()?,
        instructions: instructions
            .as_deref()
            .map(|i| text::block("/instructions", i, 0, 20_000))
            .transpose()?,
        model: model.as_ref().map(|m| m.as_deref().map(check_model).transpose()).transpose()?,
        temperature: temperature
            .map(|t| t.map(|t| check_range("/temperature", t, 2.0)).transpose())
            .transpose()?,
        top_p: top_p.map(|p| p.map(|p| check_range("/top_p", p, 1.0)).transpose()).transpose()?,
        collection_ids: collection_ids.as_deref().map(check_collections).transpose()?,
        published: *published,
    })
}

fn check_model(model: &str) -> Result<String> {
    text::line("/model", model, 1, 200)
}

fn check_range(pointer: &'static str, value: f64, max: f64) -> Result<f64> {
    if (0.0..=max).contains(&value) {
        return Ok(value);
    }
    Err(Problem::invalid_field(pointer, format!("expected 0 to {max}, got {value}")))
}

/// Removes repeated collections.
fn check_collections(ids: &[CollectionId]) -> Result<Vec<CollectionId>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() <= MAX_COLLECTIONS {
        return Ok(ids);
    }
    Err(Problem::invalid_field(
        "/collection_ids",
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
        let checked = check_new(CreateAssistant { collection_ids: vec![id, id], ..new() }).unwrap();
        assert_eq!((checked.name.as_str(), checked.collection_ids), ("Librarian", vec![id]));
    }

    #[test]
    fn each_member_that_breaks_a_rule_is_named() {
        assert_eq!(
            pointer(&check_new(CreateAssistant { name: "ab".to_owned(), ..new() }).unwrap_err()),
            "/name"
        );
        assert_eq!(
            pointer(
                &check_new(CreateAssistant { model: Some(" ".to_owned()), ..new() }).unwrap_err()
            ),
            "/model"
        );
        for bad in [-0.1, 2.1, f64::NAN, f64::INFINITY] {
            assert_eq!(
                pointer(
                    &check_new(CreateAssistant { temperature: Some(bad), ..new() }).unwrap_err()
                ),
                "/temperature"
            );
        }
        for bad in [-0.1, 1.1, f64::NAN] {
            assert_eq!(
                pointer(&check_new(CreateAssistant { top_p: Some(bad), ..new() }).unwrap_err()),
                "/top_p"
            );
        }
        let many = (0..101).map(|_| platform::random::id().unwrap()).collect();
        assert_eq!(
            pointer(&check_new(CreateAssistant { collection_ids: many, ..new() }).unwrap_err()),
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
