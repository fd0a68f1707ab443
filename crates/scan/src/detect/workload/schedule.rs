//! How often a schedule starts something, in the several languages in which schedules are written.

use crate::detect::ci::cron;

/// Runs a day on average of a cron expression: five fields, a macro such as `@daily`, with or without a time zone.
pub(super) fn cron_runs(text: &str) -> Option<f64> {
    let text = text.trim();
    let fields = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
        Some(rest) => rest.split_once(char::is_whitespace)?.1,
        None => text,
    };
    let macros = match fields.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        "@monthly" => Some("0 0 1 * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@hourly" => Some("0 * * * *"),
        _ => None,
    };
    cron::runs_per_day(macros.unwrap_or(fields)).filter(|&runs| runs > 0.0)
}

/// Runs a day of something that starts again and again after a span: `15min`.
pub(super) fn every(text: &str) -> Option<f64> {
    seconds(text).filter(|&seconds| seconds > 0.0).map(|seconds| 86_400.0 / seconds)
}

/// A span as systemd writes it, in minutes, rounded up. `infinity` is none.
pub(super) fn span_minutes(text: &str) -> Option<u32> {
    let minutes = (seconds(text)? / 60.0).ceil();
    (minutes >= 0.0 && minutes < f64::from(u32::MAX)).then_some(minutes as u32)
}

/// `90`, `1h 30min`, `2d`.
fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "" | "s" | "sec" | "second" | "seconds" => 1.0,
            "ms" | "msec" => 0.001,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hour" | "hours" => 3_600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return None,
        };
        total += number * unit;
        rest = rest[letters..].trim_start();
    }
    Some(total)
}

/// Runs a day of a calendar expression of systemd: `daily`, `*-*-* 02:30:00`, `Mon..Fri 06:00`, `*:0/15`.
pub(super) fn calendar_runs(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "minutely" => return Some(1_440.0),
        "hourly" => return Some(24.0),
        "daily" => return Some(1.0),
        "weekly" => return Some(1.0 / 7.0),
        "monthly" => return Some(12.0 / 365.0),
        "quarterly" => return Some(4.0 / 365.0),
        "semiannually" => return Some(2.0 / 365.0),
        "yearly" | "annually" => return Some(1.0 / 365.0),
        _ => {}
    }
    let (mut weekday, mut date, mut time) = ("*".to_owned(), None, None);
    for word in text.split_whitespace() {
        if word.contains(':') {
            time = Some(word);
        } else if word.contains('-') && word.starts_with(|c: char| c.is_ascii_digit() || c == '*') {
            date = Some(word);
        } else if word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // A time zone ends the expression; a weekday begins it.
            if date.is_none() && time.is_none() {
                weekday = word.replace("..", "-");
            }
        } else {
            return None;
        }
    }
    if date.is_none() && time.is_none() && weekday == "*" {
        return None;
    }
    let (month, day) = match date.map(|date| date.split('-').collect::<Vec<_>>()).as_deref() {
        None => ("*".to_owned(), "*".to_owned()),
        Some([_, month, day] | [month, day]) => (month.replace("..", "-"), day.replace("..", "-")),
        Some(_) => return None,
    };
    let (hour, minute, second) = match time.map(|time| time.split(':').collect::<Vec<_>>()).as_deref() {
        None => ("0".to_owned(), "0".to_owned(), "0".to_owned()),
        Some([hour, minute]) => (hour.replace("..", "-"), minute.replace("..", "-"), "0".to_owned()),
        Some([hour, minute, second]) => {
            (hour.replace("..", "-"), minute.replace("..", "-"), second.replace("..", "-"))
        }
        Some(_) => return None,
    };
    // A field of seconds works like one of minutes.
    let per_minute = cron::runs_per_day(&format!("{second} 0 * * *"))?;
    let weekday: Vec<String> = weekday.split(['-']).map(short_day).collect();
    let runs = cron::runs_per_day(&format!("{minute} {hour} {day} {month} {}", weekday.join("-")))?;
    Some(runs * per_minute).filter(|&runs| runs > 0.0)
}

/// `Monday,Tue` as cron writes it.
fn short_day(days: &str) -> String {
    days.split(',').map(|day| day.chars().take(3).collect::<String>()).collect::<Vec<_>>().join(",")
}

/// Runs a day of AWS's `rate(5 minutes)` and `cron(0 2 * * ? *)`.
pub(super) fn aws_runs(text: &str) -> Option<f64> {
    let inside = |name: &str| text.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        let (number, unit) = rate.split_once(' ')?;
        let number: f64 = number.trim().parse().ok().filter(|&number: &f64| number > 0.0)?;
        let day = match unit.trim().trim_end_matches('s') {
            "minute" => 1_440.0,
            "hour" => 24.0,
            "day" => 1.0,
            _ => return None,
        };
        return Some(day / number);
    }
    // Six fields: the year last, and weekdays from 1 for Sunday. A number of a weekday counts the same either way.
    let fields: Vec<&str> = inside("cron")?.split_whitespace().collect();
    let [minute, hour, day, month, weekday, _] = fields[..] else { return None };
    let open = |field: &str| if field == "?" { "*".to_owned() } else { field.to_owned() };
    let weekday = if weekday == "7" { "6".to_owned() } else { open(weekday) };
    cron::runs_per_day(&format!("{minute} {hour} {} {month} {weekday}", open(day))).filter(|&runs| runs > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(runs: Option<f64>) -> Option<f64> {
        runs.map(|runs| (runs * 1000.0).round() / 1000.0)
    }

    #[test]
    fn schedules_of_every_language_are_counted() {
        for (text, runs) in [
            ("daily", 1.0),
            ("*-*-* 02:30:00", 1.0),
            ("Mon..Fri 06:00", 0.714),
            ("Mon,Thu *-*-* 00:00", 0.286),
            ("*:0/15", 96.0),
            ("*-*-01 04:00:00 UTC", 0.033),
        ] {
            assert_eq!(rounded(calendar_runs(text)), Some(runs), "{text}");
        }
        for (text, runs) in [("rate(5 minutes)", 288.0), ("rate(1 day)", 1.0), ("cron(0 2 * * ? *)", 1.0)] {
            assert_eq!(rounded(aws_runs(text)), Some(runs), "{text}");
        }
        assert_eq!(rounded(cron_runs("CRON_TZ=Europe/Berlin 0 3 * * *")), Some(1.0));
        assert_eq!(rounded(cron_runs("@hourly")), Some(24.0));
    }

    #[test]
    fn what_is_no_schedule_has_no_count() {
        for text in ["", "~~.Values.schedule~~", "sometimes"] {
            assert_eq!((calendar_runs(text), cron_runs(text), aws_runs(text)), (None, None, None), "{text}");
        }
    }

    #[test]
    fn spans_are_rounded_up() {
        assert_eq!(span_minutes("90"), Some(2));
        assert_eq!(span_minutes("1h 30min"), Some(90));
        assert_eq!(span_minutes("infinity"), None);
    }
}
