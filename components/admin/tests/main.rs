//! The administration in the process of the test, on a real database: for whom each operation
//! works, and for whom it does not.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod offers;
#[cfg(test)]
mod operations;
#[cfg(test)]
#[path = "../../../crates/models/tests/provider.rs"]
#[expect(dead_code, reason = "the stub of another crate's tests can do more")]
mod provider;
#[cfg(test)]
mod usage;
#[cfg(test)]
mod verification;

#[cfg(test)]
mod tests {
    use crate::{fixture::fixture, operations::operations};

    /// Single sign-on needs a provider: `tests/whole/sso` has it. The audit log needs what was done
    /// before. Answers of model providers are in `offers`; one's own usage, which every credential
    /// opens, is in `usage`.
    fn is_elsewhere(name: &str) -> bool {
        name.contains("/federation")
            || name.contains("/admin/audit")
            || name.ends_with("/test")
            || name.ends_with("{provider_id}/models")
            || name.ends_with("/me/usage")
    }

    testkit::operation_tests!(
        admin_component::router(), fixture, operations, except is_elsewhere
    );
}
