//! Migrations handed to a broker: connections, plans and approvals, the outbox of steps, the chain of events.
//!
//! Everything here must survive a crash at any moment: a step is handed out before it is done and closed after,
//! and what happened in between is found out by asking the broker, never by guessing.

mod brokers;
mod events;
mod migrations;
mod outbox;
mod states;

pub use brokers::BrokerConnection;
pub use migrations::MigrationBrief;
pub use outbox::{ClaimedStep, FAILURES_MAX, NextStep};
