//! The authorization of every operation: one line each, in an order in which a caller who may do
//! them all can. A route without a line fails `matrix`.

use self::Expectation::{Forbidden as F, Hidden as H, Yes};

/// The callers. All except the stranger and the person are users of the tenant that owns the
/// resources.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Who {
    /// Administrator of another tenant.
    Stranger,
    /// A colleague who is in none of the spaces.
    Outsider,
    /// Member of the space.
    Viewer,
    /// Member of the space.
    Editor,
    /// Member of the space.
    Owner,
    /// Manager of the tenant, in none of the spaces.
    Manager,
    /// Administrator of the tenant, in none of the spaces.
    Admin,
    /// The owner of the resources; also an administrator.
    Person,
}

impl Who {
    pub(crate) const ALL: [Self; 8] = [
        Self::Stranger,
        Self::Outsider,
        Self::Viewer,
        Self::Editor,
        Self::Owner,
        Self::Manager,
        Self::Admin,
        Self::Person,
    ];
}

/// The expected response.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Expectation {
    /// Success: the status of the line.
    Yes,
    /// 404 `not_found`, as for an unknown id.
    Hidden,
    /// 403 `not_allowed`.
    Forbidden,
}

/// One expectation for each of [`Who::ALL`].
pub(crate) type Row = [Expectation; 8];

// stranger, outsider, viewer, editor, owner, manager, admin, person
const ANYBODY: Row = [Yes, Yes, Yes, Yes, Yes, Yes, Yes, Yes];
const READS: Row = [H, H, Yes, Yes, Yes, H, H, Yes];
const EDITS: Row = [H, H, F, Yes, Yes, H, H, Yes];
const OWNS: Row = [H, H, F, F, Yes, H, H, Yes];
const HAS: Row = [H, H, H, H, H, H, H, Yes];
/// Any user of the tenant who has the link.
const COLLEAGUES: Row = [H, Yes, Yes, Yes, Yes, Yes, Yes, Yes];
/// A draft is visible to those who may publish it.
const DRAFTS: Row = [H, H, H, Yes, Yes, H, H, Yes];
/// About the caller's own tenant, whichever that is.
const LEADS: Row = [Yes, F, F, F, F, Yes, Yes, Yes];
const LEADS_THEM: Row = [H, F, F, F, F, Yes, Yes, Yes];
const ADMINS: Row = [Yes, F, F, F, F, F, Yes, Yes];
const ADMINS_THEM: Row = [H, F, F, F, F, F, Yes, Yes];
/// A reading of the audit log is valid for the user who stated the reason.
const READS_LOG: Row = [H, F, F, F, F, F, H, Yes];
/// No user acts above their own role.
const LEADS_ALL: Row = [H, F, F, F, F, F, Yes, Yes];

/// A status of a line: any, as long as the request was not refused; the result may not be ready
/// yet.
pub(crate) const PASSED: u16 = 1;

/// An operation.
pub(crate) struct Line {
    pub(crate) operation: &'static str,
    /// None: the route is public.
    pub(crate) row: Option<Row>,
    /// Only for credentials of operators and directories. `sysadmin` and `scim` test those.
    pub(crate) guarded: bool,
    /// The status of [`Expectation::Yes`]; 0: any success. 409 also shows that the policy permitted
    /// the request.
    pub(crate) status: u16,
    /// Other ids than the default: a part of the path or a member of the body, and which id of the
    /// fixture it gets.
    pub(crate) about: Option<(&'static str, &'static str)>,
    /// Query parameters with an id, and who gets a response then.
    pub(crate) filters: &'static [(&'static str, Row)],
}

const fn line(operation: &'static str, row: Row) -> Line {
    Line { operation, row: Some(row), guarded: false, status: 0, about: None, filters: &[] }
}

const fn public(operation: &'static str, status: u16) -> Line {
    Line { operation, row: None, guarded: false, status, about: None, filters: &[] }
}

const fn guarded(operation: &'static str) -> Line {
    Line { operation, row: None, guarded: true, status: 401, about: None, filters: &[] }
}

