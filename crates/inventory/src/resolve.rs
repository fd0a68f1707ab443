//! From evidence about subjects to identities. Pure: no SQL, no clock; the order of the evidence never matters.
//!
//! [`group`] says which subjects are one identity and which id it keeps; [`compose`] says what is known of it.

mod compose;
mod credentials;
mod group;

pub(crate) use compose::compose;
pub(crate) use group::{Group, Known, group};

use tenure_model::SubjectKind;

/// How much a namespace tells of who somebody is; the smallest number names the identity. A principal of a
/// cloud beats a secret's name in a CI system, and that beats a bare value.
fn rank(kind: SubjectKind) -> u8 {
    match kind {
        SubjectKind::AwsPrincipal => 0,
        SubjectKind::Account => 1,
        SubjectKind::DatabaseLogin => 2,
        SubjectKind::CiSecret => 3,
        SubjectKind::CiJob => 4,
        SubjectKind::Credential => 5,
    }
}
