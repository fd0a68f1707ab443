//! Conditions: whether they hold for a request, as far as that can be told without making it.

use tenure_model::{AwsCondition, AwsPrincipal, Timestamp};

use super::clock::Clock;
use super::glob;
use super::key::{Known, known};
use super::variable::{Filled, Parties, filled};

/// Three-valued: the larger, the more certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    /// Not so.
    No,
    /// It depends on something that no export tells.
    Maybe,
    /// So.
    Yes,
}

impl Answer {
    pub(super) fn of(so: bool) -> Self {
        if so { Answer::Yes } else { Answer::No }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Answer::No => Answer::Yes,
            Answer::Maybe => Answer::Maybe,
            Answer::Yes => Answer::No,
        }
    }
}

/// A request that is thought through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// Who asks.
    pub(super) caller: &'a AwsPrincipal,
    /// On what: an ARN, or `*` for actions that know no resources.
    pub(super) resource: &'a str,
    /// The action by its name in lower case; empty for the question about everything.
    pub(super) action: &'a str,
    /// What else it carries.
    pub(super) given: Given<'a>,
    /// How far the caller may give itself tags as it likes.
    pub(super) tags_itself: Answer,
    /// How far it may give tags to what it acts on.
    pub(super) tags_target: Answer,
    /// Today.
    pub(super) clock: &'a Clock,
}

/// What a request carries besides who, what and on what.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Given<'a> {
    /// The service that a role is passed to.
    pub(super) passed_to: Option<&'a str>,
    /// The policy that is attached or detached.
    pub(super) policy: Option<&'a str>,
    /// The user or role that is acted on.
    pub(super) target: Option<&'a AwsPrincipal>,
    /// The boundary that the request sets, or that a new principal got; `Some(None)` = none.
    pub(super) boundary: Option<Option<&'a str>>,
}

/// Whether all conditions hold. `takes` = the statement takes away: what the caller can avoid does not hold.
pub(super) fn hold(
    conditions: &[AwsCondition],
    request: &Request<'_>,
    variables: bool,
    takes: bool,
) -> Answer {
    let mut whole = Answer::Yes;
    for condition in conditions {
        whole = whole.min(Test::of(condition, request, variables).holds(takes));
        if whole == Answer::No {
            return Answer::No;
        }
    }
    if contradict(conditions) { Answer::No } else { whole }
}

/// Whether two conditions on one key can never hold together, whatever its value.
fn contradict(conditions: &[AwsCondition]) -> bool {
    let named = |operator: &str, name: &str| operator.eq_ignore_ascii_case(name);
    conditions.iter().enumerate().any(|(at, one)| {
        conditions.iter().skip(at + 1).any(|other| {
            let same_key = one.key.eq_ignore_ascii_case(&other.key);
            let (mut equal, mut second) = (one, other);
            if !named(&equal.operator, "StringEquals") {
                (equal, second) = (other, one);
            }
            let is_in_second = |value: &String| second.values.contains(value);
            let is_plain = !equal.values.iter().chain(&second.values).any(|value| value.contains("${"));
            same_key
                && is_plain
                && named(&equal.operator, "StringEquals")
                && (named(&second.operator, "StringEquals") && !equal.values.iter().any(is_in_second)
                    || named(&second.operator, "StringNotEquals") && equal.values.iter().all(is_in_second))
        })
    })
}

/// Whether one of two conditions holds whatever the request: `StringEquals` and `StringNotEquals` of the same.
pub(super) fn are_exhaustive(one: &AwsCondition, other: &AwsCondition) -> bool {
    let said = |condition: &AwsCondition| {
        let operator = condition.operator.to_ascii_lowercase();
        let is_optional = operator.ends_with("ifexists");
        (operator.trim_end_matches("ifexists").to_owned(), is_optional)
    };
    let ((one_says, one_optional), (other_says, other_optional)) = (said(one), said(other));
    let is_plain = |condition: &AwsCondition| !condition.values.iter().any(|value| value.contains("${"));
    if !one.key.eq_ignore_ascii_case(&other.key) || !is_plain(one) || !is_plain(other) {
        return false;
    }
    if one_says == "bool" && other_says == "bool" {
        let holds =
            |of: &str, by: &AwsCondition| by.values.iter().any(|value| value.eq_ignore_ascii_case(of));
        let both = |a: &AwsCondition, b: &AwsCondition| holds("true", a) && holds("false", b);
        return (both(one, other) || both(other, one)) && (one_optional || other_optional);
    }
    // A negated operator holds for a request that does not have the key.
    let is_opposite = one_says != other_says && one_says.replace("not", "") == other_says.replace("not", "");
    let same = |value: &String| other.values.contains(value);
    is_opposite
        && one.values.len() == other.values.len()
        && one.values.iter().all(same)
        && !one_says.contains(':')
}

