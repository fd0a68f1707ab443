//! A value in clear, between the moment when it is read and the moment when it is fingerprinted.

use std::ops::Deref;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A value. It has neither `Debug` nor `Serialize`, and its memory is wiped.
#[derive(Clone, Default)]
pub(super) struct Clear(Zeroizing<String>);

impl Clear {
    pub(super) fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value; none when nothing stands there.
    pub(super) fn some(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }
}

impl Deref for Clear {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Clear {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(Option::<String>::deserialize(deserializer)?.unwrap_or_default()))
    }
}
