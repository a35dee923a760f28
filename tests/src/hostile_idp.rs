//! A test identity provider that misbehaves on request.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::StreamExt;
use http::StatusCode;
use jwt_simple::{
    prelude::*, reexports::ct_codecs::Base64UrlSafeNoPadding, reexports::ct_codecs::Encoder,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Barrier;

/// Our client id there.
pub const CLIENT_ID: &str = "tessera";
/// Our client secret there.
pub const CLIENT_SECRET: &str = "a-secret-of-the-tests-7Q4x";

/// How tokens are signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// Correctly.
    Good,
    /// By a key that is not published, under the id of one that is.
    OtherKey,
    /// Not signed.
    None,
    /// With HMAC, with the published key as the secret.
    Hmac,
}

/// How keys are published.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Correctly.
    Good,
    /// Among a megabyte of garbage.
    Huge,
    /// A byte now and then.
    Slow,
}

/// The behaviour of the provider.
pub struct Behaviour {
    /// Members of the discovery document that replace the correct ones; null removes one.
    pub discovery: Value,
    /// Claims that replace the correct ones; null removes one.
    pub claims: Value,
    /// How tokens are signed.
    pub signature: Signature,
    /// How keys are published.
    pub keys: Keys,
    /// The redirect location of the token endpoint.
    pub token_redirect: Option<String>,
    /// Status and body of the token endpoint's error.
    pub token_error: Option<(u16, Value)>,
    /// The id of the key that signs.
    pub kid: String,
    /// The ids of the keys that are published.
    pub published: Vec<String>,
    /// The nonce of the login.
    pub nonce: String,
    /// The PKCE challenge of the login.
    pub challenge: String,
    /// A request for the discovery document waits here twice: on arrival, and before the response.
    pub discovery_gate: Option<Arc<Barrier>>,
}

struct Shared {
    url: String,
    pair: ES256KeyPair,
    behaviour: Mutex<Behaviour>,
    used_codes: Mutex<BTreeSet<String>>,
    fetched_keys: Mutex<u32>,
    brought: Mutex<Vec<String>>,
}

/// The running provider.
pub struct HostileIdp {
    /// `http://127.0.0.1:<port>`, the issuer.
    pub url: String,
    shared: Arc<Shared>,
}

impl HostileIdp {
    /// Starts a provider that behaves correctly.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behaviour = Behaviour {
            discovery: json!({}),
            claims: json!({}),
            signature: Signature::Good,
            keys: Keys::Good,
            token_redirect: None,
            token_error: None,
            kid: "k1".to_owned(),
            published: vec!["k1".to_owned()],
            nonce: String::new(),
            challenge: String::new(),
            discovery_gate: None,
        };
        let shared = Arc::new(Shared {
            url: url.clone(),
            pair: ES256KeyPair::generate(),
            behaviour: Mutex::new(behaviour),
            used_codes: Mutex::default(),
            fetched_keys: Mutex::default(),
            brought: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared }
    }

    /// Changes the behaviour from now on.
    pub fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour.lock().unwrap());
    }

    /// How often the keys were fetched.
    #[must_use]
    pub fn fetched_keys(&self) -> u32 {
        *self.shared.fetched_keys.lock().unwrap()
    }

    /// How often a code was exchanged.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.shared.brought.lock().unwrap().len()
    }

    /// A field of each form that the token endpoint received.
    #[must_use]
    pub fn brought(&self, name: &str) -> Vec<String> {
        self.shared.brought.lock().unwrap().iter().map(|form| field(form, name)).collect()
    }

    /// A logout token, with these claims in place of the correct ones.
    #[must_use]
    pub fn logout_token(&self, claims: &Value) -> String {
        let now = Clock::now_since_epoch().as_secs();
        let good = json!({
            "iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "jti": uuid::Uuid::now_v7().to_string(), "sub": "anna",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        sign(&self.shared, &over(good, claims))
    }
}

fn field(form: &str, name: &str) -> String {
    let form = reqwest::Url::parse(&format!("http://form/?{form}")).unwrap();
    form.query_pairs()
        .find(|(n, _)| n == name)
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn over(good: Value, changes: &Value) -> Value {
    let Value::Object(mut good) = good else { unreachable!() };
    for (name, value) in changes.as_object().unwrap().clone() {
        if value.is_null() {
            good.remove(&name);
        } else {
            good.insert(name, value);
        }
    }
    Value::Object(good)
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let gate = shared.behaviour.lock().unwrap().discovery_gate.clone();
    if let Some(gate) = gate {
        gate.wait().await;
        gate.wait().await;
    }
    let url = &shared.url;
    let good = json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"), "end_session_endpoint": format!("{url}/logout"),
        "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": true,
    });
    Json(over(good, &shared.behaviour.lock().unwrap().discovery))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    *shared.fetched_keys.lock().unwrap() += 1;
    let (how, published) = {
        let behaviour = shared.behaviour.lock().unwrap();
        (behaviour.keys, behaviour.published.clone())
    };
    let key = |kid: &String| {
        serde_json::from_str::<Value>(&shared.pair.public_key().with_key_id(kid).to_jwk()).unwrap()
    };
    let mut set = json!({ "keys": published.iter().map(key).collect::<Vec<_>>() });
    match how {
        Keys::Good => Json(set).into_response(),
        Keys::Huge => {
            set["padding"] = "x".repeat(1 << 20).into();
            Json(set).into_response()
        }
        Keys::Slow => {
            let ticks = tokio::time::interval(Duration::from_millis(500));
            let bytes = futures::stream::unfold(ticks, |mut ticks| async move {
                ticks.tick().await;
                Some((Ok::<_, std::io::Error>(" "), ticks))
            });
            Body::from_stream(bytes.boxed()).into_response()
        }
    }
}

