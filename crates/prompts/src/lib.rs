#![doc = include_str!("../README.md")]

pub mod prompt;
mod rules;
mod store;
pub mod variables;
mod verbs;

pub use prompt::{CreatePrompt, Owner, Prompt, PromptFilter, UpdatePrompt};
pub use verbs::{
    create_prompt, delete_prompt, get_prompt, list_prompts, require_edit, update_prompt,
};
