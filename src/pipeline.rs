//! The way of one call, from its body to its cards.

use time::OffsetDateTime;

use crate::auth::{Denial, Pass};
use crate::cards::{self, Rendered, Rendering};
use crate::chart::{Chart, Coverage};
use crate::evaluate::{self, Findings};
use crate::feedback::OriginId;
use crate::fhir::{
    self, Acquired, Answer, Drafts, FetchPolicy, Fetcher, Gathered, KeyNames, PatientMismatch, Subject,
    Token, Wanted,
};
use crate::knowledge::{Knowledge, Service};
use crate::telemetry::correlation::Correlation;
use crate::telemetry::meters::{Meters, Stages, Supply};
use crate::wire::{Call, Card, Context, Hook, RequestError, Response};

/// What every call is answered with.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The knowledge.
    pub knowledge: &'a Knowledge,
    /// When the call came: the one time that everything below goes by.
    pub now: OffsetDateTime,
    /// Where this service is reached, without a slash at its end.
    pub public_url: &'a str,
}

/// One call with all that was made of it on the way.
#[derive(Debug)]
pub struct Journey<'a> {
    /// The service that was called.
    pub service: &'a Service,
    /// Its context.
    pub context: &'a Context<'a>,
    /// What came of the chart, for each need of the service.
    pub acquired: &'a Acquired<'a>,
    /// The chart.
    pub chart: &'a Chart,
    /// What every rule says of it.
    pub findings: &'a Findings<'a>,
    /// What the cards were rendered from.
    pub rendering: &'a Rendering<'a>,
    /// The answer.
    pub response: Response,
    /// Cards of rules on trial: rendered, counted, not answered.
    pub trial: Vec<Card>,
    /// What the cards of both are, and whether they are on trial.
    pub origins: Vec<(OriginId, bool)>,
}

