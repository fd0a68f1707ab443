//! Policy variables: `${aws:username}` and its like, filled in for one caller.

use std::borrow::Cow;

use tenure_model::{AwsPrincipal, AwsPrincipalKind};

use super::condition::account;
use super::glob::{LITERAL_MARK, LITERAL_STAR};
use super::key::{RESOURCE_TAGS, may_bring_tags, never_had, tag};

/// A text with its variables filled in.
#[derive(Debug, PartialEq)]
pub(super) enum Filled<'t> {
    /// The text.
    Text(Cow<'t, str>),
    /// It holds a variable that no export tells.
    Unknown,
    /// It holds a variable that this caller never has: the text fits nothing.
    Never,
}

/// Whom the variables of a text stand for.
#[derive(Clone, Copy)]
pub(super) struct Parties<'p> {
    /// Who asks.
    pub(super) caller: &'p AwsPrincipal,
    /// The user or role that is acted on, where that is known.
    pub(super) target: Option<&'p AwsPrincipal>,
}

/// Fills in what a text leaves open. Documents of before 2012 know no variables.
pub(super) fn filled<'t>(text: &'t str, parties: Parties<'_>, variables: bool) -> Filled<'t> {
    if !variables || !text.contains("${") {
        return Filled::Text(Cow::Borrowed(text));
    }
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, after)) = after.split_once('}') else { break };
        whole.push_str(before);
        let (name, otherwise) = match inside.split_once(',') {
            Some((name, otherwise)) => (name.trim(), Some(otherwise.trim().trim_matches('\''))),
            None => (inside.trim(), None),
        };
        match (value(name, parties), otherwise) {
            (Filled::Text(value), _) => whole.push_str(&value),
            (Filled::Never, Some(otherwise)) => whole.push_str(otherwise),
            (Filled::Never, None) => return Filled::Never,
            (Filled::Unknown, _) => return Filled::Unknown,
        }
        rest = after;
    }
    whole.push_str(rest);
    Filled::Text(whole.into())
}

fn value<'v>(name: &str, parties: Parties<'v>) -> Filled<'v> {
    let caller = parties.caller;
    let is_user = caller.kind == AwsPrincipalKind::User;
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "*" => Filled::Text(LITERAL_STAR.to_string().into()),
        "?" => Filled::Text(LITERAL_MARK.to_string().into()),
        "$" => Filled::Text("$".into()),
        "aws:username" if is_user => Filled::Text(caller.name.as_str().into()),
        "aws:username" => Filled::Never,
        "aws:userid" if is_user && !caller.unique_id.is_empty() => {
            Filled::Text(caller.unique_id.as_str().into())
        }
        "aws:principalaccount" => Filled::Text(account(&caller.arn).into()),
        "aws:principalarn" => Filled::Text(caller.arn.as_str().into()),
        "aws:principaltype" => Filled::Text(if is_user { "User" } else { "AssumedRole" }.into()),
        key if never_had(key, caller) => Filled::Never,
        key => match (key.split_once('/'), parties.target) {
            (Some(("aws:principaltag", _)), _) => match tag(caller, &name["aws:principaltag/".len()..]) {
                Some(value) => Filled::Text(value.into()),
                None if may_bring_tags(caller) => Filled::Unknown,
                None => Filled::Never,
            },
            (Some((kind, _)), Some(target)) if RESOURCE_TAGS.contains(&kind) => {
                match tag(target, &name[kind.len() + 1..]) {
                    Some(value) => Filled::Text(value.into()),
                    None => Filled::Never,
                }
            }
            _ => Filled::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_for_the_caller_and_only_in_the_new_language() {
        let caller = AwsPrincipal {
            name: "ci".into(),
            arn: "arn:aws:iam::123456789012:user/ci".into(),
            tags: vec![("team".into(), "shop".into())],
            ..AwsPrincipal::default()
        };
        let text = |pattern| match filled(pattern, Parties { caller: &caller, target: None }, true) {
            Filled::Text(text) => text.into_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(text("user/${aws:username}"), "user/ci");
        assert_eq!(text("${aws:PrincipalTag/Team}-${aws:PrincipalTag/none, 'x'}"), "shop-x");
        assert_eq!(text("${aws:PrincipalTag/none}"), "Never");
        assert_eq!(text("${aws:userid}"), "Unknown");
        assert_eq!(text("a${$}b${"), "a$b${");
        assert!(!text("${*}").contains('*'), "a literal star is no wildcard");
        assert_eq!(
            filled("user/${aws:username}", Parties { caller: &caller, target: None }, false),
            Filled::Text("user/${aws:username}".into())
        );
    }
}
