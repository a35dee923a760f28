//! The reservation of a question, a rerank or a transcription in the quotas, and the records of its
//! calls.

use catalogue::target::ModelTarget;
use credentials::GrantContext;
use kernel::{
    Result,
    id::{ModelId, UserId},
};
use models::{
    Attribution, CallPurpose, Cost, IMAGE_TOKENS, MOST_IMAGE_TOKENS, Ranking, TokenUsage,
    Transcript,
    gateway::{WireChat, WireMessage, WireRerank},
};
use platform::Cx;
use usage::{
    meter::{self, Meter},
    record::{self, CallOutcome, CalledModel, UsageRecord},
    reservation::{self, AskedModel, Question, Reservation, WorstCase},
};

use crate::transcription::Recording;

/// Providers that bill by the search count a longer text as several, and so many texts as a search.
const SEARCH_TEXT_TOKENS: u64 = 500;
const SEARCH_TEXTS: u64 = 100;
/// The most tokens that models count for a second of sound, and write of one.
const SECOND_TOKENS: u64 = 25;
const SECOND_TEXT_TOKENS: u64 = 10;

/// The most tokens of a rewritten question.
const REWRITE_TOKENS: u32 = 200;

/// A reservation, and the call in progress.
pub(crate) struct Ledger {
    /// With a connection of its own, which is open only while something is written.
    cx: Cx,
    user: UserId,
    attribution: Attribution,
    /// Of a rerank: what its provider bills beside tokens.
    searches: u64,
    /// Of a transcription: the same.
    audio_seconds: u64,
    /// The provider reported these seconds.
    is_measured: bool,
    reservation: Reservation,
    /// An estimate of the prompt's tokens, for providers that do not count.
    prompt_tokens: u64,
    /// The calls so far.
    attempts: u32,
    meter: Option<Meter>,
}

impl Ledger {
    /// Reserves the worst case of a question to any of the models.
    ///
    /// # Errors
    /// As [`reservation::reserve`].
    pub(crate) async fn reserve(
        context: &GrantContext,
        targets: &[ModelTarget],
        body: &WireChat,
    ) -> Result<Self> {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let images = count(body.images.len());
        let pictures = count(body.messages.iter().flat_map(WireMessage::picture_sizes).count());
        let offered = body.options.prompt_texts();
        let texts = || {
            let said = body.messages.iter().flat_map(WireMessage::texts);
            said.chain(offered.iter().map(String::as_str))
        };
        let asked: Vec<AskedModel<'_>> = targets.iter().map(asked).collect();
        let models: Vec<ModelId> = targets.iter().map(|target| target.id).collect();
        let worst = WorstCase::of(
            &asked,
            reservation::prompt_tokens(texts())
                .saturating_add(images.saturating_mul(IMAGE_TOKENS))
                .saturating_add(pictures.saturating_mul(MOST_IMAGE_TOKENS)),
            body.max_tokens.map(u64::from),
        );
        let estimate = meter::estimated_tokens(texts().map(|text| text.chars().count()).sum());
        let attribution = Attribution { purpose: purpose(body), ..body.attribution };
        let question =
            Question { user: context.user, attribution: &attribution, models: &models, worst };
        // Of an answer that is cut the provider reports nothing: what it may bill counts then.
        let seen = images
            .saturating_mul(IMAGE_TOKENS)
            .saturating_add(pictures.saturating_mul(MOST_IMAGE_TOKENS));
        Self::open(context, &question, estimate.saturating_add(seen)).await
    }

    /// Reserves the worst case of a rerank.
    ///
    /// # Errors
    /// As [`reservation::reserve`].
    pub(crate) async fn reserve_rerank(
        context: &GrantContext,
        target: &ModelTarget,
        body: &WireRerank,
    ) -> Result<Self> {
        // Many servers count the query with each text.
        let query = body.query.as_str();
        let texts = || body.documents.iter().flat_map(move |text| [query, text.as_str()]);
        let tokens = reservation::prompt_tokens(texts());
        let count = u64::try_from(body.documents.len()).unwrap_or(u64::MAX);
        let searches = (tokens / SEARCH_TEXT_TOKENS).saturating_add(count).div_ceil(SEARCH_TEXTS);
        let cost = target.prices.cost_of_rerank(searches, tokens).ok();
        let attribution = Attribution { purpose: CallPurpose::Rerank, ..body.attribution };
        let question = Question {
            user: context.user,
            attribution: &attribution,
            models: &[target.id],
            worst: WorstCase { cost, tokens },
        };
        let estimate = meter::estimated_tokens(texts().map(|text| text.chars().count()).sum());
        Self::open(context, &question, estimate).await
    }

    /// Reserves the worst case of a transcription by any of the models.
    ///
    /// # Errors
    /// As [`reservation::reserve`].
    pub(crate) async fn reserve_transcription(
        context: &GrantContext,
        targets: &[ModelTarget],
        recording: &Recording,
    ) -> Result<Self> {
        let Recording { format, audio, parameters } = recording;
        let seconds = format.reserved_seconds(audio);
        let prompt = reservation::prompt_tokens(parameters.prompt.as_deref());
        let (mut cost, mut most) = (Some(Cost::ZERO), 0_u64);
        for target in targets {
            let tokens = most_tokens(target, seconds, prompt);
            most = most.max(tokens.prompt.saturating_add(tokens.completion));
            let own = target.prices.most_of_transcription(seconds, &tokens).ok();
            cost = cost.zip(own).map(|(one, other)| one.max(other));
        }
        let attribution =
            Attribution { purpose: CallPurpose::Transcription, ..parameters.attribution };
        let models: Vec<ModelId> = targets.iter().map(|target| target.id).collect();
        let question = Question {
            user: context.user,
            attribution: &attribution,
            models: &models,
            worst: WorstCase { cost, tokens: most },
        };
        Self::open(context, &question, 0).await
    }

