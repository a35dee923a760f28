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

    // A test of a sign-in asks an identity provider: `tests/whole/sso` has one.
    testkit::operation_tests!(
        admin_component::router(),
        fixture,
        operations,
        except | name | name == "POST /api/v1/admin/federation/test"
    );
}
