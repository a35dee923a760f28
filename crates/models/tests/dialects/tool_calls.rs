//! Tool calls of Chat Completions as servers really send them (S11).

use models::{Dialect, FinishReason};
use serde_json::{Value, json};

use super::{Answer, chunks, read_events};

fn fragment(index: u64, id: &Value, name: &Value, arguments: &Value) -> Value {
    json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
}

fn answer(deltas: &[Vec<Value>], finish: &str) -> Answer {
    let deltas: Vec<Value> = deltas.iter().map(|calls| json!({ "tool_calls": calls })).collect();
    read_events(Dialect::Compatible, &chunks(&deltas, finish))
}

#[test]
fn two_calls_may_come_interleaved_in_fragments() {
    let none = Value::Null;
    let found = answer(
        &[
            vec![fragment(0, &json!("a"), &json!("f"), &json!(""))],
            vec![fragment(1, &json!("b"), &json!("g"), &json!("{\"y\""))],
            vec![fragment(0, &none, &none, &json!("{\"x\":1}"))],
            vec![fragment(1, &none, &none, &json!(":2}"))],
        ],
        "tool_calls",
    );
    assert_eq!(found.calls(), [("a", "f", "{\"x\":1}"), ("b", "g", "{\"y\":2}")]);
    assert_eq!(found.finish, Some(FinishReason::ToolCalls));
}

#[test]
fn a_new_id_in_each_fragment_makes_no_new_call() {
    let found = answer(
        &[
            vec![fragment(0, &json!("a1"), &json!("f"), &json!("{\"x\""))],
            vec![fragment(0, &json!("a2"), &json!("f"), &json!(":1"))],
            vec![fragment(0, &json!("a3"), &Value::Null, &json!("}"))],
        ],
        "tool_calls",
    );
    assert_eq!(found.calls(), [("a1", "f", "{\"x\":1}")]);
}

#[test]
fn whole_calls_that_are_all_numbered_0_are_several() {
    let calls = vec![
        fragment(0, &json!("a"), &json!("f"), &json!({ "x": 1 })),
        fragment(0, &json!("null"), &json!("f"), &json!({ "x": 1 })),
        fragment(0, &Value::Null, &json!("g"), &json!("{}")),
    ];
    let found = answer(&[calls], "tool_calls");
    let expected = [("a", "f", "{\"x\":1}"), ("call_1", "f", "{\"x\":1}"), ("call_2", "g", "{}")];
    assert_eq!(found.calls(), expected);
}

#[test]
fn calls_without_an_index_are_told_apart_by_their_place() {
    let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let found = answer(&[vec![call("a"), call("b")]], "stop");
    assert_eq!(found.calls(), [("a", "f", "{}"), ("b", "f", "{}")]);
    assert_eq!(found.finish, Some(FinishReason::ToolCalls), "some servers say stop");
}

#[test]
fn a_call_that_was_cut_off_is_an_answer_that_is_too_long() {
    let found = answer(
        &[vec![fragment(0, &json!("a"), &json!("f"), &json!("{\"x\": \"ab"))]],
        "tool_calls",
    );
    assert_eq!(found.finish, Some(FinishReason::Length));
}

#[test]
fn no_calls_although_calls_were_announced_is_a_plain_end() {
    for deltas in
        [json!({ "content": "a", "tool_calls": [] }), json!({ "content": "a", "tool_calls": null })]
    {
        let found = read_events(Dialect::Compatible, &chunks(&[deltas], "tool_calls"));
        assert_eq!((found.calls().len(), found.finish), (0, Some(FinishReason::Stop)));
    }
}

#[test]
fn endless_calls_are_refused() {
    let calls: Vec<Value> =
        (0..200).map(|n| fragment(n, &json!(n.to_string()), &json!("f"), &json!("{}"))).collect();
    let found = answer(&[calls], "tool_calls");
    assert_eq!((found.calls.len(), found.error), (128, Some(models::ErrorKind::TooLong)));
}
