//! The contract of a route, derived from its line in the table and its handler's signature.
//! Natively only.

use contract::{ListItem, schemars};
use http::StatusCode;
use kernel::{PageRequest, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use crate::{
    Call, CallWith, File, Form, Maybe, Reply,
    kind::{
        Bytes, Empty, Idempotent, ListPage, MediaType, Redirection, Resumable, Status, Stream,
        WithLocation,
    },
};

/// The contract of a line of the table, beside method, path and authentication.
pub struct RouteContract {
    /// The path of the handler.
    pub handler: &'static str,
    /// The lines of its comment.
    pub doc: &'static [&'static str],
    /// The object whose members are parameters.
    pub parameters: fn(&mut Schemas) -> Option<Value>,
    /// The handler's inputs and responses.
    pub operation: fn(&mut Schemas) -> Operation,
}

impl RouteContract {
    /// The name of the operation.
    #[must_use]
    pub fn operation_id(&self) -> &'static str {
        self.handler.rsplit("::").next().unwrap_or(self.handler).trim()
    }

    /// Summary and description: the paragraphs of the comment.
    #[must_use]
    pub fn texts(&self) -> (String, Option<String>) {
        let text: Vec<&str> = self.doc.iter().map(|line| line.trim()).collect();
        let text = text.join("\n");
        let (summary, description) = text.split_once("\n\n").unwrap_or((&text, ""));
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        (one_line(summary), (!description.is_empty()).then(|| one_line(description)))
    }
}

/// The schemas that operations refer to.
pub struct Schemas {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
}

/// The contract of a handler's signature.
#[derive(Default)]
pub struct Operation {
    /// Parameters in headers and of lists.
    pub parameters: Vec<Value>,
    /// The body.
    pub body: Option<Value>,
    /// Responses by status.
    pub responses: Map<String, Value>,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = |mut settings: SchemaSettings| {
            settings.definitions_path = "/components/schemas".into();
            settings.into_generator()
        };
        let draft = SchemaSettings::draft2020_12;
        Self {
            answers: settings(draft().for_serialize()),
            requests: settings(draft().for_deserialize()),
        }
    }
}

impl Schemas {
    /// The schema of a type that is sent.
    pub fn answer<T: JsonSchema>(&mut self) -> Value {
        self.answers.subschema_for::<T>().to_value()
    }

    /// The schema of a type that is received.
    pub fn request<T: JsonSchema>(&mut self) -> Value {
        self.requests.subschema_for::<T>().to_value()
    }

    /// The schema of a type whose members are parameters; it needs no name.
    pub fn parameters<T: JsonSchema>(&mut self) -> Value {
        T::json_schema(&mut self.requests).to_value()
    }

    /// All named schemas: those that are sent, and those that are received.
    #[must_use]
    pub fn definitions(self) -> [Map<String, Value>; 2] {
        let [mut answers, mut requests] = [self.answers, self.requests];
        [answers.take_definitions(true), requests.take_definitions(true)]
    }
}

/// An argument of a handler.
pub trait Takes {
    /// Adds it to the operation.
    fn describe(schemas: &mut Schemas, operation: &mut Operation);
}

/// The type of a request body.
pub trait Body {
    /// The OpenAPI request body.
    fn body(schemas: &mut Schemas) -> Value;
}

/// A result of a handler.
pub trait Answers {
    /// Adds it to the operation.
    fn describe(schemas: &mut Schemas, operation: &mut Operation);
}

/// The operation of a handler.
pub fn of_handler<H, C, F, R>(_: &H, schemas: &mut Schemas) -> Operation
where
    H: Fn(C) -> F,
    C: Takes,
    F: Future<Output = Result<R>>,
    R: Answers,
{
    let mut operation = Operation::default();
    C::describe(schemas, &mut operation);
    R::describe(schemas, &mut operation);
    operation
}

impl Takes for Call {
    fn describe(_: &mut Schemas, _: &mut Operation) {}
}

impl<B: Body> Takes for CallWith<B> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        operation.body = Some(B::body(schemas));
    }
}

fn body_of(is_required: bool, media_type: &str, schema: &Value) -> Value {
    json!({ "required": is_required, "content": { media_type: { "schema": schema } } })
}

impl<T: JsonSchema> Body for T {
    fn body(schemas: &mut Schemas) -> Value {
        body_of(true, "application/json", &schemas.request::<T>())
    }
}

impl<T: JsonSchema> Body for Maybe<T> {
    fn body(schemas: &mut Schemas) -> Value {
        body_of(false, "application/json", &schemas.request::<T>())
    }
}

impl<T: JsonSchema> Body for Form<T> {
    fn body(schemas: &mut Schemas) -> Value {
        body_of(true, "application/x-www-form-urlencoded", &schemas.request::<T>())
    }
}

