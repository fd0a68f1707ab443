//! Handoffs against a real OpenBao and a real PostgreSQL.

#![cfg(unix)] // the servers are started as a user of their own, which needs a Unix
#![allow(clippy::unwrap_used)] // to panic is how a test fails

mod handoff;
mod hostile;
mod logged;
mod openbao;
mod postgresql;
mod rollback;
