//! What is wanted of a server: what did not come with the call, as far as it can still tell something.

use bytes::Bytes;

use super::medication::MOST_MEDICATIONS;
use super::merge::joined;
use crate::chart::{Coverage, Lack};
use crate::fhir::read::{newest_is_known, unread_medications};
use crate::fhir::{Acquired, Answer, Ask, Drafts, Gives, Need, ReadPlan, Subject, Supply, supply_of};

/// What is wanted for one call, and what is there already.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w, 'a> {
    /// What the service needs.
    pub needs: &'w [Need],
    /// What the client sent.
    pub acquired: &'w Acquired<'a>,
    /// What the call is about: draft orders may refer to Medications.
    pub drafts: &'w Drafts<'a>,
    /// What is looked for, to tell when a further page cannot add anything.
    pub plan: &'w ReadPlan,
    /// Who the call is about.
    pub subject: &'w Subject<'w>,
}

impl<'w> Wanted<'w, '_> {
    /// What is asked for in the first wave.
    pub(super) fn asks(&self) -> Vec<Ask<'w>> {
        let mut asks = self.acquired.asks(self.needs);
        asks.retain(|ask| ask.next.is_none() || !self.is_enough(ask, &[]));
        asks
    }

    /// Do the pages that are there tell all that is looked for, though more would follow?
    pub(super) fn is_enough(&self, ask: &Ask<'_>, fetched: &[Bytes]) -> bool {
        let Some(need) = self.needs.get(ask.need) else { return false };
        if !matches!(need.gives, Gives::Observations { .. } | Gives::QuestionnaireResponses { .. }) {
            return false;
        }
        let expected = need.gives.resource_type();
        let sent = self.acquired.supplies.get(ask.need).filter(|_| ask.next.is_some()).cloned();
        let read = |body| match serde_json::from_slice::<Answer<'_>>(body) {
            Ok(answer) => supply_of(expected, answer),
            Err(_) => Supply::lacking(Coverage::Unavailable(Lack::FetchFailed)),
        };
        let pages = sent.into_iter().chain(fetched.iter().map(|body| read(body)));
        let supply = joined(expected, pages, Some(Lack::MorePages));
        newest_is_known(self.plan, need, &supply, self.subject)
    }

    /// The ids of Medications on `server` that are referred to and are not there, as many as are read.
    pub(super) fn medications(&self, acquired: &Acquired<'_>, server: &str) -> Vec<String> {
        unread_medications(acquired, self.drafts, server, MOST_MEDICATIONS)
    }
}