struct Test<'a> {
    condition: &'a AwsCondition,
    request: &'a Request<'a>,
    variables: bool,
    /// The operator in lower case, without its qualifiers.
    operator: String,
    if_exists: bool,
    for_all: bool,
    for_any: bool,
}

impl<'a> Test<'a> {
    fn of(condition: &'a AwsCondition, request: &'a Request<'a>, variables: bool) -> Self {
        let lower = condition.operator.to_ascii_lowercase();
        let (for_all, for_any) = (lower.starts_with("forallvalues:"), lower.starts_with("foranyvalue:"));
        let plain = lower.rsplit(':').next().unwrap_or_default();
        let operator = plain.strip_suffix("ifexists").unwrap_or(plain).to_owned();
        let if_exists = plain.len() != operator.len();
        Self { condition, request, variables, operator, if_exists, for_all, for_any }
    }

    fn holds(&self, takes: bool) -> Answer {
        match known(&self.condition.key, self.request) {
            Known::PublicAddress => self.of_an_address(),
            Known::Text(text) => self.with(Some(&text)),
            Known::Absent => self.with(None),
            Known::Unknown | Known::Chosen if self.condition.values.is_empty() => Answer::No,
            Known::Unknown => Answer::Maybe,
            Known::Chosen if self.operator == "null" => self.with(Some("")),
            // Nothing that could be chosen fits a variable that the caller never has.
            Known::Chosen if self.values().all(|value| value == Filled::Never) => self.with(Some("")),
            Known::Chosen => Answer::of(!takes),
            Known::Like(shape) => self.with_like(&shape),
            Known::Tag(text, changes) if takes => {
                self.with(text).min(changes.max(self.changes_values()).not())
            }
            Known::Tag(text, changes) => self.with(text).max(changes).max(self.changes_values()),
            Known::Beginning(start) => self.with_beginning(&start),
            // Everybody can come without the second factor. What only that decides is a "maybe".
            Known::FirstFactor(text) => match (self.with(text), takes) {
                (Answer::Yes, false) => Answer::Yes,
                (Answer::No, true) => Answer::No,
                (without, _) => {
                    let with = if self.operator.starts_with("numeric") {
                        Answer::Maybe
                    } else {
                        self.with(Some("true"))
                    };
                    if with == without { without } else { Answer::Maybe }
                }
            },
        }
    }

    /// Whether the test holds for a value, or for a request that does not have the key.
    fn with(&self, text: Option<&str>) -> Answer {
        if self.operator == "null" {
            let wanted = self.condition.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            return Answer::of(text.is_none() == wanted);
        }
        let (base, negated) = match self.operator.find("not") {
            Some(at) => (format!("{}{}", &self.operator[..at], &self.operator[at + 3..]), true),
            None => (self.operator.clone(), false),
        };
        let Some(text) = text else {
            // An absent key has no value that could fail "all of them", and none for "any of them".
            return Answer::of(self.for_all || self.if_exists || (negated && !self.for_any));
        };
        let mut fits = Answer::No;
        for value in self.values() {
            fits = fits.max(match value {
                Filled::Text(value) => compare(&base, text, &value),
                Filled::Never => Answer::No,
                Filled::Unknown => Answer::Maybe,
            });
        }
        if negated { fits.not() } else { fits }
    }

