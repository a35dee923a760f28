//! Assistants: instructions, model, knowledge.
