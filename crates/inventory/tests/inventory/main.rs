//! The inventory as its callers see it, on real files.

#![allow(clippy::unwrap_used)] // A panic is how a test fails, in its helpers too.

mod excepting;
mod handing_over;
mod judging;
mod opening;
mod resolving;
mod scanning;
mod support;
#[cfg(unix)]
mod surviving;
