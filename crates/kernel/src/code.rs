//! The closed list of stable error codes. Each has a row in docs/errors.md.

use crate::Kind;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $kind:ident, $title:literal;)*) => {
        /// A stable code that clients may branch on.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code { $($(#[$doc])* $name,)* }
        impl Code {
            /// Every code, in the order of docs/errors.md.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];
            /// The code on the wire, `snake_case`.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Code::$name => $text,)* } }
            /// The short title, the same for every occurrence.
            #[must_use]
            pub fn title(self) -> &'static str { match self { $(Code::$name => $title,)* } }
            /// The kind, which decides status and retry.
            #[must_use]
            pub fn kind(self) -> Kind { match self { $(Code::$name => Kind::$kind,)* } }
            /// Parses the code on the wire.
            #[must_use]
            pub fn parse(text: &str) -> Option<Code> { match text { $($text => Some(Code::$name),)* _ => None } }
        }
    };
}

codes! {
    /// The body is not JSON, or a member breaks a rule.
    InvalidBody = "invalid_body", Invalid, "The request body is not valid";
    /// A query parameter breaks a rule.
    InvalidQuery = "invalid_query", Invalid, "A query parameter is not valid";
    /// A header breaks a rule.
    InvalidHeader = "invalid_header", Invalid, "A header is not valid";
    /// The set-up link is wrong, used or out of date.
    InvalidLink = "invalid_link", Invalid, "The link is not valid";
    /// No credentials, or they are out of date.
    NotSignedIn = "not_signed_in", Unauthenticated, "You are not signed in";
    /// E-mail and password do not match.
    WrongCredentials = "wrong_credentials", Unauthenticated, "E-mail or password is wrong";
    /// The login at an identity provider is unknown, used, too old or another browser's.
    SignInExpired = "sign_in_expired", Unauthenticated, "The sign-in took too long";
    /// The session was ended.
    SessionEnded = "session_ended", Unauthenticated, "The session has ended";
    /// The CSRF token is missing or wrong.
    CsrfMismatch = "csrf_mismatch", Forbidden, "The request does not come from our own pages";
    /// Allowed to see it, not to do it.
    NotAllowed = "not_allowed", Forbidden, "You may not do this";
    /// The identity provider or the organisation's rules do not let this account in.
    SignInRefused = "sign_in_refused", Forbidden, "This account may not sign in here";
    /// The sign-in was called off at the identity provider.
    SignInCancelled = "sign_in_cancelled", Forbidden, "The sign-in was called off";
    /// The organisation refuses models without a price.
    PriceMissing = "price_missing", Forbidden, "The model has no price";
    /// Unknown, deleted, or another's.
    NotFound = "not_found", NotFound, "Not found";
    /// No route for this path.
    NoSuchRoute = "no_such_route", NotFound, "There is no such page";
    /// The route exists, not with this method.
    MethodNotAllowed = "method_not_allowed", Invalid, "This method is not offered here";
    /// Contradicts what is stored.
    Conflict = "conflict", Conflict, "This contradicts what is stored";
    /// The same idempotency key came with another request.
    IdempotencyMismatch = "idempotency_mismatch", Conflict, "The idempotency key was used for another request";
    /// The first set-up was already done.
    AlreadySetUp = "already_set_up", Conflict, "The set-up was already done";
    /// The conversation is still answering.
    AnswerRunning = "answer_running", Conflict, "An answer is still being written";
    /// The model takes no pictures.
    NoVision = "no_vision", Conflict, "The model cannot see pictures";
    /// No model writes down what is said in a recording.
    NoTranscription = "no_transcription", Conflict, "Recordings cannot be read here";
    /// More bytes than accepted.
    TooLarge = "too_large", TooLarge, "Too large";
    /// The tenant's storage is full.
    QuotaExceeded = "quota_exceeded", TooLarge, "The storage quota is used up";
    /// Neither JSON nor what the route accepts.
    UnsupportedMediaType = "unsupported_media_type", UnsupportedType, "This content type is not accepted";
    /// Too many requests.
    TooManyRequests = "too_many_requests", Limited, "Too many requests";
    /// A quota over the usage of models is used up.
    UsageQuotaReached = "usage_quota_reached", Limited, "A quota for models is used up";
    /// A dependency does not answer.
    Unavailable = "unavailable", Unavailable, "Temporarily not available";
    /// The database's disk has no room.
    StorageFull = "storage_full", Unavailable, "The disk is full";
    /// The model provider failed.
    ModelFailed = "model_failed", Unavailable, "The language model did not answer";
    /// The server that wrote an answer stopped, and its text so far is kept.
    AnswerInterrupted = "answer_interrupted", Unavailable, "The answer was interrupted";
    /// The organisation's identity provider failed, or what it said is not believed.
    IdentityProviderFailed = "identity_provider_failed", Unavailable, "The organisation's sign-in did not answer as expected";
    /// A fault of ours.
    Internal = "internal", Internal, "Something went wrong";
}