    /// The condition's values with their variables filled in.
    fn values(&self) -> impl Iterator<Item = Filled<'a>> {
        let parties = Parties { caller: self.request.caller, target: self.request.given.target };
        self.condition.values.iter().map(move |value| filled(value, parties, self.variables))
    }

    /// How far the caller can change what the values stand for: the tags of what it acts on.
    fn changes_values(&self) -> Answer {
        let mut values = self.condition.values.iter().filter(|value| value.contains("${"));
        let is_of_target = values.any(|value| value.to_ascii_lowercase().contains("resourcetag/"));
        if is_of_target && self.variables { self.request.tags_target } else { Answer::No }
    }

    /// Whether the test holds for a text of which only the shape is known, and not whether the request has it at all.
    fn with_like(&self, shape: &str) -> Answer {
        let within = match self.operator.replace("not", "").as_str() {
            "arnlike" | "arnequals" | "stringlike" | "stringequals"
                if !self.condition.values.iter().any(|value| glob::shared(value, shape).is_some()) =>
            {
                Answer::No
            }
            _ => Answer::Maybe,
        };
        if self.operator.contains("not") { within.not() } else { within }
    }

    /// Whether the test holds for a text of which only the beginning is known.
    fn with_beginning(&self, start: &str) -> Answer {
        let is_certain = |value: &String| glob::matches(value, &glob::member(&format!("{start}*")));
        let is_possible = |value: &String| {
            let literal = glob::literal_start(value);
            literal.starts_with(start) || start.starts_with(literal)
        };
        let values = &self.condition.values;
        let within = match self.operator.replace("not", "").as_str() {
            "null" => return self.with(Some("")),
            "stringlike" if values.iter().any(is_certain) => Answer::Yes,
            "stringlike" | "stringequals" if !values.iter().any(is_possible) => Answer::No,
            _ => Answer::Maybe,
        };
        if self.operator.contains("not") { within.not() } else { within }
    }

    /// Whether the test holds for an address that nobody knows.
    fn of_an_address(&self) -> Answer {
        let values = &self.condition.values;
        let within = if values.iter().any(|range| range == "0.0.0.0/0" || range == "::/0") {
            Answer::Yes
        } else if values.iter().all(|range| is_never_sent(range)) {
            Answer::No
        } else {
            Answer::Maybe
        };
        match self.operator.as_str() {
            "ipaddress" => within,
            "notipaddress" => within.not(),
            "null" => self.with(Some("")),
            _ => Answer::Maybe,
        }
    }
}

/// The account of an ARN; empty where it names none.
pub(super) fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// Whether a range of addresses holds none that a request over a network could have. Private ranges are not among
/// them: the public partition compares public addresses only, but isolated ones have no others.
fn is_never_sent(range: &str) -> bool {
    // Ranges of unspecified, own and link-local addresses, with the length of their prefix.
    const NEVER: [([u8; 4], u32); 3] = [([0, 0, 0, 0], 8), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16)];
    let (address, length) = range.split_once('/').unwrap_or((range, "32"));
    let bytes: Vec<u8> = address.split('.').filter_map(|part| part.parse().ok()).collect();
    let (Ok(bytes), Ok(length)) = (<[u8; 4]>::try_from(bytes), length.parse::<u32>()) else { return false };
    NEVER.iter().any(|(network, prefix)| {
        length >= *prefix && (u32::from_be_bytes(bytes) ^ u32::from_be_bytes(*network)) >> (32 - prefix) == 0
    })
}

/// Compares the request's value with the policy's. Operators that nobody knows decide nothing.
fn compare(operator: &str, text: &str, value: &str) -> Answer {
    let numbers = || Some((text.parse::<f64>().ok()?, value.parse::<f64>().ok()?));
    let order = |pair: Option<(f64, f64)>, right: fn(f64, f64) -> bool| match pair {
        Some((text, value)) => Answer::of(right(text, value)),
        None => Answer::No,
    };
    match operator {
        "stringequals" | "binaryequals" => Answer::of(text == value),
        "stringequalsignorecase" | "bool" => Answer::of(text.eq_ignore_ascii_case(value)),
        "stringlike" => Answer::of(glob::matches(value, text)),
        "arnlike" | "arnequals" => Answer::of(fits_arn(value, text)),
        "numericequals" => order(numbers(), |a, b| a == b),
        "numericlessthan" => order(numbers(), |a, b| a < b),
        "numericlessthanequals" => order(numbers(), |a, b| a <= b),
        "numericgreaterthan" => order(numbers(), |a, b| a > b),
        "numericgreaterthanequals" => order(numbers(), |a, b| a >= b),
        "dateequals" => order(instants(text, value), |a, b| a == b),
        "datelessthan" => order(instants(text, value), |a, b| a < b),
        "datelessthanequals" => order(instants(text, value), |a, b| a <= b),
        "dategreaterthan" => order(instants(text, value), |a, b| a > b),
        "dategreaterthanequals" => order(instants(text, value), |a, b| a >= b),
        _ => Answer::Maybe,
    }
}