/// Why a call has no cards. The text is for operators.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No service has this id.
    #[error("no service has this id")]
    UnknownService,
    /// The body is not a service call.
    #[error("the body is not a service call")]
    Request(#[from] RequestError),
    /// The service is not offered for the hook of the call.
    #[error("the service is not offered for this hook")]
    HookMismatch,
    /// The call speaks of more than one patient. The text is for the client too.
    #[error("{0}")]
    PatientMismatch(#[from] PatientMismatch),
    /// The token of the call is not good for this call. Nothing of why is for the client.
    #[error("the token is not good for this call")]
    Denied(#[from] Denial),
    /// The answer could not be written as JSON.
    #[error("writing the answer")]
    Unwritable(#[source] serde_json::Error),
    /// What a service cannot do without is neither prefetched nor to be had.
    #[error("required data cannot be obtained: {}", keys.join(", "))]
    Unobtainable {
        /// Keys of the prefetch templates.
        keys: Vec<String>,
    },
}

/// With what the chart is completed where a client did not send all of it.
#[derive(Debug, Clone, Copy)]
pub struct Fetching<'a> {
    /// What asks.
    pub fetcher: &'a Fetcher,
    /// What may be asked.
    pub policy: &'a FetchPolicy,
    /// What the client calls our prefetch keys.
    pub names: &'a KeyNames,
    /// Where it is measured.
    pub meters: &'a Meters,
    /// With what the client was let in, where there are clients.
    pub pass: Option<&'a Pass>,
}

/// Answers one call from what the client sent and nothing else.
///
/// # Errors
/// As [`travel`].
pub fn answer(setting: &Setting<'_>, service_id: &str, body: &[u8]) -> Result<Response, CallError> {
    travel(setting, service_id, body, |journey| journey.response)
}

/// Goes the whole way of a call with what the client sent and nothing else, and hands all of it to `arrive`, for
/// answering or for explaining.
///
/// # Errors
/// Where the call has no cards to give; an empty answer is not an error.
pub fn travel<T>(
    setting: &Setting<'_>,
    service_id: &str,
    body: &[u8],
    arrive: impl FnOnce(Journey<'_>) -> T,
) -> Result<T, CallError> {
    let mut sent = Sent::decode(setting, service_id, body)?;
    let acquired = sent.acquired(&KeyNames::default());
    sent.judge(setting, &acquired, Stages::begin(None), arrive)
}

/// As [`travel`], and fetches on the way what the client did not send.
///
/// # Errors
/// As [`travel`].
pub async fn travel_fetching<T>(
    setting: &Setting<'_>,
    fetching: Fetching<'_>,
    service_id: &str,
    body: &[u8],
    arrive: impl FnOnce(Journey<'_>) -> T,
) -> Result<T, CallError> {
    let mut stages = Stages::begin(Some(fetching.meters));
    let mut sent = Sent::decode(setting, service_id, body)?;
    Correlation::note_hook_instance(sent.call.hook_instance.as_ref());
    Correlation::current_span().inspect(|span| span.hook(sent.service.hook.name()));
    stages.end(&sent.service.id, "decode");
    if let Some(pass) = fetching.pass {
        pass.spend_for(sent.call.hook_instance.as_ref(), setting.now).await?;
    }
    let acquired = sent.acquired(fetching.names);
    // Before the token is used: it may be for another patient.
    sent.check_patient(&acquired)?;
    let gathered = sent.fetch(setting, fetching, &acquired).await;
    let sent_alone = acquired.coverages();
    let acquired = acquired.with(&sent.service.needs, &gathered);
    sent.measure(fetching.meters, &sent_alone, &acquired);
    stages.end(&sent.service.id, "acquire");
    sent.judge(setting, &acquired, stages, arrive)
}

/// A call as it was sent, borrowed from its body. Nothing here is ever changed; what is fetched stands beside it.
struct Sent<'a> {
    service: &'a Service,
    call: Call<'a, Answer<'a>>,
    context: Context<'a>,
    drafts: Drafts<'a>,
}

impl<'a> Sent<'a> {
    /// Decode: the body once, borrowed.
    fn decode(setting: &Setting<'a>, service_id: &str, body: &'a [u8]) -> Result<Sent<'a>, CallError> {
        let knowledge = setting.knowledge;
        if !knowledge.services.iter().any(|service| service.id == service_id) {
            return Err(CallError::UnknownService);
        }
        let call = Call::read(body)?;
        let hook: Hook = call.hook.as_ref().parse().map_err(|_| CallError::HookMismatch)?;
        let service = knowledge.service(service_id, hook).ok_or(CallError::HookMismatch)?;
        let context = Context::read(hook, call.context)?;
        let drafts =
            Drafts::read(context.draft_orders, &context.selections, hook)?.adding(context.conditions)?;
        if drafts.selected_none {
            tracing::warn!(service = service.id, "the selections name no draft, so all drafts are judged");
        }
        Ok(Sent { service, call, context, drafts })
    }

    /// Acquire: what the client sent, taken out of the call.
    fn acquired(&mut self, names: &KeyNames) -> Acquired<'a> {
        fhir::from_prefetch(&self.service.needs, std::mem::take(&mut self.call.prefetch), names)
    }

    /// Is everything about one patient?
    fn check_patient(&self, acquired: &Acquired<'_>) -> Result<(), PatientMismatch> {
        let token = self.call.fhir_authorization.as_ref();
        let token_patient = token.and_then(|token| token.patient.as_ref()).map(AsRef::as_ref);
        let (needs, server) = (&self.service.needs, self.fhir_server());
        fhir::identity::check(
            self.context.patient_id.as_ref(),
            token_patient,
            acquired,
            needs,
            &self.drafts,
            server,
        )
    }

    /// Acquire: what the client did not send is fetched, where it gave a server and a token for that.
    async fn fetch(
        &self,
        setting: &Setting<'_>,
        fetching: Fetching<'_>,
        acquired: &Acquired<'_>,
    ) -> Gathered {
        let (Some(server), Some(token)) = (self.fhir_server(), &self.call.fhir_authorization) else {
            return Gathered::default();
        };
        let subject = self.subject(setting);
        let wanted = Wanted {
            needs: &self.service.needs,
            acquired,
            drafts: &self.drafts,
            plan: &setting.knowledge.plan,
            subject: &subject,
        };
        let Fetching { fetcher, policy, .. } = fetching;
        fetcher.fetch(policy, server, Token::new(token.access_token.as_ref()), &wanted).await
    }

    fn subject(&self, setting: &Setting<'_>) -> Subject<'_> {
        Subject {
            patient_id: self.context.patient_id.as_ref(),
            today: setting.now.date(),
            now: setting.now,
            fhir_server: self.fhir_server(),
        }
    }

    /// Counts how each prefetch key came.
    fn measure(&self, meters: &Meters, sent: &[Coverage], acquired: &Acquired<'_>) {
        let after = acquired.supplies.iter().map(|supply| supply.coverage);
        for ((need, sent), after) in self.service.needs.iter().zip(sent).zip(after) {
            let supply = match (sent, after) {
                (_, Coverage::Unavailable(_) | Coverage::NotAsked) => Supply::Missing,
                (Coverage::Unavailable(_) | Coverage::NotAsked, _) => Supply::Fetched,
                _ => Supply::Sent,
            };
            meters.supplied(&need.key, supply);
            if let Some(lack) = after.lack() {
                meters.lacked(&need.key, lack.words());
            }
        }
    }

    fn judge<T>(
        &self,
        setting: &Setting<'_>,
        acquired: &Acquired<'_>,
        mut stages: Stages<'_>,
        arrive: impl FnOnce(Journey<'_>) -> T,
    ) -> Result<T, CallError> {
        let Sent { service, context, drafts, .. } = self;
        self.check_patient(acquired)?;
        let needs = service.needs.iter().zip(&acquired.supplies);
        let unobtainable = needs
            .filter(|(need, supply)| need.required && matches!(supply.coverage, Coverage::Unavailable(_)));
        let keys: Vec<String> = unobtainable.map(|(need, _)| need.key.clone()).collect();
        if !keys.is_empty() {
            return Err(CallError::Unobtainable { keys });
        }

        // Read: facts and gaps; this cannot fail.
        let (plan, subject) = (&setting.knowledge.plan, self.subject(setting));
        let chart = fhir::chart(plan, &service.needs, acquired, drafts, &subject);
        if let Some(meters) = stages.meters() {
            chart.gaps.iter().for_each(|gap| meters.unusable(gap.why.words()));
        }
        stages.end(&service.id, "read");

        // Evaluate, then render what is shown.
        let findings = evaluate::evaluate(setting.knowledge, service, &chart);
        stages.end(&service.id, "evaluate");
        let rendering = Rendering {
            knowledge: setting.knowledge,
            service,
            chart: &chart,
            context,
            drafts,
            now: setting.now,
            public_url: setting.public_url,
        };
        let Rendered { cards, trial, origins } = cards::render(&rendering, &findings);
        let response = Response { cards };
        if let Some(meters) = stages.meters() {
            let cards = response.cards.iter();
            cards.for_each(|card| meters.card(&card.source.topic.code, card.indicator.name()));
        }
        stages.end(&service.id, "render");
        Correlation::current_span().inspect(|span| span.cards(response.cards.len()));
        Ok(arrive(Journey {
            service,
            context,
            acquired,
            chart: &chart,
            findings: &findings,
            rendering: &rendering,
            response,
            trial,
            origins,
        }))
    }

    fn fhir_server(&self) -> Option<&str> {
        self.call.fhir_server.as_ref().map(AsRef::as_ref)
    }
}
