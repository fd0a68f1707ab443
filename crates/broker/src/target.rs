//! The systems that a workload really uses: where the old access is ended, and where its end is proven.

pub(crate) mod credential;
pub(crate) mod postgresql;
pub(crate) mod privilege;
mod session;