impl Body for File {
    fn body(_: &mut Schemas) -> Value {
        let bytes = json!({ "type": "string", "format": "binary" });
        let form =
            json!({ "type": "object", "properties": { "file": bytes }, "required": ["file"] });
        json!({ "required": true, "content": {
            "application/octet-stream": { "schema": bytes }, "multipart/form-data": { "schema": form },
        } })
    }
}

/// Sets `name` in the object under the key `member`, which is created if it is missing.
fn insert_into(object: &mut Value, member: &str, name: &str, value: Value) {
    let member =
        object.as_object_mut().map(|members| members.entry(member).or_insert_with(|| json!({})));
    if let Some(members) = member.and_then(Value::as_object_mut) {
        members.insert(name.to_owned(), value);
    }
}

impl Operation {
    /// Adds a response, or another media type of one.
    fn respond(&mut self, code: u16, content: Option<(&str, &Value)>) {
        let description = match code {
            204 => "Done, no body",
            302 => "Redirect",
            503 => "Not ready",
            code => StatusCode::from_u16(code)
                .ok()
                .and_then(|code| code.canonical_reason())
                .unwrap_or_default(),
        };
        let response = self
            .responses
            .entry(code.to_string())
            .or_insert_with(|| json!({ "description": description }));
        if let Some((media_type, schema)) = content {
            insert_into(response, "content", media_type, json!({ "schema": schema }));
        }
    }

    fn takes(&mut self, place: &str, name: &str, schema: &Value) {
        self.parameters
            .push(json!({ "name": name, "in": place, "required": false, "schema": schema }));
    }
}

impl<K: Answers> Answers for Reply<K> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        K::describe(schemas, operation);
    }
}

impl<A: Answers, B: Answers> Answers for (A, B) {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        A::describe(schemas, operation);
        B::describe(schemas, operation);
    }
}

impl<const CODE: u16, T: JsonSchema> Answers for Status<CODE, T> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        operation.respond(CODE, Some(("application/json", &schemas.answer::<T>())));
    }
}

impl Answers for Empty {
    fn describe(_: &mut Schemas, operation: &mut Operation) {
        operation.respond(204, None);
    }
}

impl Answers for Redirection {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        operation.respond(302, None);
        WithLocation::<()>::locate(schemas, operation);
    }
}

impl<T: JsonSchema> Answers for Stream<T> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        operation.respond(200, Some(("text/event-stream", &schemas.answer::<T>())));
    }
}

impl<M: MediaType> Answers for Bytes<M> {
    fn describe(_: &mut Schemas, operation: &mut Operation) {
        operation.respond(200, Some((M::NAME, &json!({ "type": "string", "format": "binary" }))));
    }
}

impl<T: JsonSchema + ListItem> Answers for ListPage<T> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        let (least, most, default) = (1, PageRequest::MAX_LIMIT, PageRequest::DEFAULT_LIMIT);
        let limit =
            json!({ "type": "integer", "minimum": least, "maximum": most, "default": default });
        operation.takes("query", "limit", &limit);
        operation.takes("query", "cursor", &json!({ "type": "string" }));
        operation.respond(200, Some(("application/json", &schemas.answer::<Self>())));
    }
}

impl<T: JsonSchema + ListItem> JsonSchema for ListPage<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        let name = T::schema_name();
        let many = match &*name {
            "Person" => "People".to_owned(),
            name if name.ends_with("ry") => format!("{}ies", name.trim_end_matches('y')),
            name => format!("{name}s"),
        };
        format!("{many}List").into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({
            "type": "object",
            "properties": {
                T::LIST: { "type": "array", "items": items },
                "total": { "type": "integer" },
                "next_cursor": { "type": ["string", "null"] },
            },
            "required": [T::LIST, "total", "next_cursor"],
            "additionalProperties": false,
        })
    }
}

impl<K> WithLocation<K> {
    fn locate(_: &mut Schemas, operation: &mut Operation) {
        for (_, response) in &mut operation.responses {
            insert_into(response, "headers", "Location", json!({ "schema": { "type": "string" } }));
        }
    }
}

impl<K: Answers> Answers for WithLocation<K> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        K::describe(schemas, operation);
        Self::locate(schemas, operation);
    }
}

impl<K: Answers> Answers for Idempotent<K> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        operation.takes(
            "header",
            "Idempotency-Key",
            &json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
        );
        K::describe(schemas, operation);
    }
}

impl<K: Answers> Answers for Resumable<K> {
    fn describe(schemas: &mut Schemas, operation: &mut Operation) {
        operation.takes("header", "Last-Event-ID", &json!({ "type": "string" }));
        K::describe(schemas, operation);
    }
}
