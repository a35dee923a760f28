//! Search: by names, words and numbers, the response without a match, and refused queries.

use serde_json::{Value, json};
use tests::{client::Client, stack::Stack};

async fn search(client: &Client, collection: &str, mode: &str, query: &str) -> Value {
    let body = json!({ "query": query, "collection_ids": [collection], "mode": mode });
    client.post("/api/v1/search", &body).await.expect(200)
}

/// Titles of the results, best first.
async fn titles(client: &Client, collection: &str, mode: &str, query: &str) -> Vec<String> {
    let found = search(client, collection, mode, query).await;
    let hits = found["results"].as_array().unwrap();
    hits.iter().map(|hit| hit["title"].as_str().unwrap().to_owned()).collect()
}

fn page(title: &str, text: &str) -> String {
    format!(
        "<html lang=\"sv\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body><p>{text}</p></body></html>"
    )
}

#[tokio::test]
async fn a_file_name_finds_a_document_with_another_title() {
    let (client, _) = Stack::shared().person("names").await;
    let (_, collection) = client.collection("Beslut").await;
    for n in 0..6 {
        client
            .ingest(
                &collection,
                &format!("{n}.html"),
                page(&format!("Beslut {n}"), "Nämnden har fattat ett beslut om hamnen."),
            )
            .await;
    }
    let named = page("Beslut", "Nämnden godkände förslaget till detaljplan.");
    client.ingest(&collection, "KS-2026-00417 beslut om hamnen.html", named).await;
    for mode in ["fused", "text"] {
        for query in ["KS-2026-00417", "ks 2026/00417", "Vad står i KS-2026-00417?"] {
            let found = search(&client, &collection, mode, query).await;
            let first = &found["results"][0];
            assert_eq!(
                first["filename"], "KS-2026-00417 beslut om hamnen.html",
                "{mode} {query}: {found:#}"
            );
            assert_eq!(found["relevant"], true);
        }
    }
    let first = &search(&client, &collection, "text", "KS-2026-00417").await["results"][0];
    assert_eq!(
        (&first["collection_id"], &first["collection_name"]),
        (&json!(collection), &json!("Beslut"))
    );
    assert!(
        !first["space_name"].as_str().unwrap().is_empty() && first["space_id"].is_string(),
        "{first:#}"
    );
}

#[tokio::test]
async fn a_new_title_finds_its_document_at_once_and_the_old_one_does_not() {
    let (client, _) = Stack::shared().person("renamed").await;
    let (_, collection) = client.collection("Anteckningar").await;
    client
        .ingest(&collection, "1.html", page("Annat", "Vattenprov togs på flera platser längs ån."))
        .await;
    let document = client
        .ingest(
            &collection,
            "2.html",
            page("Järnbruket", "Vid ån låg en gång en verksamhet som fick stor betydelse."),
        )
        .await;
    assert_eq!(titles(&client, &collection, "text", "järnbruket").await, ["Järnbruket"]);
    let path = format!("/api/v1/documents/{}", document["id"].as_str().unwrap());
    client.patch(&path, &json!({ "title": "Zinkhytta i Ytterby" })).await.expect(200);
    assert_eq!(titles(&client, &collection, "text", "Zinkhytta").await, ["Zinkhytta i Ytterby"]);
    assert_eq!(titles(&client, &collection, "fused", "Zinkhytta").await[0], "Zinkhytta i Ytterby");
    assert!(titles(&client, &collection, "text", "järnbruket").await.is_empty());
}

