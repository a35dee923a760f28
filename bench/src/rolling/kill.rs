//! A host is killed while it writes answers: each is marked, keeps its text, and is written again
//! on the other host.

use std::time::Duration;

use futures::future::join_all;
use tests::cluster::Cluster;

use super::{
    answers::{self, AnswerEnd},
    people::Person,
    request_counts::RequestCounts,
};

/// Words of an answer, four a second.
const WORDS: usize = 48;
/// When the host dies, counted from the questions.
const AFTER: Duration = Duration::from_secs(4);

/// What the clients saw, in words.
pub(crate) async fn measure(cluster: &Cluster, people: &[Person]) -> String {
    let counts = RequestCounts::default();
    let asked = people.iter().map(|person| ask(cluster, person, &counts));
    let killed = async {
        tokio::time::sleep(AFTER).await;
        cluster.hosts[0].kill();
    };
    let (answers, ()) = tokio::join!(join_all(asked), killed);
    let (mut whole, mut longest) = (0, Duration::ZERO);
    let mut interrupted = Vec::new();
    for (person, (question, text, ended)) in people.iter().zip(answers) {
        let Some(ended) = ended else { continue };
        if ended.last["type"] == "done" && ended.text == text {
            whole += 1;
        } else if is_marked(&ended) && text.starts_with(&ended.text) {
            longest = longest.max(ended.after_break.unwrap_or_default());
            interrupted.push((person, question, ended.message));
        } else {
            counts.wrong(&format!("after the kill an answer ended with {}", ended.last));
        }
    }
    let again = interrupted.iter().map(|(person, question, message)| {
        let text = answers::script(&cluster.provider, question, WORDS);
        let counts = &counts;
        async move { person.regenerate(message, counts).await.is_some_and(|it| it.text == text) }
    });
    let again = join_all(again).await.into_iter().filter(|complete| *complete).count();
    cluster.hosts[0].start().await;
    let [_, failed, wrong, _] = counts.totals();
    counts.print();
    format!(
        "{whole} answers complete, {} marked after {:.0} s at most, {again} of them written again on the other host, \
         {failed} requests failed, {wrong} answers lost",
        interrupted.len(),
        longest.as_secs_f64()
    )
}

async fn ask(
    cluster: &Cluster,
    person: &Person,
    counts: &RequestCounts,
) -> (String, String, Option<AnswerEnd>) {
    let conversation = person.conversation().await;
    let question = uuid::Uuid::now_v7().simple().to_string();
    let text = answers::script(&cluster.provider, &question, WORDS);
    let ended = person.ask(&conversation, &question, counts).await;
    (question, text, ended)
}

fn is_marked(ended: &AnswerEnd) -> bool {
    ended.last["type"] == "error" && ended.last["problem"]["error"] == "answer_interrupted"
}
