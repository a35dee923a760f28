//! The demo shelf: each document is read whole, and each question's answer stands where the file
//! says.

use serde::Deserialize;

use crate::fixtures::{file, read};

#[derive(Deserialize)]
struct Question {
    question: String,
    /// Nothing where the shelf does not hold the answer.
    expected: Option<ExpectedAnswer>,
}

#[derive(Deserialize)]
struct ExpectedAnswer {
    document: String,
    page: Option<u32>,
    keywords: Vec<String>,
}

#[test]
fn the_answers_of_the_demo_stand_in_its_documents() {
    let questions: Vec<Question> =
        serde_json::from_slice(&file("../../demo/questions.json")).expect("valid JSON");
    assert_eq!(questions.len(), 7);
    assert_eq!(questions.iter().filter(|question| question.expected.is_none()).count(), 1);
    for Question { question, expected } in questions {
        let Some(expected) = expected else { continue };
        let reading = read(file(&format!("../../demo/{}", expected.document)), &expected.document);
        let pages = reading
            .pages
            .iter()
            .filter(|page| expected.page.is_none_or(|number| number == page.number));
        let text: String = pages.map(|page| extract::page_text(&page.blocks).text).collect();
        for keyword in expected.keywords {
            assert!(
                text.contains(&keyword),
                "{question} {keyword} is not in {}: {text}",
                expected.document
            );
        }
    }
}

#[test]
fn every_document_of_the_shelf_has_its_language_and_a_title_or_a_name() {
    let english = [
        "handbook.pdf",
        "annual-meeting-2025.docx",
        "energy.html",
        "common-rooms.md",
        "maintenance-plan.csv",
    ];
    for (name, language) in
        english.map(|name| (name, "en")).into_iter().chain([("trivselregler.md", "sv")])
    {
        let reading = read(file(&format!("../../demo/{name}")), name);
        assert_eq!(
            reading.result.as_ref().map(|done| done.language.as_deref()),
            Ok(Some(language)),
            "{name}"
        );
        assert!(reading.title().is_some() || name.ends_with(".csv"), "{name}");
    }
}
