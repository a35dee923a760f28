//! Every operation of the workspace, in the process of the test, on a real database: permitted and
//! refused callers.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod moves;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod prompts;

#[cfg(test)]
mod tests {
    use crate::{fixture::fixture, operations::operations};

    testkit::operation_tests!(workspace_component::router(), fixture, operations);
}