    async fn open(
        context: &GrantContext,
        question: &Question<'_>,
        prompt_tokens: u64,
    ) -> Result<Self> {
        Ok(Self {
            reservation: reservation::reserve(&context.cx, question).await?,
            cx: context.cx.with_own_connection(),
            user: question.user,
            attribution: *question.attribution,
            searches: 0,
            audio_seconds: 0,
            is_measured: false,
            prompt_tokens,
            attempts: 0,
            meter: None,
        })
    }

    /// Whether the model's own quota leaves something.
    pub(crate) fn may_ask(&self, model: ModelId) -> bool {
        !self.reservation.blocked.contains(&model)
    }

    /// A call begins.
    pub(crate) fn begin(&mut self) {
        self.attempts += 1;
        self.meter = Some(Meter::start(self.prompt_tokens));
    }

    /// Adds text or thoughts of the model.
    pub(crate) fn wrote(&mut self, text: &str) {
        if let Some(meter) = &mut self.meter {
            meter.wrote(text);
        }
    }

    /// Takes a provider's report of the usage.
    pub(crate) fn reported(&mut self, usage: TokenUsage) {
        if let Some(meter) = &mut self.meter {
            meter.reported(usage);
        }
    }

    /// Sets how many searches a reranker bills.
    pub(crate) fn searched(&mut self, searches: u64) {
        self.searches = searches;
    }

    /// Takes what a reranker did. One that is silent about its tokens is estimated; a search is
    /// billed in any case.
    pub(crate) fn ranked(&mut self, ranking: &Ranking) {
        self.searched(ranking.search_units.max(1));
        self.reported(TokenUsage { prompt: ranking.prompt_tokens, ..TokenUsage::default() });
    }

    /// Takes what came of a recording. `estimate`: its seconds, for providers that do not count.
    pub(crate) fn transcribed(&mut self, transcript: &Transcript, estimate: u64) {
        self.is_measured = transcript.billed_seconds.is_some();
        self.audio_seconds = transcript.billed_seconds.unwrap_or(estimate);
        self.reported(transcript.tokens.unwrap_or_default());
    }

    /// A provider had the recording and gave no transcript: what it bills is estimated.
    pub(crate) fn heard(&mut self, estimate: u64) {
        self.audio_seconds = estimate;
    }

    /// Records the call in progress, if there is one. `is_last`: the reservation ends with it.
    pub(crate) async fn end(&mut self, target: &ModelTarget, outcome: CallOutcome, is_last: bool) {
        let Some(meter) = self.meter.take() else { return };
        let (tokens, is_estimated) = meter.tokens(outcome);
        let model = CalledModel {
            id: Some(target.id),
            name: target.name.clone(),
            provider_id: Some(target.provider_id),
            provider: target.provider.clone(),
            prices: Some(target.prices.clone()),
        };
        let record = UsageRecord {
            user: self.user,
            attribution: self.attribution,
            model,
            attempt: self.attempts,
            tokens,
            searches: self.searches,
            audio_seconds: self.audio_seconds,
            is_estimated: is_estimated && !self.is_measured,
            latency: meter.latency(),
            first_token: meter.first_token(),
            outcome,
        };
        record::record(&self.cx, &self.reservation, &record, is_last).await;
    }

    /// Ends the reservation, if no record did. Without a database it ends with its lease.
    pub(crate) async fn release(&self) {
        // The reservation frees itself.
        let _ = reservation::release(&self.cx, &self.reservation).await;
        self.cx.db.release().await;
    }
}

/// What a question is for. A component cannot pass it off as a rerank or the like, which are billed
/// otherwise.
fn purpose(body: &WireChat) -> CallPurpose {
    match body.attribution.purpose {
        CallPurpose::Title => CallPurpose::Title,
        // Quotas of questions do not count it, so it is too short for an answer.
        CallPurpose::Rewrite if body.max_tokens.is_some_and(|most| most <= REWRITE_TOKENS) => {
            CallPurpose::Rewrite
        }
        CallPurpose::Chat
        | CallPurpose::Rerank
        | CallPurpose::Rewrite
        | CallPurpose::Transcription => CallPurpose::Chat,
    }
}

/// What a reservation needs to know of a model.
fn asked(target: &ModelTarget) -> AskedModel<'_> {
    let tokens = |tokens: Option<i32>| tokens.and_then(|n| u64::try_from(n).ok());
    AskedModel {
        prices: Some(&target.prices),
        context_tokens: tokens(target.context_tokens),
        output_tokens: tokens(target.output_tokens),
    }
}

/// The most tokens of a recording of so many seconds, and of its text.
fn most_tokens(target: &ModelTarget, seconds: u64, prompt: u64) -> TokenUsage {
    let model = asked(target);
    let sound = seconds
        .saturating_mul(SECOND_TOKENS)
        .saturating_add(prompt)
        .min(model.context_tokens.unwrap_or(u64::MAX));
    let written = seconds.saturating_mul(SECOND_TEXT_TOKENS);
    TokenUsage {
        prompt: sound,
        prompt_audio: sound,
        completion: written.min(model.output_tokens.unwrap_or(u64::MAX)),
        ..TokenUsage::default()
    }
}

/// The most tokens that a model is asked for.
pub(crate) fn output_limit(target: &ModelTarget, requested: u32) -> u32 {
    u32::try_from(asked(target).output_limit(Some(u64::from(requested)))).unwrap_or(requested)
}
