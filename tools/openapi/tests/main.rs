//! The committed contract and what the components say.

use std::fs;

#[test]
fn the_committed_contract_is_what_the_components_say() {
    let made = openapi::text(&openapi::document().unwrap());
    let committed = fs::read_to_string(openapi::path()).unwrap();
    // Not `assert_eq!`: it would print both documents.
    let line = made.lines().zip(committed.lines()).position(|(one, other)| one != other);
    assert!(
        made == committed,
        "openapi/openapi.json is stale (first at line {:?}): run `cargo run -p openapi`, then `npm run api` in web/",
        line.map(|index| index + 1)
    );
}

#[test]
fn a_parameter_is_never_null_and_a_path_has_all_of_its_parts() {
    let document = openapi::document().unwrap();
    let operations = document["paths"].as_object().unwrap().iter();
    for (path, operation) in
        operations.flat_map(|(path, all)| all.as_object().unwrap().values().map(move |o| (path, o)))
    {
        let parameters: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(in_path, path.matches('{').count(), "{path}");
        for parameter in parameters {
            assert!(parameter["schema"]["type"].is_string(), "{path}: {parameter}");
        }
    }
}

#[test]
fn routes_whose_responses_may_stream_say_so() {
    let document = openapi::document().unwrap();
    for route in openapi::routers().iter().flat_map(api::Router::routes) {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let Some(responses) = operation["responses"].as_object() else { continue };
        let mut types = responses
            .iter()
            .filter(|(status, _)| status.starts_with('2'))
            .flat_map(|(_, response)| response["content"].as_object().into_iter().flatten());
        let may_stream = types.any(|(media_type, _)| {
            !media_type.ends_with("/json") && !media_type.ends_with("+json")
        });
        assert_eq!(route.streams, may_stream, "{} {}", route.method, route.path);
    }
}
