//! Days in UTC: how long something that a person accepted still holds.

use std::fmt;

use jiff::civil::Date;
use serde::Deserializer;
use serde::de::{Error, MapAccess, Visitor};

use crate::Timestamp;

/// The day of an instant, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    jiff::tz::TimeZone::UTC.to_datetime(at).date()
}

/// Reads a day that stands as text, or bare as TOML writes dates.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    struct Day;
    impl<'de> Visitor<'de> for Day {
        type Value = Option<Date>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a day such as 2027-01-31")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            text.parse().map(Some).map_err(|_| E::custom(format!("`{text}` is no day such as 2027-01-31")))
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        /// A date of TOML arrives as a map of one text.
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let text = map.next_entry::<String, String>()?.map(|(_, text)| text).unwrap_or_default();
            self.visit_str(&text)
        }
    }
    deserializer.deserialize_any(Day)
}
