//! The one function that decides, and its inputs.

use kernel::id::AssistantId;

use crate::{Action, Permission, Permissions, Scope, Scopes, SpaceRole, TenantRole};

/// The rights of a caller: the role in the tenant, its permissions, and what the credential is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Principal {
    /// The built-in role.
    pub role: TenantRole,
    /// What the role allows, built-in or custom.
    pub permissions: Permissions,
    /// The scopes of the credential.
    pub scopes: Scopes,
    /// The one assistant that the credential is for; any if absent.
    pub only: Option<AssistantId>,
}

impl From<TenantRole> for Principal {
    /// A user who signed in and has a built-in role.
    fn from(role: TenantRole) -> Self {
        Self { role, permissions: Permissions::of(role), scopes: Scopes::SESSION, only: None }
    }
}

/// A caller in one space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpaceAccess {
    /// The caller.
    pub principal: Principal,
    /// The caller's role there.
    pub role: SpaceRole,
}

impl SpaceAccess {
    /// Whether the caller may do it there.
    #[must_use]
    pub fn may(self, action: Action) -> bool {
        may(self.principal, Some(self.role), action)
    }

    /// Whether the caller may see and ask an assistant there.
    #[must_use]
    pub fn may_use(self, published: bool) -> bool {
        self.may(if published { Action::ReadAssistants } else { Action::ReadDrafts })
            && self.may(Action::Ask)
    }

    /// What the caller may do there, for `permissions` on the wire.
    #[must_use]
    pub fn permissions(self) -> Vec<&'static str> {
        Action::IN_SPACE
            .iter()
            .filter(|action| self.may(**action))
            .map(|action| action.as_str())
            .collect()
    }
}

/// What an action requires.
enum Needs {
    Scope(Scope),
    /// This role in the space, or a higher one.
    Space(SpaceRole),
    /// The role in the space and the permission.
    Both(SpaceRole, Permission),
    Permission(Permission),
    /// This permission, and every permission that is assigned or affected.
    Over(Permission, Permissions),
}

fn needs(action: Action) -> Needs {
    match action {
        Action::Use(scope) => Needs::Scope(scope),
        Action::ReadSpace
        | Action::ReadKnowledge
        | Action::ReadAssistants
        | Action::ReadPrompts
        | Action::Ask => Needs::Space(SpaceRole::Viewer),
        Action::UpdateSpace | Action::DeleteSpace | Action::ManageMembers => {
            Needs::Space(SpaceRole::Owner)
        }
        Action::EditKnowledge => Needs::Both(SpaceRole::Editor, Permission::Collections),
        Action::ReadDrafts | Action::EditAssistants | Action::EditPrompts => {
            Needs::Both(SpaceRole::Editor, Permission::Assistants)
        }
        // A text for oneself needs no permission: without the library its user would type it.
        Action::ReadOwnPrompts => Needs::Scope(Scope::AssistantsRead),
        Action::EditOwnPrompts => Needs::Scope(Scope::AssistantsWrite),
        Action::ManageConversations => Needs::Scope(Scope::Chat),
        Action::CreateSpace => Needs::Permission(Permission::Spaces),
        Action::ManageOwnKeys => Needs::Permission(Permission::ApiKeys),
        Action::ReadPeople | Action::ManageGroups => Needs::Permission(Permission::People),
        Action::ManagePerson(theirs) => Needs::Over(Permission::People, theirs),
        // The holders of the role, perhaps the caller too, have its permissions from the next
        // request on.
        Action::ManageRole(its) => Needs::Over(Permission::Settings, its),
        // A caller who configures sign-in can sign in as any user.
        Action::ManageSignIn => {
            Needs::Over(Permission::Settings, Permissions::of(TenantRole::Admin))
        }
        Action::CreateHub | Action::ManageSettings | Action::ManageModels | Action::ManageUsage => {
            Needs::Permission(Permission::Settings)
        }
        Action::ReadAudit => Needs::Permission(Permission::Audit),
    }
}

/// What a credential for one assistant may do; the database restricts it to that assistant
/// (`one_assistant` in the migrations).
fn is_for_one_assistant(action: Action) -> bool {
    match action {
        Action::Use(scope) => Scope::FOR_ASSISTANT_KEYS.contains(&scope),
        Action::ReadAssistants | Action::ReadDrafts | Action::Ask => true,
        _ => false,
    }
}

