//! The sandbox: a page that behaves as an EHR, and the synthetic patients it calls for.

use std::borrow::Cow;

use bytes::Bytes;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use time::Date;
use time::macros::format_description;

use super::SiteError;
use super::guidance::Frame;
use crate::app::App;
use crate::knowledge::Knowledge;
use crate::rehearsal::{
    Rehearsal, SyntheticOrder, SyntheticPatient, SyntheticProblem, Synthetics, request_of_record, shift_dates,
};
use crate::wire::RequestError;

/// Who calls where nobody is named.
const CLINICIAN: &str = "Practitioner/sandbox";

/// Everything of the sandbox but the calls themselves, which go to the CDS services.
#[derive(Debug)]
pub struct Sandbox {
    synthetics: Synthetics,
    page: Bytes,
    patients: Bytes,
    orders: Bytes,
}

/// Why there is no call to give.
#[derive(Debug, thiserror::Error)]
pub enum NoCall {
    /// There is no such patient, service or draft.
    #[error("no such patient, service or draft")]
    Unknown,
    /// The query cannot be used.
    #[error("the query cannot be used")]
    Query(#[source] RequestError),
}

#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    frame: Frame<'a>,
    public_url: &'a str,
    as_of: String,
    clinician: &'static str,
    patients: &'a [SyntheticPatient],
    pad: Vec<Group<'a>>,
    problems: &'a [SyntheticProblem],
}

/// A part of the order pad.
#[derive(Serialize)]
struct Group<'s> {
    name: &'s str,
    orders: &'s [SyntheticOrder],
}

impl Sandbox {
    pub(super) fn new(
        app: &App,
        templates: &Environment<'_>,
        frame: Frame<'_>,
    ) -> Result<Sandbox, SiteError> {
        let synthetics = Synthetics::embedded()?;
        let pad = synthetics.orders.chunk_by(|one, next| one.group == next.group);
        let pad: Vec<Group<'_>> =
            pad.filter_map(|orders| Some(Group { name: &orders.first()?.group, orders })).collect();
        let page = Page {
            frame,
            public_url: &app.config.server.public_url,
            as_of: synthetics.as_of.to_string(),
            clinician: CLINICIAN,
            patients: &synthetics.patients,
            pad,
            problems: &synthetics.problems,
        };
        let page = templates.get_template("sandbox.html")?.render(Serde(page))?;
        Ok(Sandbox {
            page: page.into(),
            patients: serde_json::to_vec(&synthetics.patients)?.into(),
            orders: serde_json::to_vec(&synthetics.orders)?.into(),
            synthetics,
        })
    }

    /// The page.
    #[must_use]
    pub fn page(&self) -> Bytes {
        self.page.clone()
    }

    /// The list of patients, as JSON.
    #[must_use]
    pub fn patients(&self) -> Bytes {
        self.patients.clone()
    }

    /// The list of draft orders, as JSON.
    #[must_use]
    pub fn orders(&self) -> Bytes {
        self.orders.clone()
    }

    /// The Bundle of a patient. Where `asked` holds a `day`, all dates are moved so that this day of the chart is
    /// `today`; else they stand as they were written.
    ///
    /// # Errors
    /// Where there is no such patient, or `asked` holds something else.
    pub fn patient(
        &self,
        slug: &str,
        today: Date,
        asked: &[(String, String)],
    ) -> Result<Cow<'static, str>, NoCall> {
        let record = self.synthetics.patient(slug).ok_or(NoCall::Unknown)?;
        match asked {
            [] => Ok(Cow::Borrowed(record)),
            [(name, value)] if name == "day" => {
                Ok(Cow::Owned(shift_dates(record, (today - day_of(value)?).whole_days())))
            }
            _ => Err(invalid("query", "may hold one day only")),
        }
    }

    /// A draft order, without its subject.
    #[must_use]
    pub fn order(&self, slug: &str) -> Option<&'static str> {
        self.synthetics.order(slug)
    }

    /// A problem, without its subject.
    #[must_use]
    pub fn problem(&self, slug: &str) -> Option<&'static str> {
        self.synthetics.problem(slug)
    }

    /// The body of a service call for a patient, with all dates moved so that `day` of the chart is `today`.
    ///
    /// `asked` may hold `draft` (any number of times), `user` and `day`.
    ///
    /// # Errors
    /// Where the patient, the service or a draft does not exist, or `asked` holds something else.
    pub fn call(
        &self,
        knowledge: &Knowledge,
        today: Date,
        (patient, service): (&str, &str),
        asked: &[(String, String)],
    ) -> Result<String, NoCall> {
        let record = self.synthetics.patient(patient).ok_or(NoCall::Unknown)?;
        let service = knowledge.services.iter().find(|entry| entry.id == service).ok_or(NoCall::Unknown)?;
        let mut user = CLINICIAN;
        let mut day = self.synthetics.as_of;
        let mut drafts = Vec::new();
        for (name, value) in asked {
            match name.as_str() {
                "draft" => {
                    drafts.push(self.synthetics.order(value).ok_or(NoCall::Unknown)?.as_bytes().to_vec())
                }
                "user" => user = value,
                "day" => day = day_of(value)?,
                _ => return Err(invalid("query", "may hold draft, user and day only")),
            }
        }
        let rehearsal = Rehearsal { service, user, drafts: &drafts };
        // The patient and the drafts are our own, so that only the binary itself could be wrong.
        let body = request_of_record(record.as_bytes(), &rehearsal).map_err(|_| NoCall::Unknown)?;
        let body = String::from_utf8(body).map_err(|_| NoCall::Unknown)?;
        Ok(shift_dates(&body, (today - day).whole_days()))
    }
}

fn day_of(value: &str) -> Result<Date, NoCall> {
    Date::parse(value, format_description!("[year]-[month]-[day]"))
        .map_err(|_| invalid("day", "is not a day, such as 2026-03-01"))
}

fn invalid(member: &'static str, problem: &'static str) -> NoCall {
    NoCall::Query(RequestError::Invalid { member, problem })
}
