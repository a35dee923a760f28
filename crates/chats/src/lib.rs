//! Conversations, messages, and the answer to a question.
