//! How an object at a broker differs from what was planned, whichever way the server writes the same thing.

use serde_json::Value;

/// Fields whose order means something; every other list is a set.
const ORDERED_SUFFIX: &str = "_statements";
/// Fields that hold a length of time: `900`, `"900"`, `"900s"` and `"15m"` are the same.
const DURATIONS: [&str; 5] =
    ["default_ttl", "max_ttl", "token_ttl", "token_max_ttl", "token_explicit_max_ttl"];
/// A server's value is quoted in a message up to here.
const SHOWN_CHARS_MAX: usize = 120;

/// What differs, field by field, in words. Fields that the plan does not speak of are not compared.
pub(crate) fn differences(planned: &Value, live: &Value) -> Vec<String> {
    let (Some(planned), Some(live)) = (planned.as_object(), live.as_object()) else {
        return if planned == live { Vec::new() } else { vec!["not the same kind of object".to_owned()] };
    };
    planned
        .iter()
        .filter_map(|(field, wanted)| {
            let found = live.get(field).unwrap_or(&Value::Null);
            if normal(field, wanted) == normal(field, found) {
                return None;
            }
            Some(format!("{field} is {}, planned {}", shown(found), shown(wanted)))
        })
        .collect()
}

/// A hash of a whole object as the server gives it; equal hashes mean that nobody touched any field.
pub(crate) fn readback_hash(live: &Value) -> String {
    blake3::hash(tenure_model::canonical_json(&normal("", live)).as_bytes()).to_hex().to_string()
}

/// One spelling for everything that means the same.
fn normal(field: &str, value: &Value) -> Value {
    if DURATIONS.contains(&field)
        && let Some(seconds) = seconds(value)
    {
        return Value::from(seconds);
    }
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| normal("", item)).collect();
            if !field.ends_with(ORDERED_SUFFIX) {
                items.sort_by_key(tenure_model::canonical_json);
                items.dedup();
            }
            if items.is_empty() { Value::Null } else { Value::Array(items) }
        }
        Value::Object(fields) if fields.is_empty() => Value::Null,
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), normal(name, value))).collect())
        }
        Value::String(text) if text.is_empty() => Value::Null,
        scalar => scalar.clone(),
    }
}

/// A length of time in seconds.
fn seconds(value: &Value) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(number);
    }
    let text = value.as_str()?.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let mut total: u64 = 0;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        let count: u64 = number.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        number.clear();
    }
    number.is_empty().then_some(total)
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "not set".to_owned(),
        value => tenure_model::visible(&tenure_model::canonical_json(value)),
    };
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_thing_in_another_spelling_is_no_difference() {
        let planned = json!({"token_ttl": 900, "max_ttl": 3600, "token_policies": ["b", "a"], "bound_claims": {"ref": "x"}, "none": []});
        let live = json!({"token_ttl": "15m", "max_ttl": "1h0m0s", "token_policies": ["a", "b"], "bound_claims": {"ref": "x"}, "extra": 1});
        assert_eq!(differences(&planned, &live), Vec::<String>::new());
    }

    #[test]
    fn every_changed_field_is_named() {
        let planned = json!({"token_ttl": 900, "bound_subject": "a", "creation_statements": ["1", "2"]});
        let live = json!({"token_ttl": 3600, "bound_subject": "a", "creation_statements": ["2", "1"]});
        assert_eq!(
            differences(&planned, &live),
            ["creation_statements is [\"2\",\"1\"], planned [\"1\",\"2\"]", "token_ttl is 3600, planned 900"]
        );
        assert_eq!(differences(&planned, &Value::Null), ["not the same kind of object"]);
    }

    #[test]
    fn a_hash_covers_fields_that_the_plan_does_not_speak_of() {
        let before = json!({"a": 1, "templates": false, "list": null});
        assert_eq!(readback_hash(&before), readback_hash(&json!({"templates": false, "list": [], "a": 1})));
        assert_ne!(readback_hash(&before), readback_hash(&json!({"a": 1, "templates": true, "list": null})));
    }
}
