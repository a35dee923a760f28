//! The tenant's half of the policy: which role may look after people. Pure; the half about spaces is `spaces::role`.

use platform::TenantRole;

/// What somebody wants to do with the people of the tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// List and open them.
    Read,
    /// Invite, change, deactivate, delete and restore somebody with this role, or give the role to somebody.
    Manage(TenantRole),
}

/// Whether a role may do it. Nobody reaches above their own role: a manager neither makes nor unmakes an administrator.
#[must_use]
pub fn may(role: TenantRole, action: Action) -> bool {
    match action {
        Action::Read => role >= TenantRole::Manager,
        Action::Manage(other) => role >= TenantRole::Manager && role >= other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, TenantRole::*, *};

    #[test]
    fn every_role_may_do_exactly_this() {
        for (role, allowed) in [
            (User, &[][..]),
            (Manager, &[Read, Manage(User), Manage(Manager)][..]),
            (Admin, &[Read, Manage(User), Manage(Manager), Manage(Admin)][..]),
        ] {
            for action in [Read, Manage(User), Manage(Manager), Manage(Admin)] {
                assert_eq!(may(role, action), allowed.contains(&action), "{role:?} {action:?}");
            }
        }
    }
}
