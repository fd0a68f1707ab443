//! A tolerant look at JSON: names in any case and spelling, values of any kind.

use serde_json::{Map, Value};
use tenure_model::Timestamp;

use super::aws::timestamp;
use crate::detect::wrong_type::{Type, note};

/// Seconds from which a number is an instant: no platform remembers more than this millennium.
const SECONDS_FROM: f64 = 946_684_800.0;
/// Milliseconds since 1970 are larger than any plausible number of seconds.
const MILLISECONDS_FROM: f64 = 1e11;
/// Years from which an end means "never": platforms, portals and scripts write 2099, 2299 and 9999 for it.
const NEVER_FROM_YEAR: i64 = 2099;
/// The year that Go programs write for an instant that is not set.
const UNSET_YEAR: i64 = 1;

/// A value, or nothing, and the name of the member that holds it, or the list that does.
///
/// Whoever asks for a type that is not there gets nothing, and it is noted. Empty text is nothing, as `null` is.
#[derive(Debug, Clone, Copy)]
pub(in crate::detect) struct Node<'v>(Option<&'v Value>, &'static str);

/// An instant that an export writes, or its way to say that there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    /// Then.
    At(Timestamp),
    /// The export says: never.
    Never,
    /// It says nothing.
    Unknown,
}

impl When {
    /// The instant, where there is one.
    pub(super) fn at(self) -> Option<Timestamp> {
        match self {
            When::At(at) => Some(at),
            When::Never | When::Unknown => None,
        }
    }
}

impl<'v> Node<'v> {
    pub(super) fn nothing() -> Self {
        Self(None, "")
    }

    pub(in crate::detect) fn of(value: &'v Value) -> Self {
        Self(Some(value), "")
    }

    /// A copy of the value.
    pub(super) fn value(self) -> Value {
        self.0.cloned().unwrap_or_default()
    }

    /// The member of this name: `asset_type`, `assetType` and `AssetType` are the same.
    pub(super) fn get(self, name: &'static str) -> Self {
        Self(self.member(name).0, name)
    }

    /// The member of a name that the file itself holds.
    pub(super) fn member(self, name: &str) -> Self {
        let Some(members) = self.object() else { return Self(None, self.1) };
        let member = members.get(name);
        Self(
            member.or_else(|| members.iter().find(|(key, _)| same_name(key, name)).map(|(_, value)| value)),
            self.1,
        )
    }

    /// A member of a member: `resource.data`.
    pub(super) fn at(self, path: &'static str) -> Self {
        path.split('.').fold(self, Self::get)
    }

    /// Whether the member is written at all, `null` included.
    pub(super) fn has(self, name: &'static str) -> bool {
        self.get(name).0.is_some()
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self.0, None | Some(Value::Null))
    }

    /// Whether it is text, for what may be text or something else.
    pub(super) fn is_text(self) -> bool {
        self.0.is_some_and(Value::is_string)
    }

    /// Notes that it is not what belongs there.
    fn odd<T>(self, belongs: Type) -> Option<T> {
        note(self.1, belongs);
        None
    }

    fn object(self) -> Option<&'v Map<String, Value>> {
        match self.0? {
            Value::Object(members) => Some(members),
            value => is_written(value).then(|| self.odd(Type::Object)).flatten(),
        }
    }

    /// Its own text; none where it is empty or something else.
    pub(in crate::detect) fn as_text(self) -> Option<&'v str> {
        match self.0? {
            Value::String(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
            Value::Null => None,
            _ => self.odd(Type::Text),
        }
    }

    /// The text of a member.
    pub(in crate::detect) fn text(self, name: &'static str) -> Option<&'v str> {
        self.get(name).as_text()
    }

    /// A member that is an id: text, or a number written out.
    pub(super) fn id(self, name: &'static str) -> Option<String> {
        let member = self.get(name);
        match member.0? {
            Value::Number(number) => Some(number.to_string()),
            _ => member.as_text().map(str::to_owned),
        }
    }

    /// A flag: `true`, or the word.
    pub(super) fn flag(self, name: &'static str) -> Option<bool> {
        let member = self.get(name);
        match member.0? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            value => is_written(value).then(|| member.odd(Type::Flag)).flatten(),
        }
    }

    /// A number, or one written as text.
    pub(super) fn number(self, name: &'static str) -> Option<f64> {
        let member = self.get(name);
        match member.0? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null => None,
            _ => member.odd(Type::Number),
        }
    }

    /// An instant: RFC 3339, seconds or milliseconds since 1970, or a way to say "never".
    pub(super) fn when(self, name: &'static str) -> When {
        self.get(name).as_when()
    }

    /// Its own instant.
    pub(super) fn as_when(self) -> When {
        let seconds = match self.0 {
            Some(Value::String(text)) if is_never(text) => return When::Never,
            Some(Value::String(text)) => match text.trim().parse::<f64>() {
                Ok(seconds) => seconds,
                Err(_) => return timestamp(text).map_or(When::Unknown, When::At),
            },
            Some(Value::Number(number)) => number.as_f64().unwrap_or(0.0),
            None | Some(Value::Null) => return When::Unknown,
            Some(_) => return self.odd(Type::Instant).unwrap_or(When::Unknown),
        };
        if seconds < 0.0 {
            return When::Never;
        }
        if seconds > 0.0 && seconds < SECONDS_FROM {
            return self.odd(Type::Instant).unwrap_or(When::Unknown);
        }
        let seconds = if seconds >= MILLISECONDS_FROM { seconds / 1000.0 } else { seconds };
        match Timestamp::from_second(seconds as i64) {
            Ok(at) if seconds > 0.0 => When::At(at),
            _ => When::Unknown,
        }
    }

    /// An instant that an export records of something that happened.
    pub(super) fn instant(self, name: &'static str) -> Option<Timestamp> {
        self.when(name).at()
    }

    /// The elements of an array; a single value is one of itself; nothing is none. An object alone is read like one in
    /// a list, but what else stood there is not known.
    pub(super) fn items(self) -> impl Iterator<Item = Node<'v>> {
        let (array, single) = match self.0 {
            Some(Value::Array(items)) => (items.as_slice(), None),
            Some(Value::Null) | None => (&[][..], None),
            Some(Value::Object(_)) => (&[][..], self.odd(Type::List).or(self.0)),
            Some(other) => (&[][..], Some(other)),
        };
        array.iter().chain(single).map(move |value| Node(Some(value), self.1))
    }

    /// The elements of a member.
    pub(super) fn list(self, name: &'static str) -> impl Iterator<Item = Node<'v>> {
        self.get(name).items()
    }

    /// The texts in a member.
    pub(super) fn texts(self, name: &'static str) -> Vec<&'v str> {
        self.get(name).as_texts()
    }

    /// The texts in itself.
    pub(super) fn as_texts(self) -> Vec<&'v str> {
        self.items().filter_map(Node::as_text).collect()
    }

    /// Itself or its elements, whatever can be written as a word: for values of any type.
    pub(super) fn words(self) -> Vec<String> {
        let word = |node: Node<'v>| match node.0? {
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => node.as_text().map(str::to_owned),
        };
        self.items().filter_map(word).collect()
    }

    /// Names and values of an object.
    pub(in crate::detect) fn members(self) -> impl Iterator<Item = (&'v str, Node<'v>)> {
        let members = self.object().into_iter().flatten();
        members.map(move |(name, value)| (name.as_str(), Node(Some(value), self.1)))
    }
}

