//! A successful request for a line of a component's table, and the users who may not send it.

use credentials::GrantPurpose;
use http::Method;
use serde_json::Value;

/// A successful request, and the users who may not send it. Words in braces, in its path, query and
/// body, are ids of the [`Fixture`](crate::Fixture).
#[derive(Clone, Debug)]
pub struct Operation {
    /// Method.
    pub method: Method,
    /// Path as in the table of routes.
    pub path: &'static str,
    pub(crate) query: &'static str,
    pub(crate) body: Body,
    /// A person of the tenant with fewer rights, and the status that they get.
    pub(crate) weaker: Option<(&'static str, u16)>,
    pub(crate) done: u16,
    /// Whether it takes the parameters of a list.
    pub(crate) is_paged: bool,
    /// Whether a resource is not found once it is deleted.
    pub(crate) is_gone: bool,
    /// Whether the response repeats what was sent.
    pub(crate) is_repeated: bool,
    /// What the model grant of its caller is for, and the names of its subjects.
    pub(crate) grant: Option<(GrantPurpose, &'static [&'static str])>,
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Value),
    /// Media type and content.
    Text(&'static str, &'static str),
}

impl Operation {
    /// A request without a body. Its usual status is 200.
    #[must_use]
    pub fn new(method: Method, path: &'static str) -> Self {
        Self {
            method,
            path,
            query: "",
            body: Body::None,
            weaker: None,
            done: 200,
            is_paged: true,
            is_gone: true,
            is_repeated: true,
            grant: None,
        }
    }

    /// The same with a JSON document.
    #[must_use]
    pub fn with(self, body: Value) -> Self {
        Self { body: Body::Json(body), ..self }
    }

    /// The same with a body of another media type.
    #[must_use]
    pub fn with_text(self, media_type: &'static str, text: &'static str) -> Self {
        Self { body: Body::Text(media_type, text), ..self }
    }

    /// The same with parameters, for example `slug=north`.
    #[must_use]
    pub fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    /// A user of the tenant who sees the resource but may not do this.
    #[must_use]
    pub fn refused_to(self, who: &'static str) -> Self {
        Self { weaker: Some((who, 403)), ..self }
    }

    /// A user of the tenant who does not see the resource.
    #[must_use]
    pub fn hidden_from(self, who: &'static str) -> Self {
        Self { weaker: Some((who, 404)), ..self }
    }

    /// It has neither body nor id nor pages: there is nothing that could be malformed.
    #[must_use]
    pub fn is_no_list(self) -> Self {
        Self { is_paged: false, ..self }
    }

    /// What was deleted is still shown: empty, or as deleted.
    #[must_use]
    pub fn keeps_its_page(self) -> Self {
        Self { is_gone: false, ..self }
    }

    /// Its response has members of the same names with other values: an answer, new tokens.
    #[must_use]
    pub fn answers_something_else(self) -> Self {
        Self { is_repeated: false, ..self }
    }

    /// Its caller shows a model grant for these ids of the fixture.
    #[must_use]
    pub fn granted(self, purpose: GrantPurpose, subjects: &'static [&'static str]) -> Self {
        Self { grant: Some((purpose, subjects)), ..self }
    }

    /// Its status on success.
    #[must_use]
    pub fn answers(self, done: u16) -> Self {
        Self { done, ..self }
    }

    /// Whether it is about an existing resource, and not only about the caller.
    pub(crate) fn is_about_a_resource(&self) -> bool {
        let in_body = matches!(&self.body, Body::Json(body) if body.to_string().contains("\"{"));
        self.path.contains('{') || self.query.contains('{') || in_body
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}
