//! Everything that is tested from outside: one binary.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect should fail where it stands"
)]
#![allow(clippy::large_futures, reason = "the size of a future matters where calls are served")]

mod allocations;
mod architecture;
mod auth;
mod browser_clients;
mod context;
mod contract;
mod derived;
mod docs;
mod feedback;
mod fetch;
mod golden;
mod knowledge_mistakes;
mod leak_watch;
mod oracle;
mod package;
mod pages;
mod schemas;
mod traces;
mod trial;
mod unsure;
