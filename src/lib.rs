//! Gaitkeeper: a CDS Hooks 2.0 service that reads a chart over FHIR R4 and answers with leg-pain guidance.
//!
//! ARCHITECTURE.md walks through one call; modules are listed here from the bottom up and import only downwards.

#![cfg_attr(
    test,
    allow(clippy::large_futures, reason = "the size of a future matters where calls are served")
)]

pub mod clock;
pub mod config;
pub mod net;
pub mod telemetry;

pub mod chart;
pub mod wire;

pub mod auth;
pub mod feedback;

pub mod fhir;

pub mod knowledge;

pub mod evaluate;

pub mod cards;

pub mod pipeline;

pub mod rehearsal;

pub mod report;

pub mod app;

pub mod web;

pub mod http;

pub mod cli;
