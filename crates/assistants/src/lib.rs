#![doc = include_str!("../README.md")]

pub mod assistant;
mod personal;
mod rules;
mod store;
mod verbs;

pub use assistant::{Assistant, CreateAssistant, UpdateAssistant};
pub use personal::personal_assistant;
pub use verbs::{
    create_assistant, delete_assistant, find_assistant, get_assistant, list_assistants,
    update_assistant,
};