/// Whether the caller may do it. `role` is the caller's role in the space that the action is about;
/// None if there is no such space or no role in it.
#[must_use]
pub fn may(principal: Principal, role: Option<SpaceRole>, action: Action) -> bool {
    if principal.only.is_some() && !is_for_one_assistant(action) {
        return false;
    }
    match needs(action) {
        Needs::Scope(scope) => principal.scopes.has(scope),
        Needs::Space(least) => role >= Some(least),
        Needs::Both(least, permission) => {
            role >= Some(least) && principal.permissions.has(permission)
        }
        Needs::Permission(permission) => principal.permissions.has(permission),
        Needs::Over(permission, theirs) => {
            principal.permissions.has(permission) && principal.permissions.include(theirs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action::*, *};

    /// Which tenant roles (a: admin, m: manager, u: user, x: a custom role without any permission)
    /// may do it with no role in the space, as viewer, editor, owner.
    const TABLE: &[(Action, [&str; 4])] = &[
        (ReadSpace, ["", "amux", "amux", "amux"]),
        (UpdateSpace, ["", "", "", "amux"]),
        (DeleteSpace, ["", "", "", "amux"]),
        (ManageMembers, ["", "", "", "amux"]),
        (ReadKnowledge, ["", "amux", "amux", "amux"]),
        (EditKnowledge, ["", "", "amu", "amu"]),
        (ReadAssistants, ["", "amux", "amux", "amux"]),
        (ReadDrafts, ["", "", "amu", "amu"]),
        (EditAssistants, ["", "", "amu", "amu"]),
        (ReadPrompts, ["", "amux", "amux", "amux"]),
        (EditPrompts, ["", "", "amu", "amu"]),
        (ReadOwnPrompts, ["amux", "amux", "amux", "amux"]),
        (EditOwnPrompts, ["amux", "amux", "amux", "amux"]),
        (Ask, ["", "amux", "amux", "amux"]),
        (ManageConversations, ["amux", "amux", "amux", "amux"]),
        (CreateSpace, ["amu", "amu", "amu", "amu"]),
        (CreateHub, ["a", "a", "a", "a"]),
        (ManageOwnKeys, ["amu", "amu", "amu", "amu"]),
        (ReadPeople, ["am", "am", "am", "am"]),
        (ManageGroups, ["am", "am", "am", "am"]),
        (ManageSettings, ["a", "a", "a", "a"]),
        (ManageModels, ["a", "a", "a", "a"]),
        (ManageUsage, ["a", "a", "a", "a"]),
        (ManageSignIn, ["a", "a", "a", "a"]),
        (ReadAudit, ["a", "a", "a", "a"]),
    ];

    fn principal(letter: char) -> Principal {
        match letter {
            'a' => TenantRole::Admin.into(),
            'm' => TenantRole::Manager.into(),
            'u' => TenantRole::User.into(),
            _ => Principal { permissions: Permissions::default(), ..TenantRole::User.into() },
        }
    }

    #[test]
    fn every_tenant_role_may_do_exactly_this_with_every_space_role() {
        let spaces =
            [None, Some(SpaceRole::Viewer), Some(SpaceRole::Editor), Some(SpaceRole::Owner)];
        for (action, allowed) in TABLE {
            for (role, letters) in spaces.into_iter().zip(allowed) {
                for letter in "amux".chars() {
                    let may = may(principal(letter), role, *action);
                    assert_eq!(may, letters.contains(letter), "{action:?} {letter} {role:?}");
                }
            }
        }
        for action in Action::IN_SPACE {
            assert!(
                TABLE.iter().any(|(listed, _)| listed == action),
                "{action:?} is not in the table"
            );
        }
    }

    #[test]
    fn no_caller_assigns_or_changes_rights_beyond_their_own() {
        let roles = [TenantRole::User, TenantRole::Manager, TenantRole::Admin];
        for (letter, allowed) in [('a', "uma"), ('m', "um"), ('u', ""), ('x', "")] {
            for (role, name) in roles.into_iter().zip("uma".chars()) {
                let action = ManagePerson(Permissions::of(role));
                assert_eq!(
                    may(principal(letter), None, action),
                    allowed.contains(name),
                    "{letter} {name}"
                );
            }
        }
        let audit_only = Permissions::named(["audit"]);
        assert!(
            !may(principal('m'), None, ManagePerson(audit_only)),
            "a manager cannot read the audit log"
        );
        assert!(may(principal('a'), None, ManagePerson(audit_only)));
        let settings_only =
            Principal { permissions: Permissions::named(["settings"]), ..TenantRole::User.into() };
        assert!(may(settings_only, None, ManageRole(Permissions::named(["settings"]))));
        for more in [
            audit_only,
            Permissions::named(["people", "settings"]),
            Permissions::of(TenantRole::User),
        ] {
            assert!(!may(settings_only, None, ManageRole(more)), "{more:?}");
            assert!(may(principal('a'), None, ManageRole(more)));
        }
        assert!(
            !may(principal('m'), None, ManageRole(Permissions::default())),
            "a manager has no settings"
        );
        assert!(
            may(settings_only, None, ManageSettings) && !may(settings_only, None, ManageSignIn)
        );
    }

    #[test]
    fn a_key_may_use_what_it_was_made_for_and_never_the_account() {
        let all: Vec<Scope> =
            Scope::FOR_KEYS.iter().copied().chain([Scope::Account, Scope::Profile]).collect();
        for given in Scope::FOR_KEYS {
            let key =
                Principal { scopes: Scopes::named([given.as_str()]), ..TenantRole::Admin.into() };
            for wanted in &all {
                assert_eq!(
                    may(key, None, Use(*wanted)),
                    wanted == given || *wanted == Scope::Profile,
                    "{given:?} {wanted:?}"
                );
            }
        }
        for wanted in &all {
            assert!(may(TenantRole::User.into(), None, Use(*wanted)), "a session: {wanted:?}");
        }
        let key = Principal {
            scopes: Scopes::named(["account", "everything"]),
            ..TenantRole::Admin.into()
        };
        assert!(!may(key, None, Use(Scope::Account)), "not even by name");
    }

    #[test]
    fn a_key_for_one_assistant_sees_and_asks_it_and_does_nothing_else() {
        let only = "01890a5d-ac96-774b-bcce-b302099a8057".parse().ok();
        let key = |names: &[&str]| Principal {
            scopes: Scopes::named(names),
            only,
            ..TenantRole::Admin.into()
        };
        let every: Vec<&str> = Scope::FOR_KEYS.iter().map(|scope| scope.as_str()).collect();
        for wanted in Scope::FOR_KEYS.iter().chain(&[Scope::Account, Scope::Profile]) {
            let good = Scope::FOR_ASSISTANT_KEYS.contains(wanted);
            assert_eq!(may(key(&every), None, Use(*wanted)), good, "{wanted:?}");
            assert!(!may(key(&[]), None, Use(*wanted)), "{wanted:?}");
        }
        for (action, _) in TABLE {
            let good = [ReadAssistants, ReadDrafts, Ask].contains(action);
            assert_eq!(may(key(&every), Some(SpaceRole::Owner), *action), good, "{action:?}");
        }
        assert!(!may(key(&every), None, ManagePerson(Permissions::default())));
        let access = |role| SpaceAccess { principal: key(&["chat"]), role };
        let may_use = |role, published| access(role).may_use(published);
        assert!(
            may_use(SpaceRole::Viewer, true)
                && !may_use(SpaceRole::Viewer, false)
                && may_use(SpaceRole::Editor, false)
        );
        assert_eq!(access(SpaceRole::Owner).permissions(), ["assistants.read", "ask"]);
    }

    #[test]
    fn names_survive_the_round_trip_and_unknown_ones_allow_nothing() {
        for permission in Permission::ALL {
            let name = permission.as_str();
            assert_eq!(Permissions::named([name]).names(), [name]);
            assert_eq!(
                Permissions::named([name, name]).names(),
                [name],
                "a repeated name counts once"
            );
        }
        assert_eq!(Permissions::named(["root", ""]), Permissions::default());
        for scope in Scope::FOR_KEYS {
            assert!(Scopes::named([scope.as_str(); 2]).has(*scope), "{scope:?}");
        }
        for (role, name) in [
            (TenantRole::User, "user"),
            (TenantRole::Manager, "manager"),
            (TenantRole::Admin, "admin"),
        ] {
            assert_eq!((role.as_str(), TenantRole::parse(name)), (name, role));
        }
        for (role, name) in [
            (SpaceRole::Viewer, "viewer"),
            (SpaceRole::Editor, "editor"),
            (SpaceRole::Owner, "owner"),
        ] {
            assert_eq!((role.as_str(), SpaceRole::parse(name)), (name, role));
        }
        assert_eq!(
            (TenantRole::parse("root"), SpaceRole::parse("root")),
            (TenantRole::User, SpaceRole::Viewer)
        );
    }
}