impl Line {
    /// For cases that cannot succeed here: for example a retry of a job that has not failed.
    const fn answers(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    const fn about(mut self, slot: &'static str, thing: &'static str) -> Self {
        self.about = Some((slot, thing));
        self
    }

    const fn filters(mut self, filters: &'static [(&'static str, Row)]) -> Self {
        self.filters = filters;
        self
    }
}

/// The response to a foreign id in these members of a body, in place of the 404: the same as for an
/// unknown id.
pub(crate) const FOREIGN_IN_A_BODY: &[(&str, &str, u16)] = &[
    ("create_assistant", "collection_ids", 400),
    ("update_assistant", "collection_ids", 400),
    ("search", "collection_ids", 200),
    // A filter, under which no model is refreshed.
    ("refresh_models", "model_ids", 200),
    ("update_user", "custom_role_id", 400),
    // A filter, for which an unknown user has no entries.
    ("create_audit_export", "actor_id", 202),
];

pub(crate) const TABLE: &[Line] = &[
    public("get_setup", 200),
    public("complete_setup", 400),
    public("login", 401),
    public("refresh", 401),
    public("read_invitation", 400),
    public("accept_invitation", 400),
    public("request_reset", 202),
    public("reset_password", 400),
    public("list_sign_in_ways", 200),
    public("start_oidc_login", 302),
    public("finish_oidc_login", 302),
    public("finish_tenant_oidc_login", 302),
    public("end_oidc_sessions", 400),
    public("get_health", 200),
    public("get_health_short", 200),
    public("get_ready", 200),
    public("get_health_ready", 200),
    public("get_health_db", 200),
    public("get_health_redis", 200),
    public("get_openapi", 200),
    guarded("list_tenants"),
    guarded("create_tenant"),
    guarded("get_tenant"),
    guarded("update_tenant"),
    guarded("delete_tenant"),
    guarded("get_tenant_federation"),
    guarded("put_tenant_federation"),
    guarded("delete_tenant_federation"),
    guarded("test_tenant_federation"),
    guarded("get_oidc_debug"),
    guarded("set_oidc_debug"),
    guarded("list_scim_users"),
    guarded("create_scim_user"),
    guarded("get_scim_user"),
    guarded("replace_scim_user"),
    guarded("update_scim_user"),
    guarded("delete_scim_user"),
    guarded("list_scim_groups"),
    guarded("create_scim_group"),
    guarded("get_scim_group"),
    guarded("replace_scim_group"),
    guarded("update_scim_group"),
    guarded("delete_scim_group"),
    guarded("get_scim_config"),
    guarded("list_scim_resource_types"),
    guarded("list_scim_schemas"),
    // What is the caller's own
    line("get_me", ANYBODY),
    line("list_sessions", ANYBODY),
    line("list_colleagues", ANYBODY),
    line("list_api_keys", ANYBODY),
    line("revoke_api_key", HAS),
    line("list_available_groups", ANYBODY),
    line("list_spaces", ANYBODY),
    line("list_assistants", ANYBODY).filters(&[("space_id", READS)]),
    line("list_prompts", ANYBODY).filters(&[("space_id", READS)]),
    line("list_collections", ANYBODY).filters(&[("space_id", READS)]),
    line("list_websites", ANYBODY).filters(&[("space_id", READS)]),
    line("list_embedding_models", ANYBODY),
    line("list_usable_models", ANYBODY).filters(&[("space_id", READS)]),
    line("list_documents", ANYBODY).filters(&[("collection_id", READS)]),
    // A conversation outlives its assistant, so the filter does not check it.
    // An unknown folder has none.
    line("list_conversations", ANYBODY)
        .filters(&[("assistant_id", ANYBODY), ("folder_id", ANYBODY)]),
    line("list_folders", ANYBODY),
    line("create_folder", ANYBODY),
    line("list_tags", ANYBODY),
    line("search_conversations", ANYBODY),
    line("list_conversation_imports", ANYBODY),
    line("get_conversation_import", HAS),
    // The import has ended.
    line("cancel_conversation_import", HAS).answers(409),
    // An assistant is needed, and only so many imports run at once.
    line("create_conversation_import", ANYBODY).answers(PASSED).filters(&[("assistant_id", READS)]),
    line("list_jobs", ANYBODY),
    line("get_upload_limits", ANYBODY),
    line("stream_events", ANYBODY),
    line("create_space", ANYBODY),
    line("open_personal_assistant", ANYBODY),
    line("change_password", ANYBODY).answers(400),
    // Reading a space
    line("get_space", READS),
    line("list_members", READS),
    line("list_space_groups", READS),
    line("get_assistant", READS),
    line("get_assistant", DRAFTS).about("assistant_id", "draft_id"),
    line("get_prompt", READS),
    // An own prompt is its user's alone.
    line("get_prompt", HAS).about("prompt_id", "own_prompt_id"),
    line("get_collection", READS),
    line("list_collection_documents", READS),
    line("get_document", READS),
    line("get_document_content", READS),
    line("get_document_page", READS),
    line("get_passage", READS),
    line("get_job", READS),
    // The job of the fixture has not failed.
    line("retry_organisation_job", ADMINS_THEM).answers(409),
    line("discard_organisation_job", ADMINS_THEM).answers(409),
    line("get_website", READS),
    line("get_website_check", READS),
    line("list_crawl_runs", READS),
    line("get_crawl_run", READS),
    line("list_crawl_run_pages", READS),
    line("list_website_pages", READS),
    line("get_website_page", READS),
    line("get_website_page_diff", READS),
    line("search", READS),
    line("create_api_key", READS),
    line("create_api_key", DRAFTS).about("assistant_id", "draft_id"),
    line("create_conversation", READS),
    line("create_conversation", DRAFTS).about("assistant_id", "draft_id"),
    line("create_temporary_answer", READS),
    // Conversations are their person's alone
    line("get_conversation", HAS),
    line("list_messages", HAS),
    line("list_attachments", HAS),
    line("upload_attachment", HAS),
    line("create_message", HAS),
    line("regenerate_message", HAS),
    // No language model wrote the answer.
    line("continue_message", HAS).answers(409),
    line("stream_message", HAS),
    line("stop_message", HAS),
    line("get_feedback", HAS),
    line("put_feedback", HAS),
    line("delete_feedback", HAS),
    line("get_folder", HAS),
    line("rename_folder", HAS),
    line("update_conversation", HAS),
    line("delete_folder", HAS),
    line("show_path", HAS),
    line("delete_conversation", HAS),
    line("delete_conversation_import", HAS),
    line("restore_conversation", HAS),
    line("export_conversation", HAS),
    line("list_shares", HAS),
    line("create_share", HAS),
    line("get_shared_conversation", COLLEAGUES),
    line("list_shared_messages", COLLEAGUES),
    line("revoke_share", HAS),
    // Editing
    line("create_collection", EDITS),
    line("create_assistant", EDITS),
    line("update_assistant", EDITS),
    line("create_prompt", EDITS),
    line("update_prompt", EDITS),
    line("update_prompt", HAS).about("prompt_id", "own_prompt_id"),
    line("update_collection", EDITS),
    line("reembed_collection", EDITS),
    line("upload_document", EDITS),
    line("update_document", EDITS),
    line("retry_document", EDITS).answers(409),
    line("cancel_job", EDITS).answers(409),
    line("retry_job", EDITS).answers(409),
    line("create_website", EDITS),
    line("update_website", EDITS),
    line("start_website_check", EDITS),
    // The run of the world has ended, so that no worker changes it meanwhile.
    line("pause_crawl_run", EDITS).answers(409),
    line("resume_crawl_run", EDITS).answers(409),
    line("stop_crawl_run", EDITS).answers(409),
    line("start_crawl_run", EDITS),
    line("delete_website", EDITS),
    line("delete_document", EDITS),
    line("delete_assistant", EDITS),
    line("delete_prompt", EDITS),
    line("delete_prompt", HAS).about("prompt_id", "own_prompt_id"),
    line("delete_collection", EDITS),
    // Owning
    line("update_space", OWNS),
    line("remove_member", OWNS),
    line("add_member", OWNS),
    line("update_member", OWNS),
    line("remove_space_group", OWNS),
    line("add_space_group", OWNS),
    line("update_space_group", OWNS),
    line("delete_space", OWNS),
    // People of the tenant
    line("list_users", LEADS),
    line("invite_user", LEADS),
    line("get_user", LEADS_THEM),
    line("add_user_group_member", LEADS_THEM),
    line("remove_user_group_member", LEADS_THEM),
    line("renew_invitation", LEADS_THEM).answers(409),
    line("delete_user", LEADS_THEM),
    line("restore_user", LEADS_THEM),
    line("update_user", LEADS_ALL),
    line("update_user", LEADS_ALL).about("user_id", "person_id"),
    line("renew_invitation", LEADS_ALL).about("user_id", "person_id").answers(409),
    line("list_user_groups", LEADS),
    line("create_user_group", LEADS),
    line("get_user_group", LEADS_THEM),
    line("update_user_group", LEADS_THEM),
    line("list_user_group_members", LEADS_THEM),
    line("delete_user_group", LEADS_THEM),
    line("list_roles", LEADS),
    line("get_role", LEADS_THEM),
    line("create_role", ADMINS),
    line("update_role", ADMINS_THEM),
    line("delete_role", ADMINS_THEM),
    // The organisation
    line("get_settings", ADMINS),
    line("update_settings", ADMINS),
    line("list_model_providers", ADMINS),
    line("create_model_provider", ADMINS),
    line("get_model_provider", ADMINS_THEM),
    line("update_model_provider", ADMINS_THEM),
    line("import_models", ADMINS_THEM),
    line("get_model_catalogue", ADMINS),
    // No provider answers there.
    line("test_model_provider", ADMINS_THEM).answers(PASSED),
    line("list_offered_models", ADMINS_THEM).answers(503),
    // A filter, under which an unknown provider has no models.
    line("list_provider_models", ADMINS).filters(&[("provider_id", ADMINS)]),
    line("create_provider_model", ADMINS_THEM),
    line("refresh_models", ADMINS),
    line("get_provider_model", ADMINS_THEM),
    line("update_provider_model", ADMINS_THEM),
    line("replace_model", ADMINS_THEM),
    line("list_model_aliases", ADMINS),
    line("create_model_alias", ADMINS_THEM),
    line("get_model_alias", ADMINS_THEM),
    line("update_model_alias", ADMINS_THEM),
    line("delete_model_alias", ADMINS_THEM),
    line("get_reranker", ADMINS),
    line("put_reranker", ADMINS_THEM),
    line("delete_provider_model", ADMINS_THEM),
    line("delete_model_provider", ADMINS_THEM),
    line("get_usage", ADMINS),
    line("get_usage_csv", ADMINS),
    line("get_own_usage", ANYBODY),
    line("get_usage_policy", ADMINS),
    line("put_usage_policy", ADMINS),
    line("list_quotas", ADMINS),
    line("create_quota", ADMINS_THEM),
    line("get_quota", ADMINS_THEM),
    line("update_quota", ADMINS_THEM),
    line("delete_quota", ADMINS_THEM),
    line("list_quota_alerts", ADMINS),
    line("list_scim_tokens", ADMINS),
    line("create_scim_token", ADMINS),
    line("delete_scim_token", ADMINS_THEM),
    line("put_federation", ADMINS),
    line("get_federation", ADMINS),
    line("test_federation", ADMINS),
    line("delete_federation", ADMINS),
    line("list_organisation_jobs", ADMINS),
    line("get_queue_summary", ADMINS),
    line("start_audit_reading", ADMINS),
    line("verify_audit_log", ADMINS),
    line("list_audit_entries", READS_LOG).filters(&[("actor_id", READS_LOG)]),
    line("create_audit_export", READS_LOG),
    line("get_audit_export", READS_LOG),
    line("get_audit_export_content", READS_LOG).answers(PASSED),
    // Leaving
    line("end_session", HAS),
    line("logout", ANYBODY),
];
