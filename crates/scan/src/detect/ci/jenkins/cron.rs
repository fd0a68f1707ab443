//! Jenkins' schedules in cron's own words.

use std::borrow::Cow;

/// One line of a schedule: `H` stands for a number that Jenkins draws once.
pub(super) fn of_line(line: &str) -> Option<Cow<'_, str>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.starts_with("TZ=") {
        return None;
    }
    let alias = match line {
        "@hourly" => Some("0 * * * *"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@monthly" => Some("0 0 1 * *"),
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        _ => None,
    };
    if let Some(alias) = alias {
        return Some(Cow::Borrowed(alias));
    }
    let fields: Vec<String> = line
        .split_whitespace()
        .map(|field| match field.strip_prefix('H') {
            Some("") => "1".to_owned(),
            Some(step) if step.starts_with('/') => format!("*{step}"),
            Some(range) if range.starts_with('(') => {
                let (inside, rest) = range[1..].split_once(')').unwrap_or((&range[1..], ""));
                if rest.is_empty() {
                    inside.split('-').next().unwrap_or("1").to_owned()
                } else {
                    format!("{inside}{rest}")
                }
            }
            _ => field.to_owned(),
        })
        .collect();
    Some(Cow::Owned(fields.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::ci::cron;

    #[test]
    fn schedules_of_jenkins_are_counted() {
        for (line, runs) in [
            ("H 4 * * *", 1.0),
            ("H/15 * * * *", 96.0),
            ("@daily", 1.0),
            ("H(0-29)/10 * * * *", 72.0),
            ("H H(0-7) * * *", 1.0),
        ] {
            let expression = of_line(line).expect("the line is a schedule");
            assert_eq!(cron::runs_per_day(&expression).map(f64::round), Some(runs), "{line}: {expression}");
        }
        assert_eq!(of_line("# H 4 * * *"), None);
    }
}
