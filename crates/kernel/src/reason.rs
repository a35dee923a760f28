//! The closed list of reasons: why a value or a request was refused, finer than its code, so that
//! clients explain it in the language of their user.

use std::fmt::Display;

/// Bytes of a value that a reason shows.
const VALUE_BYTES: usize = 200;

macro_rules! reasons {
    ($($name:ident = $text:literal, $meaning:literal;)*) => {
        /// Why a value or a request was refused. Each has a row in docs/errors.md, and a sentence in
        /// each language of the web pages.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ReasonCode { $(#[doc = $meaning] $name,)* }
        impl ReasonCode {
            /// Every reason, in the order of docs/errors.md.
            pub const ALL: &'static [ReasonCode] = &[$(ReasonCode::$name,)*];
            /// The reason on the wire, `snake_case`.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(ReasonCode::$name => $text,)* } }
            /// Parses the reason on the wire.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$name),)* _ => None } }
        }
    };
}

/// A reason with the values that its sentence names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// Which one.
    pub code: ReasonCode,
    /// The least that is accepted; decimal text.
    pub min: Option<String>,
    /// The most that is accepted; decimal text.
    pub max: Option<String>,
    /// What was found: at most 200 bytes.
    pub value: Option<String>,
}

impl From<ReasonCode> for Reason {
    fn from(code: ReasonCode) -> Self {
        Self { code, min: None, max: None, value: None }
    }
}

impl Reason {
    /// Sets what was found, cut to 200 bytes.
    #[must_use]
    pub fn with_value(mut self, value: impl Display) -> Self {
        let mut value = value.to_string();
        value.truncate(value.floor_char_boundary(VALUE_BYTES));
        self.value = Some(value);
        self
    }
}

impl ReasonCode {
    /// With the limits of a range.
    #[must_use]
    pub fn between(self, min: impl Display, max: impl Display) -> Reason {
        Reason { min: Some(min.to_string()), max: Some(max.to_string()), ..self.into() }
    }

    /// With an upper limit.
    #[must_use]
    pub fn at_most(self, max: impl Display) -> Reason {
        Reason { max: Some(max.to_string()), ..self.into() }
    }

    /// With what was found, cut to 200 bytes.
    #[must_use]
    pub fn with_value(self, value: impl Display) -> Reason {
        Reason::from(self).with_value(value)
    }
}