/// Whether an ARN fits a pattern: no wildcard reaches beyond its own part.
fn fits_arn(pattern: &str, arn: &str) -> bool {
    const PARTS: usize = 6;
    let parts = |text: &'_ str| text.splitn(PARTS, ':').map(str::to_owned).collect::<Vec<_>>();
    let (wanted, found) = (parts(pattern), parts(arn));
    if wanted.len() < PARTS {
        return glob::matches(pattern, arn);
    }
    wanted.len() == found.len()
        && wanted.iter().zip(&found).all(|(pattern, part)| glob::matches(pattern, part))
}

fn instants(text: &str, value: &str) -> Option<(f64, f64)> {
    Some((instant(text)?, instant(value)?))
}

/// Seconds since 1970 of an instant, a day, or seconds written out.
fn instant(text: &str) -> Option<f64> {
    let text = text.trim();
    let whole = if text.len() == "2026-01-02".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let instant = whole.parse::<Timestamp>().ok().map(|instant| instant.as_second() as f64);
    instant.or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_model::AwsPrincipalKind;

    fn holds(kind: AwsPrincipalKind, operator: &str, key: &str, value: &str, takes: bool) -> Answer {
        let caller = AwsPrincipal {
            arn: "arn:aws:iam::123456789012:user/ci".into(),
            name: "ci".into(),
            unique_id: "AIDAEXAMPLE".into(),
            kind,
            tags: vec![("Team".into(), "shop".into())],
            ..AwsPrincipal::default()
        };
        let request = Request {
            caller: &caller,
            resource: "arn:aws:iam::123456789012:role/x",
            action: "iam:passrole",
            given: Given { passed_to: Some("lambda.amazonaws.com"), ..Given::default() },
            tags_itself: Answer::No,
            tags_target: Answer::No,
            clock: &Clock::new("2026-06-01T00:00:00Z".parse().unwrap()),
        };
        let condition =
            AwsCondition { operator: operator.into(), key: key.into(), values: vec![value.to_owned()] };
        hold(&[condition], &request, true, takes)
    }

    fn user(operator: &str, key: &str, value: &str) -> Answer {
        holds(AwsPrincipalKind::User, operator, key, value, false)
    }

    #[test]
    fn what_an_export_tells_is_decided_and_the_rest_is_not() {
        use Answer::{Maybe, No, Yes};
        for (operator, key, value, expected) in [
            ("StringEquals", "aws:PrincipalTag/team", "shop", Yes),
            ("StringEquals", "aws:PrincipalTag/team", "s*", No),
            ("StringLike", "aws:PrincipalTag/team", "s*", Yes),
            ("StringEquals", "aws:PrincipalTag/absent", "x", No),
            ("StringNotEquals", "aws:PrincipalTag/absent", "x", Yes),
            ("StringEqualsIfExists", "aws:PrincipalTag/absent", "x", Yes),
            ("ForAllValues:StringEquals", "aws:PrincipalTag/absent", "x", Yes),
            ("ForAnyValue:StringNotEquals", "aws:PrincipalTag/absent", "x", No),
            ("Null", "aws:PrincipalTag/absent", "true", Yes),
            ("StringEquals", "aws:username", "${aws:username}", Yes),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", Yes),
            ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", No),
            ("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", No),
            ("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", No),
            ("DateGreaterThan", "aws:CurrentTime", "2026-01-01", Yes),
            ("NumericLessThan", "aws:EpochTime", "1000", No),
            ("Bool", "aws:SecureTransport", "true", Yes),
            ("StringEquals", "aws:SourceAccount", "123456789012", No),
            ("StringEquals", "aws:RequestedRegion", "eu-west-1", No),
            ("IpAddress", "aws:SourceIp", "203.0.113.0/24", Maybe),
            ("IpAddress", "aws:SourceIp", "10.1.0.0/16", Maybe),
            ("IpAddress", "aws:SourceIp", "127.0.0.1/32", No),
            ("IpAddress", "aws:SourceIp", "8.0.0.0/5", Maybe),
            ("IpAddress", "aws:SourceIp", "0.0.0.0/0", Yes),
            ("NotIpAddress", "aws:SourceIp", "192.168.0.0/16", Maybe),
            ("NotIpAddress", "aws:SourceIp", "169.254.0.0/16", Yes),
            ("NotIpAddress", "aws:SourceIp", "no address", Maybe),
            ("StringEquals", "aws:SourceVpce", "vpce-1", Maybe),
            ("SomethingNew", "aws:username", "ci", Maybe),
            ("Bool", "aws:ViaAWSService", "true", No),
            ("Bool", "AWS:viaawsservice", "false", Yes),
            ("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com", No),
            ("Null", "aws:CalledVia", "true", Yes),
            ("ForAllValues:StringEquals", "aws:CalledVia", "athena.amazonaws.com", Yes),
            ("DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z", No),
            ("StringEquals", "aws:userid", "AIDAEXAMPLE", Yes),
            ("StringNotLike", "aws:userid", "AIDA*", No),
            ("StringEquals", "aws:PrincipalOrgID", "o-1", Maybe),
            ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1", Maybe),
            ("StringEquals", "aws:SourceVpc", "vpc-1", Maybe),
            ("StringEquals", "iam:PermissionsBoundary", "arn:aws:iam::123456789012:policy/x", No),
            ("ArnEquals", "iam:PolicyARN", "arn:aws:iam::aws:policy/x", No),
            ("StringEquals", "iam:AWSServiceName", "es.amazonaws.com", No),
            ("StringEquals", "aws:RequestTag/team", "shop", No),
            ("StringEquals", "aws:UserAgent", "terraform", Yes),
            ("stringequals", "aws:username", "ci", Yes),
            ("StringEquals", "aws:username", "CI", No),
            ("StringEqualsIgnoreCase", "aws:username", "CI", Yes),
            ("StringNotEqualsIgnoreCase", "aws:username", "CI", No),
            ("ArnLike", "aws:PrincipalArn", "arn:*:user/ci", Yes),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam:*:*:user/*", Yes),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:*:123456789012:x:user/ci", No),
        ] {
            assert_eq!(user(operator, key, value), expected, "{operator} {key} {value}");
        }
    }

    #[test]
    fn a_session_is_new_and_named_by_whoever_makes_it() {
        use Answer::{Maybe, No, Yes};
        for (operator, key, value, takes, expected) in [
            ("DateLessThan", "aws:TokenIssueTime", "2026-01-01T00:00:00Z", true, No),
            ("DateLessThan", "aws:TokenIssueTime", "2027-01-01T00:00:00Z", true, Yes),
            ("StringLike", "aws:userid", "AIDAEXAMPLE:*", false, Yes),
            ("StringLike", "aws:userid", "AROAOTHER:*", false, No),
            ("StringEquals", "aws:userid", "AIDAEXAMPLE:deploy", false, Maybe),
            ("StringNotLike", "aws:userid", "AIDAEXAMPLE:*", true, No),
            ("StringEquals", "sts:RoleSessionName", "deploy", false, Yes),
            ("StringNotEquals", "sts:RoleSessionName", "deploy", true, No),
        ] {
            let told = holds(AwsPrincipalKind::Role, operator, key, value, takes);
            assert_eq!(told, expected, "{operator} {key} {value} {takes}");
        }
    }

    #[test]
    fn a_second_factor_is_asked_of_access_keys_only_where_the_operator_says_so() {
        use Answer::{Maybe, No, Yes};
        let key = "aws:MultiFactorAuthPresent";
        let (user, role) = (AwsPrincipalKind::User, AwsPrincipalKind::Role);
        for (kind, operator, value, takes, expected) in [
            (user, "Bool", "true", false, Maybe),
            (user, "BoolIfExists", "true", false, Yes),
            (user, "Bool", "false", true, No),
            (user, "BoolIfExists", "false", true, Maybe),
            (user, "Null", "true", true, Maybe),
            (role, "BoolIfExists", "true", false, Maybe),
            (role, "Bool", "false", true, Maybe),
        ] {
            assert_eq!(
                holds(kind, operator, key, value, takes),
                expected,
                "{kind:?} {operator} {value} {takes}"
            );
        }
        assert_eq!(holds(user, "NumericLessThan", "aws:MultiFactorAuthAge", "3600", false), Maybe);
    }

    #[test]
    fn conditions_that_exclude_each_other_never_hold() {
        let one = |operator: &str, value: &str| AwsCondition {
            operator: operator.into(),
            key: "aws:SourceVpce".into(),
            values: vec![value.into()],
        };
        assert!(contradict(&[one("StringEquals", "a"), one("StringEquals", "b")]));
        assert!(contradict(&[one("StringNotEquals", "a"), one("StringEquals", "a")]));
        assert!(!contradict(&[one("StringEquals", "a"), one("StringNotEquals", "b")]));
    }
}
