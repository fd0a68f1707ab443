//! The real binary on real input: what a user sees.

#![allow(clippy::unwrap_used)] // to panic is how a test fails

mod archives;
mod bad_input;
mod compare;
mod configuration;
mod demo;
mod exceptions;
mod exports;
mod handoff;
mod history;
mod hostile_text;
mod leaks;
mod names;
mod program;
mod repeat;
mod report;
mod rules;
mod since;
mod since_places;
mod unchanged;
