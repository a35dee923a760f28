#![doc = include_str!("../README.md")]

mod audit_log;
mod federation;
mod groups;
mod model_aliases;
mod model_catalogue;
mod model_refresh;
mod model_replacement;
mod models;
mod provider_tests;
mod providers;
mod quotas;
mod reranker;
mod roles;
mod scim_tokens;
mod settings;
mod usage;
mod users;

const ROUTES: &[api::Route] = api::routes! {
    /// List the people of the organisation
    [GET AdminRead] "/api/v1/admin/users" ? users::PeopleParameters => users::list_users;
    /// Invite a person
    [POST AdminWrite] "/api/v1/admin/users" => users::invite_user;
    /// Get a person
    [GET AdminRead] "/api/v1/admin/users/{user_id}" => users::get_user;
    /// Change a person's name, role or access; another role ends an invitation that is open
    [PATCH AdminWrite] "/api/v1/admin/users/{user_id}" => users::update_user;
    /// Delete a person; what they made stays, and they can be restored
    [DELETE AdminWrite] "/api/v1/admin/users/{user_id}" => users::delete_user;
    /// Make a new invitation; older ones end
    [POST AdminWrite] "/api/v1/admin/users/{user_id}/invitation" => users::renew_invitation;
    /// Restore a person who was deleted
    [POST AdminWrite] "/api/v1/admin/users/{user_id}/restore" => users::restore_user;
    /// List the custom roles
    [GET AdminRead] "/api/v1/admin/roles" ? api::wire::PageParameters => roles::list_roles;
    /// Make a custom role
    [POST AdminWrite] "/api/v1/admin/roles" => roles::create_role;
    /// Get a custom role
    [GET AdminRead] "/api/v1/admin/roles/{role_id}" => roles::get_role;
    /// Change a custom role, for everyone who has it; if it allows more, invitations to it that
    /// are open end
    [PATCH AdminWrite] "/api/v1/admin/roles/{role_id}" => roles::update_role;
    /// Delete a custom role that no one has
    [DELETE AdminWrite] "/api/v1/admin/roles/{role_id}" => roles::delete_role;
    /// Get the settings of the organisation
    [GET AdminRead] "/api/v1/admin/settings" => settings::get_settings;
    /// Change the settings of the organisation
    [PATCH AdminWrite] "/api/v1/admin/settings" => settings::update_settings;
    /// Get the sign-in with the organisation's provider
    [GET AdminRead] "/api/v1/admin/federation" => federation::get_federation;
    /// Set up the sign-in with the organisation's provider
    [PUT AdminWrite] "/api/v1/admin/federation" => federation::put_federation;
    /// Remove the sign-in with the organisation's provider
    [DELETE AdminWrite] "/api/v1/admin/federation" => federation::delete_federation;
    /// Try the provider out, and say what is wrong
    [POST AdminWrite] "/api/v1/admin/federation/test" => federation::test_federation;
    /// State why the audit log is read
    [POST AdminRead] "/api/v1/admin/audit/readings" => audit_log::start_audit_reading;
    /// Read the audit log, newest first
    [GET AdminRead] "/api/v1/admin/audit" ? audit_log::EntriesParameters => audit_log::list_audit_entries;
    /// Walk the chain of the audit log
    ///
    /// Looks at so many entries a request. Where `next_cursor` is not null, ask again with it as
    /// `cursor`: `ok` is true once the end is reached and every entry fits.
    [GET AdminRead] "/api/v1/admin/audit/verification" ? audit_log::VerificationParameters => audit_log::verify_audit_log;
    /// Ask for the audit log as a file
    [POST AdminRead] "/api/v1/admin/audit/exports" => audit_log::create_audit_export;
    /// Whether an export is ready
    [GET AdminRead] "/api/v1/admin/audit/exports/{export_id}" => audit_log::get_audit_export;
    /// The file
    [GET AdminRead] "/api/v1/admin/audit/exports/{export_id}/content" => audit_log::get_audit_export_content;
    /// List the user groups
    [GET AdminRead] "/api/v1/admin/user-groups" ? groups::GroupsParameters => groups::list_user_groups;
    /// Make a user group
    [POST AdminWrite] "/api/v1/admin/user-groups" => groups::create_user_group;
    /// Get a user group
    [GET AdminRead] "/api/v1/admin/user-groups/{group_id}" => groups::get_user_group;
    /// Rename a user group
    [PATCH AdminWrite] "/api/v1/admin/user-groups/{group_id}" => groups::update_user_group;
    /// Delete a user group; its members lose what they had by it
    [DELETE AdminWrite] "/api/v1/admin/user-groups/{group_id}" => groups::delete_user_group;
    /// List who is in a user group
    [GET AdminRead] "/api/v1/admin/user-groups/{group_id}/members" => groups::list_user_group_members;
    /// Add a person to a user group
    [POST AdminWrite] "/api/v1/admin/user-groups/{group_id}/members" => groups::add_user_group_member;
    /// Remove a person from a user group
    [DELETE AdminWrite] "/api/v1/admin/user-groups/{group_id}/members/{user_id}" => groups::remove_user_group_member;
    /// List the providers of models
    [GET AdminRead] "/api/v1/admin/providers" => providers::list_model_providers;
    /// Add a provider of models; its credential is sealed and never shown again
    [POST AdminWrite] "/api/v1/admin/providers" => providers::create_model_provider;
    /// Get a provider of models
    [GET AdminRead] "/api/v1/admin/providers/{provider_id}" => providers::get_model_provider;
    /// Change a provider of models
    ///
    /// A credential goes to the address that it was entered for: another scheme, host or port needs
    /// it again.
    [PATCH AdminWrite] "/api/v1/admin/providers/{provider_id}" => providers::update_model_provider;
    /// Delete a provider with its models
    [DELETE AdminWrite] "/api/v1/admin/providers/{provider_id}" => providers::delete_model_provider;
    /// Add the models that the shipped catalogue knows of a provider
    [POST AdminWrite] "/api/v1/admin/providers/{provider_id}/import" => providers::import_models;
    /// Test a provider of models, and say what is wrong
    ///
    /// Takes up to a minute: with `model` that model is asked one word.
    [POST AdminWrite] "/api/v1/admin/providers/{provider_id}/test" => provider_tests::test_model_provider;
    /// List the models that a provider offers, as it says itself
    [GET AdminRead] "/api/v1/admin/providers/{provider_id}/models" => provider_tests::list_offered_models;
    /// Get the shipped catalogue of providers and their models
    [GET AdminRead] "/api/v1/admin/model-catalogue" => model_catalogue::get_model_catalogue;
    /// List the models of the organisation's providers
    [GET AdminRead] "/api/v1/admin/models" ? models::ModelsParameters => models::list_provider_models;
    /// Add a model of a provider
    [POST AdminWrite] "/api/v1/admin/models" => models::create_provider_model;
    /// Give models the values of the shipped catalogue, or of a file, again
    ///
    /// Limits, capabilities, prices, and the day of their end. Titles, places and what else the
    /// organisation decides stay. With `dry_run` the response is a preview.
    [POST AdminWrite] "/api/v1/admin/models/refresh" => model_refresh::refresh_models;
    /// Get a model of a provider
    [GET AdminRead] "/api/v1/admin/models/{model_id}" => models::get_provider_model;
    /// Change a model of a provider, its prices, and where it may be used
    [PATCH AdminWrite] "/api/v1/admin/models/{model_id}" => models::update_provider_model;
    /// Put another model in the place of one: in assistants, aliases and conversations
    ///
    /// All at once. With `dry_run` the response is a preview.
    [POST AdminWrite] "/api/v1/admin/models/{model_id}/replace" => model_replacement::replace_model;
    /// Delete a model of a provider
    [DELETE AdminWrite] "/api/v1/admin/models/{model_id}" => models::delete_provider_model;
    /// List the aliases of models
    [GET AdminRead] "/api/v1/admin/model-aliases" => model_aliases::list_model_aliases;
    /// Add an alias: a name for an ordered list of models
    [POST AdminWrite] "/api/v1/admin/model-aliases" => model_aliases::create_model_alias;
    /// Get an alias of models
    [GET AdminRead] "/api/v1/admin/model-aliases/{alias_id}" => model_aliases::get_model_alias;
    /// Change an alias of models
    [PATCH AdminWrite] "/api/v1/admin/model-aliases/{alias_id}" => model_aliases::update_model_alias;
    /// Delete an alias of models
    [DELETE AdminWrite] "/api/v1/admin/model-aliases/{alias_id}" => model_aliases::delete_model_alias;
    /// Get the model that orders what searches find
    [GET AdminRead] "/api/v1/admin/reranker" => reranker::get_reranker;
    /// Choose the model that orders what searches find, or none
    [PUT AdminWrite] "/api/v1/admin/reranker" => reranker::put_reranker;
    /// What models were used for, and what it cost
    [GET AdminRead] "/api/v1/usage" ? usage::UsageParameters => usage::get_usage;
    /// The same as a file
    [GET AdminRead] "/api/v1/usage.csv" ? usage::UsageParameters => usage::get_usage_csv;
    /// The caller's own usage, and what is left of the quotas that apply
    [GET Profile] "/api/v1/me/usage" => usage::get_own_usage;
    /// What happens to a call of a model that has no price
    [GET AdminRead] "/api/v1/usage-policy" => usage::get_usage_policy;
    /// Change what happens to a call of a model that has no price
    [PUT AdminWrite] "/api/v1/usage-policy" => usage::put_usage_policy;
    /// List the quotas over the usage of models
    [GET AdminRead] "/api/v1/quotas" => quotas::list_quotas;
    /// Add a quota; it counts what was used since its period began
    [POST AdminWrite] "/api/v1/quotas" => quotas::create_quota;
    /// Get a quota
    [GET AdminRead] "/api/v1/quotas/{quota_id}" => quotas::get_quota;
    /// Change the limit or the alert of a quota
    [PATCH AdminWrite] "/api/v1/quotas/{quota_id}" => quotas::update_quota;
    /// Delete a quota
    [DELETE AdminWrite] "/api/v1/quotas/{quota_id}" => quotas::delete_quota;
    /// List the alerts of quotas, newest first
    [GET AdminRead] "/api/v1/quota-alerts" => quotas::list_quota_alerts;
    /// List the tokens of directories
    [GET AdminRead] "/api/v1/admin/scim-tokens" => scim_tokens::list_scim_tokens;
    /// Make a token for a directory; its secret is shown only here
    [POST AdminWrite] "/api/v1/admin/scim-tokens" => scim_tokens::create_scim_token;
    /// End a directory's token at once
    [DELETE AdminWrite] "/api/v1/admin/scim-tokens/{scim_token_id}" => scim_tokens::delete_scim_token;
};

/// The component's routes.
#[must_use]
pub fn router() -> api::Router {
    api::Router::new("admin", ROUTES)
}

api::component!(super::router);
