//! Labels that name who answers for something: tags, labels and annotations of every platform.

/// Keys of tags that name an owner, letters only, with what they are worth.
const OWNER_KEYS: &[(&str, f64)] = &[
    ("owner", 0.95),
    ("owners", 0.95),
    ("ownedby", 0.95),
    ("owneremail", 0.95),
    ("ownername", 0.95),
    ("ownerteam", 0.95),
    ("team", 0.95),
    ("teamname", 0.95),
    ("squad", 0.95),
    ("contact", 0.95),
    ("contactemail", 0.95),
    ("technicalcontact", 0.95),
    ("technicalowner", 0.95),
    ("businessowner", 0.95),
    ("serviceowner", 0.95),
    ("maintainer", 0.95),
    ("responsible", 0.95),
    ("createdby", 0.6),
    ("creator", 0.6),
    ("costcenter", 0.4),
    ("costcentre", 0.4),
];
/// What people write into a tag that must be filled.
const NO_OWNER: [&str; 8] = ["", "-", "n/a", "na", "none", "unknown", "tbd", "todo"];
/// Confidence in a value that names nobody in a form that could be looked up.
const FREE_TEXT_CONFIDENCE: f64 = 0.8;

/// How far a tag can be trusted to name who answers for it; `None` when it does not try.
pub(super) fn owner_confidence(key: &str, value: &str) -> Option<f64> {
    // `acme:owner` is the owner behind a company's own prefix.
    let key = key.rsplit([':', '/']).next().unwrap_or_default();
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (_, worth) = OWNER_KEYS.iter().find(|(known, _)| key == *known)?;
    let value = value.trim();
    if NO_OWNER.contains(&value.to_ascii_lowercase().as_str()) {
        return None;
    }
    let free_text = value.contains(char::is_whitespace) && !value.contains('@');
    Some(if free_text { worth.min(FREE_TEXT_CONFIDENCE) } else { *worth })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_name_owners_in_many_spellings() {
        for (key, value, confidence) in [
            ("app.example.test/owner", "shop", Some(0.95)),
            ("technicalContact", "ops@example.test", Some(0.95)),
            ("created_by", "platform-team", Some(0.6)),
            ("team", "the people upstairs", Some(0.8)),
            ("Owned-By", "ops@example.test", Some(0.95)),
            ("acme:owner", "shop", Some(0.95)),
            ("cost_center", "4711", Some(0.4)),
            ("owner", "n/a", None),
            ("owner", "TBD", None),
            ("app.kubernetes.io/managed-by", "Helm", None),
        ] {
            assert_eq!(owner_confidence(key, value), confidence, "{key}={value}");
        }
    }
}
