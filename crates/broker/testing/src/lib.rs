//! A real OpenBao and a real PostgreSQL on loopback, for tests of Tenure.
//!
//! Each server has its own temporary folder and its own random port, and ends when its value is dropped.
//! [`Stage`] is both of them as an operator would prepare them for a handoff. What a test then does with
//! Tenure is left to the test.

#![cfg(unix)] // the servers run as a user of their own

mod http;
mod issuer;
mod openbao;
mod postgres;
mod stage;
mod tools;

pub use issuer::Issuer;
pub use openbao::OpenBao;
pub use postgres::{Postgres, Session};
pub use stage::Stage;
pub use tools::servers_left_out;
