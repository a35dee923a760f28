//! local-stack.
fn main() {}
