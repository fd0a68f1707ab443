//! JSON as platforms' tools write it: one page, an array of pages, or one page after the other.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::detect::Unreadable;
use crate::detect::wrong_type::{Type, note};

/// Every page of a file. What stands before a break is kept.
pub(super) fn pages<T: DeserializeOwned>(text: &str) -> (Vec<T>, Option<Unreadable>) {
    let mut pages = Vec::new();
    let array = text.trim_start().starts_with('[');
    let result = if array {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        Collect(&mut pages).deserialize(&mut deserializer).and_then(|()| deserializer.end())
    } else {
        serde_json::Deserializer::from_str(text).into_iter::<T>().try_for_each(|page| {
            pages.push(page?);
            Ok(())
        })
    };
    (pages, result.err().map(|error| broken(text, &error)))
}

/// Says where JSON breaks, without its text: the library's own message would quote values.
pub(in crate::detect) fn broken(text: &str, error: &serde_json::Error) -> Unreadable {
    let (line, column) = (error.line(), error.column());
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.as_bytes().get(before + column..).unwrap_or_default();
    if error.is_eof() || rest.iter().all(u8::is_ascii_whitespace) {
        let detail = format!("the file ends in the middle of a value, line {line}");
        return Unreadable { reason: "json_truncated", detail };
    }
    let what = if error.is_data() { "a value of another kind than expected" } else { "not valid JSON" };
    Unreadable { reason: "json_broken", detail: format!("line {line}, column {column}: {what}") }
}

/// Collects the items of an array into a list that survives an error.
struct Collect<'v, T>(&'v mut Vec<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Collect<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            self.0.push(item);
        }
        Ok(())
    }
}

/// Several of something: an array, `null`, or nothing at all. One alone is read as well; where the platform does not
/// write that (`ALONE`), it is noted, because others may have stood beside it.
#[derive(Debug, Clone)]
pub(super) struct Many<T, const ALONE: bool = false>(pub(super) Vec<T>);

/// One or several of something, as the language of policies has it.
pub(super) type OneOrMany<T> = Many<T, true>;

impl<T, const ALONE: bool> Default for Many<T, ALONE> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const ALONE: bool> std::ops::Deref for Many<T, ALONE> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const ALONE: bool> Deserialize<'de> for Many<T, ALONE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ManyVisitor(PhantomData))
    }
}

struct ManyVisitor<T, const ALONE: bool>(PhantomData<T>);

impl<T, const ALONE: bool> ManyVisitor<T, ALONE> {
    /// What is no list and none of its items is passed over: the rest still counts.
    fn odd<E>() -> Result<Many<T, ALONE>, E> {
        note("", Type::List);
        Ok(Many::default())
    }
}

impl<'de, T: Deserialize<'de>, const ALONE: bool> Visitor<'de> for ManyVisitor<T, ALONE> {
    type Value = Many<T, ALONE>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array or a single value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Many(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        if !ALONE {
            note("", Type::List);
        }
        Ok(Many(vec![T::deserialize(MapAccessDeserializer::new(map))?]))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match T::deserialize(StrDeserializer::<E>::new(text)) {
            Ok(one) => Ok(Many(vec![one])),
            Err(_) if text.is_empty() => Ok(Many::default()),
            Err(_) => Self::odd(),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Many::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Self::odd()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Self::odd()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Self::odd()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Self::odd()
    }
}

/// One object, or nothing where something else is written; that is noted.
#[derive(Debug, Clone)]
pub(super) struct One<T>(pub(super) Option<T>);

impl<T> Default for One<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // One in a list is read as well.
        let value = Value::deserialize(deserializer)?;
        if !matches!(value, Value::Object(_) | Value::Null) && value != "" {
            note("", Type::Object);
        }
        let value = if let Value::Array(items) = value { items.into_iter().next_back() } else { Some(value) };
        let object = value.filter(Value::is_object).map(serde_json::from_value).transpose();
        object.map(Self).map_err(D::Error::custom)
    }
}

/// A text, or nothing where something else is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::detect) struct Text(Option<String>);

impl Text {
    /// The text; empty where there is none.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The text, where one is written.
    pub(in crate::detect) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if !matches!(value, Value::String(_) | Value::Null) {
            note("", Type::Text);
        }
        Ok(match value {
            Value::String(text) => Self(Some(text)),
            Value::Number(number) => Self(Some(number.to_string())),
            Value::Bool(flag) => Self(Some(flag.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => Self(None),
        })
    }
}