reasons! {
    // Values.
    TextLength = "text_length", "A text is shorter or longer than `min` to `max` characters.";
    OutOfRange = "out_of_range", "A number is not between `min` and `max`.";
    CountOutOfRange = "count_out_of_range", "A list has not `min` to `max` entries, or one of them twice.";
    TooMany = "too_many", "A list has more than `max` entries.";
    TooSmall = "too_small", "A number is less than `min`.";
    Required = "required", "Nothing, or nothing but white space, was sent.";
    OneLine = "one_line", "A text of one line has line breaks or other control characters.";
    ControlCharacters = "control_characters", "A text has characters that cannot be stored or sent.";
    UnknownValue = "unknown_value", "The value is not one of those that exist.";
    NothingToChange = "nothing_to_change", "A change names nothing.";
    EmailFormat = "email_format", "It is not an e-mail address.";
    UrlScheme = "url_scheme", "An address does not begin with https:// or http://.";
    UrlCredentials = "url_credentials", "An address contains a user name or a password.";
    UrlFormat = "url_format", "It is not a web address.";
    HostFormat = "host_format", "It is not the name of a host.";
    DomainFormat = "domain_format", "It is not a domain such as example.org.";
    OriginFormat = "origin_format", "It is not an origin such as `https://www.example.org`.";
    PathFormat = "path_format", "A path does not begin with a slash.";
    PatternFormat = "pattern_format", "It is not a pattern of addresses.";
    LanguageFormat = "language_format", "It is not a language tag such as sv or en-GB.";
    ContactFormat = "contact_format", "An address for the owners of websites has parentheses or special characters.";
    TimeFormat = "time_format", "It is not a time such as 03:30.";
    DayFormat = "day_format", "It is not a day such as 2026-11-29.";
    CronFormat = "cron_format", "It is not a schedule of five fields whose first is one minute.";
    TimeZoneUnknown = "time_zone_unknown", "There is no such time zone.";
    AmountFormat = "amount_format", "It is not an amount in US dollars, such as 25.50.";
    WholeNumberFormat = "whole_number_format", "It is not a whole number of up to 11 digits.";
    PricesFormat = "prices_format", "The prices of a model cannot be read.";
    SlugFormat = "slug_format", "A short name has other characters than a to z, digits and hyphens.";
    AliasFormat = "alias_format", "The name of an alias has other characters than a to z, digits, points, underscores and hyphens.";
    CommandFormat = "command_format", "A command has other characters than lower-case letters, digits and hyphens.";
    ScopeFormat = "scope_format", "A scope is not one word.";
    CredentialFormat = "credential_format", "A key has spaces or special characters, or is too long.";
    CredentialName = "credential_name", "A user name has a colon, or a header field is the crawler's own.";
    CredentialAgain = "credential_again", "The address changed, so the credential is to be entered again.";
    ClientSecretMissing = "client_secret_missing", "There is no client secret for this issuer yet.";
    ProviderAddress = "provider_address", "An address is not one that a provider may have.";
    ProviderAddressUnlisted = "provider_address_unlisted", "Only the operator can allow this address of a provider.";
    ApiVersionMissing = "api_version_missing", "This kind of provider needs an API version.";
    ApiVersionUnused = "api_version_unused", "This kind of provider has no API version.";
    IssuerFormat = "issuer_format", "It is not the https address of an issuer.";
    DomainNeeded = "domain_needed", "At least one domain has to be allowed.";
    SharedProviderMissing = "shared_provider_missing", "The installation has no shared provider.";
    SubjectId = "subject_id", "What a quota is for is missing, or not needed.";
    AlertPeriod = "alert_period", "Quotas of a minute or an hour have no alert.";
    ModelUnknown = "model_unknown", "The model does not exist, or may not be used here.";
    NotAReranker = "not_a_reranker", "The model does not order search results.";
    ForeignCollection = "foreign_collection", "A collection belongs to another space.";
    RoleUnknown = "role_unknown", "There is no such role in the organisation.";
    CustomRoleBeside = "custom_role_beside", "Managers and administrators have no custom role.";
    MemberUnknown = "member_unknown", "A member is not a user of the organisation.";
    NotAQuestion = "not_a_question", "An answer was named where a question is edited.";
    QuestionTooLong = "question_too_long", "The question does not fit into the `max` tokens that the model takes.";
    QueryWithoutWords = "query_without_words", "A query has no letter and no digit.";
    VariableUnclosed = "variable_unclosed", "A variable of a prompt is not closed.";
    VariableName = "variable_name", "A variable of a prompt has no valid name.";
    VariableDefault = "variable_default", "The default of a variable is too long, or not valid.";
    FileNameMissing = "file_name_missing", "A file has no name.";
    FileMissing = "file_missing", "No file was sent.";
    FileEmpty = "file_empty", "The file is empty.";
    FileTooLarge = "file_too_large", "The file has more than `max` bytes.";
    NotARecording = "not_a_recording", "The file is not a recording that can be read.";
    NoSpeech = "no_speech", "Nobody speaks in the recording.";
    PasswordCommon = "password_common", "The password is among those that are tried first.";
    PasswordPersonal = "password_personal", "The password consists of the user's address or name.";
    PasswordWrong = "password_wrong", "The current password is not right.";
    // Conflicts.
    NameTaken = "name_taken", "Something of the same kind has this name.";
    AddressTaken = "address_taken", "A user has this address.";
    UserNameTaken = "user_name_taken", "A user of the directory has this user name.";
    CommandTaken = "command_taken", "A prompt has this command.";
    QuotaExists = "quota_exists", "There is a quota for the same subject, measure and period.";
    LastOwner = "last_owner", "A space needs an owner.";
    LastAdministrator = "last_administrator", "An organisation needs an administrator.";
    PersonalSpace = "personal_space", "A personal space is for one person and cannot be deleted.";
    MemberAlready = "member_already", "The user is a member already.";
    GroupAlready = "group_already", "The group has a role in the space already.";
    HubExists = "hub_exists", "The organisation has a hub already.";
    RoleInUse = "role_in_use", "A user still has the role.";
    NotInvited = "not_invited", "The user does not wait for an invitation.";
    NotDeleted = "not_deleted", "The user is not deleted.";
    ChangedMeanwhile = "changed_meanwhile", "Another user changed it meanwhile.";
    LimitReached = "limit_reached", "There are `max` of these already.";
    WebsiteLimit = "website_limit", "The organisation has as many websites as it may have.";
    WebsiteCollection = "website_collection", "A website fills the collection.";
    AttachmentCollection = "attachment_collection", "The collection holds the files of a conversation.";
    RunUnfinished = "run_unfinished", "A run of the website has not ended.";
    RunState = "run_state", "The run is in another state.";
    JobState = "job_state", "The job is in another state, which `value` names.";
    NotFailed = "not_failed", "The document has not failed, or its file did not arrive completely.";
    DocumentGone = "document_gone", "The document was deleted while it was uploaded.";
    DocumentBusy = "document_busy", "The document is being read.";
    DocumentIncomplete = "document_incomplete", "The file of the document did not arrive completely.";
    AttachmentUnready = "attachment_unready", "An attachment is still being read, or could not be read.";
    EmbeddingModelSame = "embedding_model_same", "The collection has this embedding model already.";
    ReembedRunning = "reembed_running", "The collection is being moved to another embedding model.";
    AnswerUnfinished = "answer_unfinished", "The answer is still being written.";
    NotContinuable = "not_continuable", "Only the last answer, written by a language model and cut, can be continued.";
    ConversationEmpty = "conversation_empty", "The conversation has no message.";
    ConversationTooLong = "conversation_too_long", "The conversation has `max` messages in a row.";
    VersionLimit = "version_limit", "There are `max` versions of the message.";
    ImportEnded = "import_ended", "The import has ended.";
    ImportUnfinished = "import_unfinished", "The import has not ended.";
    RequestRunning = "request_running", "The first request with this idempotency key is still being answered.";
    NotSuspended = "not_suspended", "The organisation is not suspended.";
    WrongConfirmation = "wrong_confirmation", "The confirmation is not the short name of the organisation.";
    // What the tests of a provider and of a sign-in find.
    ServerReached = "server_reached", "The server answers over a valid connection.";
    ServerUnreachable = "server_unreachable", "The server cannot be reached.";
    ServerSilent = "server_silent", "The server did not answer in time.";
    ServerBusy = "server_busy", "The server has too much to do, or limits this key.";
    ServerFault = "server_fault", "The server had a fault of its own.";
    ServerStatus = "server_status", "The server refuses the request, or redirects it elsewhere: `value` is its status and the address.";
    ServerUnlike = "server_unlike", "The server answers, and not as this kind of provider does.";
    CredentialAccepted = "credential_accepted", "The provider accepts the credential.";
    CredentialNotNeeded = "credential_not_needed", "The provider asks for no credential.";
    CredentialRefused = "credential_refused", "The provider does not accept the credential.";
    CredentialNotPermitted = "credential_not_permitted", "The credential may not do this.";
    AccountEmpty = "account_empty", "The account at the provider has no money or quota left.";
    ModelsListed = "models_listed", "The provider lists `value` models.";
    ModelNotListed = "model_not_listed", "The provider lists `value` models, and this one is not among them.";
    NoModelList = "no_model_list", "This kind of provider lists no models.";
    ModelAnswers = "model_answers", "The model answers.";
    ModelMissing = "model_missing", "The provider does not have this model.";
    ModelRefuses = "model_refuses", "The provider refuses the question of the test.";
    AnswerStreams = "answer_streams", "The answer comes while it is written.";
    AnswerBuffered = "answer_buffered", "The answer comes in one piece at its end.";
    AnswerUnreadable = "answer_unreadable", "The answer could not be read.";
    AnswerCut = "answer_cut", "The answer broke off before its end.";
    NotOffered = "not_offered", "This kind of provider does not offer that.";
    DocumentRead = "document_read", "The document at the address `value` was read.";
    IssuerMatches = "issuer_matches", "The provider names the configured issuer.";
    IssuerDiffers = "issuer_differs", "The provider names the issuer `value`.";
    EndpointsComplete = "endpoints_complete", "All endpoints that are needed are there.";
    EndpointWrong = "endpoint_wrong", "An endpoint is missing or not valid.";
    PkceSupported = "pkce_supported", "The provider supports PKCE with S256.";
    PkceUnstated = "pkce_unstated", "The provider does not say whether it supports PKCE.";
    PkceMissing = "pkce_missing", "The provider does not support PKCE with S256.";
    KeysUsable = "keys_usable", "The provider publishes `value` keys that can be used.";
    KeysMissing = "keys_missing", "The provider publishes no keys, or more than 100.";
    KeysUnsupported = "keys_unsupported", "None of the provider's keys is of a kind that can be used.";
    ClientAccepted = "client_accepted", "The provider accepts client ID and secret.";
    ClientRefused = "client_refused", "The provider does not accept client ID and secret.";
    ClientUnclear = "client_unclear", "Only a sign-in shows whether the provider accepts client ID and secret.";
}

#[cfg(test)]
mod tests {
    use super::{Reason, ReasonCode};

    #[test]
    fn every_reason_is_read_as_it_is_written() {
        for reason in ReasonCode::ALL {
            assert_eq!(ReasonCode::parse(reason.as_str()), Some(*reason));
        }
        assert_eq!(ReasonCode::parse("a_reason_of_tomorrow"), None);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let reason: Reason = ReasonCode::UrlFormat.with_value("ö".repeat(500));
        assert_eq!(reason.value, Some("ö".repeat(100)));
    }
}