async fn token(State(shared): State<Arc<Shared>>, body: String) -> Response {
    shared.brought.lock().unwrap().push(body.clone());
    let (error, redirect, challenge) = {
        let behaviour = shared.behaviour.lock().unwrap();
        (
            behaviour.token_error.clone(),
            behaviour.token_redirect.clone(),
            behaviour.challenge.clone(),
        )
    };
    if let Some((status, error)) = error {
        return (StatusCode::from_u16(status).unwrap(), Json(error)).into_response();
    }
    if let Some(to) = redirect {
        return (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response();
    }
    let proved =
        Base64UrlSafeNoPadding::encode_to_string(Sha256::digest(field(&body, "code_verifier")))
            .unwrap();
    let fresh = shared.used_codes.lock().unwrap().insert(field(&body, "code"));
    if proved != challenge || !fresh {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })))
            .into_response();
    }
    let now = Clock::now_since_epoch().as_secs();
    let (nonce, claims) = {
        let behaviour = shared.behaviour.lock().unwrap();
        (behaviour.nonce.clone(), behaviour.claims.clone())
    };
    let good = json!({
        "iss": shared.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "sub": "anna", "nonce": nonce, "sid": "s1",
        "email": "anna@example.org", "email_verified": true, "name": "Anna of the provider",
    });
    let id_token = sign(&shared, &over(good, &claims));
    Json(json!({ "access_token": "an access token", "token_type": "Bearer", "id_token": id_token }))
        .into_response()
}

fn sign(shared: &Shared, claims: &Value) -> String {
    let behaviour = shared.behaviour.lock().unwrap();
    let encode = |text: String| Base64UrlSafeNoPadding::encode_to_string(text).unwrap();
    // By hand, since no library would produce some of these.
    let all: JWTClaims<Map<String, Value>> = serde_json::from_value(claims.clone()).unwrap();
    let kid = behaviour.kid.as_str();
    match behaviour.signature {
        Signature::Good => {
            with_kid(ES256KeyPair::from_bytes(&shared.pair.to_bytes()).unwrap(), kid)
                .sign(all)
                .unwrap()
        }
        Signature::OtherKey => with_kid(ES256KeyPair::generate(), kid).sign(all).unwrap(),
        Signature::None => {
            let head = json!({ "alg": "none", "kid": kid, "typ": "JWT" });
            format!("{}.{}.", encode(head.to_string()), encode(claims.to_string()))
        }
        Signature::Hmac => {
            let public = shared.pair.public_key().to_pem().unwrap();
            HS256Key::from_bytes(public.as_bytes()).with_key_id(kid).authenticate(all).unwrap()
        }
    }
}

fn with_kid(pair: ES256KeyPair, kid: &str) -> ES256KeyPair {
    pair.with_key_id(kid)
}