#[tokio::test]
async fn words_and_numbers_are_found_in_every_spelling() {
    let (client, _) = Stack::shared().person("written").await;
    let (_, collection) = client.collection("Ord").await;
    for (name, text) in [
        ("slash", "Kontakta HR/löneavdelningen i första hand."),
        ("amp", "Avtalet med AT&T gäller till årets slut."),
        (
            "address",
            "Skriv till registrator.norr@kommun.example eller se https://e-tjanst.example/anmalan/blankett.",
        ),
        ("number", "Avgiften är 4\u{202f}200 kronor om året."),
        ("distractor", "I rum 4 finns 200 stolar, och där betalas i kronor."),
        ("phone", "Ring 070-123 45 67 på vardagar."),
        ("cjk", "私は東京都に住んでいます。"),
        ("decomposed", "O\u{308}ppettiderna finns på anslagstavlan."),
    ] {
        client.ingest(&collection, &format!("{name}.txt"), text).await;
    }
    for (query, name) in [
        ("löneavdelningen", "slash.txt"),
        ("AT&T", "amp.txt"),
        ("registrator", "address.txt"),
        ("blankett", "address.txt"),
        ("4200 kronor", "number.txt"),
        ("4 200 kronor", "number.txt"),
        ("4\u{a0}200 kronor", "number.txt"),
        ("0701234567", "phone.txt"),
        ("東京", "cjk.txt"),
        ("o\u{308}ppettiderna", "decomposed.txt"),
        ("öppettiderna", "decomposed.txt"),
    ] {
        let found = titles(&client, &collection, "text", query).await;
        assert_eq!(found.first().map(String::as_str), Some(name), "{query}: {found:?}");
    }
}

