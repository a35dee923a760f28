//! The text beside a hit that goes into the prompt with it.

use conversations::Models;

use crate::fixture::{Fixture, all, says};

impl Fixture {
    /// Two chunks behind the one that questions find; the first repeats its end.
    async fn add_chunks_behind(&self) {
        let sql = "insert into chunks (id, tenant_id, space_id, index_id, document_id, ordinal, page, char_start, char_end, content, token_count, embedding, tsv)
            select gen_random_uuid(), c.tenant_id, c.space_id, c.index_id, c.document_id, n.ordinal, 3, n.char_start, n.char_start + length(n.content), n.content, 9,
                   (select array_agg(case when i = n.ordinal + 1 then 1 else 0 end order by i)::real[]::vector::halfvec from generate_series(1, 384) i), ''
              from chunks c, (values (1, 30, 'two years. Then the members vote again.'), (2, 69, 'Far away.')) n (ordinal, char_start, content)";
        self.sql(sql).await;
    }

    /// The sources in the prompt of the last request.
    fn last_sources(&self) -> String {
        let prompt = self.chat.requests().pop().unwrap();
        let asked = prompt["messages"].as_array().unwrap().last().unwrap();
        let asked = asked["content"].as_str().unwrap().to_owned();
        asked.split_once("</sources>").unwrap().0.to_owned()
    }

    async fn sources_of_a_question(&self) -> String {
        let conversation = self.conversation().await;
        all(self.ask(conversation, "How long?").await.unwrap()).await;
        assert_eq!(self.messages(conversation).await[1].sources.len(), 1);
        self.last_sources()
    }
}

const ALONE: &str =
    "<sources>\n[1] Statutes of 2024 (page 3)\nThe chair is elected for two years.\n";

#[tokio::test]
async fn the_model_reads_what_stands_beside_a_hit_and_nothing_twice() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    fixture.add_chunks_behind().await;
    let expected = "<sources>\n[1] Statutes of 2024 (page 3)\n\
        The chair is elected for two years. Then the members vote again.\n";
    assert_eq!(fixture.sources_of_a_question().await, expected);
}

#[tokio::test]
async fn the_next_page_is_not_read_since_the_source_names_one() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    fixture.add_chunks_behind().await;
    fixture.sql("update chunks set page = 4 where ordinal = 1").await;
    assert_eq!(fixture.sources_of_a_question().await, ALONE);
}

#[tokio::test]
async fn the_extractive_answerer_gets_the_hit_alone() {
    let fixture = Fixture::new(says(&["Two years [1]."])).await;
    fixture.add_chunks_behind().await;
    let conversation = fixture.conversation().await;
    let models = fixture.models();
    let chat = models::Provider { model: "extractive".to_owned(), ..models.chat };
    let models = Models { chat, ..models };
    let question = fixture.question(conversation, "How long?");
    all(conversations::ask(fixture.cx().await, models, question).await.unwrap()).await;
    assert_eq!(fixture.last_sources(), ALONE);
}