/// Whether a value says anything.
fn is_written(value: &Value) -> bool {
    !value.is_null() && value.as_str().is_none_or(|text| !text.is_empty())
}

/// Whether an instant is written only because something had to be.
fn is_never(text: &str) -> bool {
    let year = text.split_once('-').map(|(year, _)| year).filter(|year| year.len() == 4);
    let year = year.and_then(|year| year.parse::<i64>().ok());
    year.is_some_and(|year| year >= NEVER_FROM_YEAR || year == UNSET_YEAR)
}

/// Whether two names are the same apart from case, `_` and `-`.
fn same_name(one: &str, other: &str) -> bool {
    let letters = |name: &'_ str| {
        name.bytes()
            .filter(|byte| !matches!(byte, b'_' | b'-'))
            .map(|byte| byte.to_ascii_lowercase())
            .collect::<Vec<_>>()
    };
    // Most names differ at once; only what begins alike is spelled out.
    one.as_bytes().first().map(u8::to_ascii_lowercase) == other.as_bytes().first().map(u8::to_ascii_lowercase)
        && letters(one) == letters(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_the_same_in_every_spelling() {
        let value = json!({"assetType": "a", "resource": {"Data": {"public-key": "k"}}, "one": 1});
        let node = Node::of(&value);
        assert_eq!(node.text("asset_type"), Some("a"));
        assert_eq!(node.at("resource.data").text("publicKey"), Some("k"));
        assert_eq!(node.id("one").as_deref(), Some("1"));
        assert!(node.get("none").is_null() && !node.has("none"));
        assert_eq!(node.list("one").count(), 1, "a single value is a list of one");
    }

    #[test]
    fn instants_are_read_in_every_form_and_never_is_told_from_nothing() {
        let value = json!({"a": "2026-01-02T03:04:05Z", "b": 1_767_323_045, "c": 1_767_323_045_000_i64,
            "d": "1767323045.789", "e": -1, "f": "9999-12-31T23:59:59Z", "g": "0001-01-01T00:00:00Z", "h": 0, "i": "soon"});
        let node = Node::of(&value);
        for name in ["a", "b", "c", "d"] {
            let at = node.instant(name).map(|at| at.to_string());
            assert_eq!(at.as_deref(), Some("2026-01-02T03:04:05Z"), "{name}");
        }
        for name in ["e", "f", "g"] {
            assert_eq!(node.when(name), When::Never, "{name}");
        }
        for name in ["h", "i", "j"] {
            assert_eq!(node.when(name), When::Unknown, "{name}");
        }
    }
}