#[tokio::test]
async fn the_same_text_in_two_files_is_one_result() {
    let (client, _) = Stack::shared().person("copies").await;
    let (_, collection) = client.collection("Kopior").await;
    for name in ["a.md", "b.md"] {
        client.ingest(&collection, name, "# Bees\n\nThe hives stand behind the Granary.\n").await;
    }
    client.ingest(&collection, "c.md", "# Bees\n\nHoney is sold on Fridays.\n").await;
    for mode in ["fused", "vector", "text"] {
        let found = search(&client, &collection, mode, "hives behind the granary").await;
        let hives: Vec<_> = found["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|hit| hit["snippet"].as_str().unwrap().contains("hives"))
            .collect();
        assert_eq!(hives.len(), 1, "{mode}: {found:#}");
    }
}

#[tokio::test]
async fn the_total_includes_results_beyond_the_limit() {
    let (client, _) = Stack::shared().person("total").await;
    let (_, collection) = client.collection("Bees").await;
    for name in ["a.md", "b.md", "c.md"] {
        client
            .ingest(
                &collection,
                name,
                format!("# {name}\n\nThe hives of {name} stand behind the Granary.\n"),
            )
            .await;
    }
    for mode in ["fused", "vector", "text"] {
        let body =
            json!({ "query": "hives", "collection_ids": [collection], "mode": mode, "limit": 1 });
        let found = client.post("/api/v1/search", &body).await.expect(200);
        let results = found["results"].as_array().unwrap().len();
        assert_eq!((results, &found["total"]), (1, &json!(3)), "{mode}");
    }
}

#[tokio::test]
async fn a_search_reports_that_nothing_is_relevant() {
    let (client, _) = Stack::shared().person("nothing").await;
    let (_, collection) = client.collection("Rules").await;
    let rules = "# Opening hours\n\nThe library in Ekeby is open from nine to six on weekdays.\n\n# Fees\n\nA lost book costs three hundred kronor.\n";
    client.ingest(&collection, "rules.md", rules).await;
    for query in ["xyzzy quantum llama", "how do I replace the clutch of a tractor", "zzkrtx"] {
        assert_eq!(
            search(&client, &collection, "fused", query).await["relevant"],
            false,
            "{query}"
        );
    }
    for query in ["What does a lost book cost?", "when does the library open"] {
        let found = search(&client, &collection, "fused", query).await;
        assert_eq!(
            (&found["relevant"], &found["results"][0]["relevant"]),
            (&json!(true), &json!(true)),
            "{query}"
        );
    }
}

/// The model returns an error for text that it cannot embed, which would be a 503 here.
#[tokio::test]
async fn a_query_that_cannot_be_embedded_is_refused_before_the_model_call() {
    let (client, _) = Stack::shared().person("refused").await;
    for query in [
        String::new(),
        "  \n".to_owned(),
        "\u{200b}\u{202e}".to_owned(),
        "?!…".to_owned(),
        "å".repeat(2_001),
        "x".repeat(900_000),
    ] {
        for mode in ["fused", "vector", "text"] {
            let answer =
                client.post("/api/v1/search", &json!({ "query": query, "mode": mode })).await;
            assert_eq!(answer.problem(400), "invalid_body", "{query:.20}");
        }
    }
    let answer = client.post("/api/v1/search", &json!({ "query": "x".repeat(2 << 20) })).await;
    assert_eq!(answer.problem(413), "too_large");
}

/// A search that multiplied words by sentence ends took minutes for this. The host stops an
/// instance that computes for ten seconds.
#[tokio::test]
async fn many_words_over_many_sentence_ends_get_a_response() {
    let (client, _) = Stack::shared().person("marks").await;
    let (_, collection) = client.collection("Marks").await;
    for n in 0..12 {
        client.ingest(&collection, &format!("{n}.txt"), format!("{n} {}", "!".repeat(500))).await;
    }
    let letters = |n: u32| {
        (0..3)
            .map(|i| char::from(b'a' + u8::try_from(n / 8_u32.pow(i) % 8).unwrap()))
            .collect::<String>()
    };
    let query: String = (0..499).map(|n| letters(n) + " ").collect();
    let body = json!({ "query": query, "limit": 100, "group_by": "chunk", "collection_ids": [collection] });
    client.post("/api/v1/search", &body).await.expect(200);
}

/// A new collection whose texts multilingual-e5-small embeds.
async fn multilingual(client: &Client, space: &str, name: &str) -> String {
    let body = json!({ "space_id": space, "name": name });
    let collection = client.create("/api/v1/collections", &body).await;
    let sql =
        "update collections set embedding_model = 'multilingual-e5-small' where id = $1::uuid";
    let mut database = Stack::shared().database.superuser().await;
    sqlx::query(sql).bind(&collection).execute(&mut database).await.unwrap();
    collection
}

#[tokio::test]
async fn the_text_with_the_answer_comes_first_in_whichever_language_it_is() {
    let (client, _) = Stack::shared().person("languages").await;
    let (space, _) = client.collection("Rules").await;
    let mixed = multilingual(&client, &space, "Regler och handbok").await;
    let texts = [
        (
            "Subletting",
            "A member who will live elsewhere for a time may sublet the flat, but only with the board's permission. Apply at least six weeks before the tenant is to move in.",
        ),
        (
            "Lägenheten",
            "Det ska vara tyst i lägenheter och trapphus mellan klockan 22 och 7. Borra i lägenheten får man på vardagar mellan 8 och 19.",
        ),
        (
            "Tvättstugan",
            "Tvättider bokas på tavlan utanför tvättstugan, högst två pass i veckan. Man måste boka i förväg, och ett pass får hyras ut till en granne.",
        ),
        (
            "Balkonger",
            "Den som vill glasa in sin balkong måste ansöka om både styrelsens tillstånd och ett bygglov.",
        ),
        ("Guest flat", "The guest flat costs 400 kronor a night between May and August."),
    ];
    for (title, text) in texts {
        client.ingest(&mixed, &format!("{title}.html"), page(title, text)).await;
    }
    for (query, title) in [
        ("Hur länge i förväg måste jag ansöka om att hyra ut i andra hand?", "Subletting"),
        ("Vilka tider får man borra i väggen?", "Lägenheten"),
        ("What does the guest flat cost in July?", "Guest flat"),
    ] {
        let body = json!({ "query": query, "collection_ids": [mixed] });
        let found = client.post("/api/v1/search", &body).await.expect(200);
        assert_eq!(found["results"][0]["title"], title, "{query}: {found:#}");
    }
}

#[tokio::test]
async fn collections_of_two_models_are_searched_together_and_across_languages() {
    let (client, _) = Stack::shared().person("models").await;
    let (space, english) = client.collection("Rules").await;
    let swedish = multilingual(&client, &space, "Regler").await;
    let piano = "The piano in the hall may be played between seven and twenty-one. Book your time on the board.";
    client.ingest(&english, "piano.html", page("Piano", piano)).await;
    let texts = [
        (
            "Sophämtning",
            "Soporna hämtas varje torsdag morgon. Ställ ut kärlen på gatan kvällen före.",
        ),
        ("Parkering", "Besökare får stå på gården i högst två timmar. Biljett köps i automaten."),
        ("Husdjur", "Hundar ska vara kopplade i trapphuset och på lekplatsen."),
    ];
    for (title, text) in texts {
        client.ingest(&swedish, &format!("{title}.html"), page(title, text)).await;
    }
    let both = [english.as_str(), swedish.as_str()];
    for (collections, query, title) in [
        (&both[..], "När hämtas soporna på torsdag?", "Sophämtning"),
        (&both[..], "When may the piano in the hall be played?", "Piano"),
        (&both[1..], "When is the garbage collected?", "Sophämtning"),
        (&both[1..], "Where may visitors leave their car, and for how long?", "Parkering"),
    ] {
        let body = json!({ "query": query, "collection_ids": collections });
        let found = client.post("/api/v1/search", &body).await.expect(200);
        assert_eq!(found["results"][0]["title"], title, "{query}: {found:#}");
    }
}

#[tokio::test]
async fn a_question_across_languages_is_told_that_no_text_answers_it() {
    let (client, _) = Stack::shared().person("across").await;
    let (space, _) = client.collection("English").await;
    let swedish = multilingual(&client, &space, "Regler").await;
    let texts = [
        ("Sopor", "Soporna hämtas varje torsdag morgon. Ställ ut kärlen på gatan kvällen före."),
        ("Husdjur", "Hundar ska vara kopplade i trapphuset och på lekplatsen."),
    ];
    for (title, text) in texts {
        client.ingest(&swedish, &format!("{title}.html"), page(title, text)).await;
    }
    let search = async |query: &str, mode: &str| {
        let body = json!({ "query": query, "collection_ids": [swedish], "mode": mode });
        client.post("/api/v1/search", &body).await.expect(200)
    };
    for (query, is_answered) in [
        ("When should I put out the bins?", true),
        ("Must dogs be on a leash in the stairwell?", true),
        ("Who painted the ceiling of the Sistine Chapel?", false),
        ("How many moons does the planet Jupiter have?", false),
    ] {
        let found = search(query, "fused").await;
        assert_eq!(found["relevant"], is_answered, "{query}: {found:#}");
        let nearness = found["results"][0]["nearness"].as_f64().unwrap();
        assert!((0.5..1.0).contains(&nearness), "{query}: {found:#}");
    }
    let by_meaning = search("When should I put out the bins?", "vector").await;
    assert!(by_meaning["results"][0]["nearness"].is_null(), "compared in both together alone");
}

#[tokio::test]
async fn collections_of_a_missing_model_are_searched_by_words() {
    let (client, _) = Stack::shared().person("unserved").await;
    let (space, served) = client.collection("Served").await;
    let unserved = client
        .create("/api/v1/collections", &json!({ "space_id": space, "name": "Unserved" }))
        .await;
    client
        .ingest(
            &served,
            "laundry.html",
            page("Laundry", "The laundry room closes at nine in the evening."),
        )
        .await;
    client
        .ingest(
            &unserved,
            "bicycles.html",
            page("Bicycles", "Bicycles are kept in the cellar under house B."),
        )
        .await;
    let mut database = Stack::shared().database.superuser().await;
    for sql in [
        "insert into embedding_models select 'gone', dimensions, window_tokens, query_prefix, passage_prefix, languages, cosine_base, cosine_scale,
                lexical_weight, lexical_weight_across, lexical_weight_unread, relevant_read, relevant_across, relevant_unread, licence
           from embedding_models where id = 'all-MiniLM-L6-v2' and $1::text <> ''",
        "update collections set embedding_model = 'gone' where id = $1::uuid",
    ] {
        sqlx::query(sql).bind(&unserved).execute(&mut database).await.unwrap();
    }
    let body = |query: &str| json!({ "query": query, "collection_ids": [served, unserved] });
    for (query, title) in
        [("until when may I wash my clothes", "Laundry"), ("bicycles in the cellar", "Bicycles")]
    {
        let found = client.post("/api/v1/search", &body(query)).await.expect(200);
        assert_eq!(found["results"][0]["title"], title, "{query}: {found:#}");
    }
    let alone = json!({ "query": "bicycles", "collection_ids": [unserved] });
    let refused = client.post("/api/v1/search", &alone).await;
    assert!(refused.status >= 500, "nothing is embedded: {:?}", refused.body);
    let words = json!({ "query": "bicycles", "collection_ids": [unserved], "mode": "text" });
    assert_eq!(
        client.post("/api/v1/search", &words).await.expect(200)["results"][0]["title"],
        "Bicycles"
    );
}
