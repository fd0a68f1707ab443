//! Counts how often a cron expression fires.

/// Days of a year without a leap day: the count is an average, not a calendar.
const MONTH_DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Runs a day on average over a year, for a five-field expression. `None` when it is not one.
pub(in crate::detect) fn runs_per_day(expression: &str) -> Option<f64> {
    let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return None };
    let minutes = values(minute, 0, 59, &[])?.len();
    let hours = values(hour, 0, 23, &[])?.len();
    let days = values(day, 1, 31, &[])?;
    let months = values(month, 1, 12, &MONTHS)?;
    let mut weekdays = values(weekday, 0, 7, &WEEKDAYS)?;
    weekdays.iter_mut().for_each(|value| *value %= 7);
    weekdays.sort_unstable();
    weekdays.dedup();

    // When both day fields are restricted, cron fires on days that satisfy either of them. Which weekday a
    // year begins with differs: the share of weekdays stands in for it.
    let (any_day, any_weekday) = (day.starts_with('*'), weekday.starts_with('*'));
    let weekday_share = weekdays.len() as f64 / 7.0;
    let mut fires = 0.0;
    for (index, &length) in MONTH_DAYS.iter().enumerate() {
        if !months.contains(&(index as u32 + 1)) {
            continue;
        }
        let in_days = days.iter().filter(|&&value| value <= length).count() as f64;
        let total = f64::from(length);
        fires += match (any_day, any_weekday) {
            (true, true) => in_days,
            (_, true) => in_days,
            (true, _) => in_days * weekday_share,
            (false, false) => in_days + (total - in_days) * weekday_share,
        };
    }
    Some(fires / 365.0 * minutes as f64 * hours as f64)
}

/// The values that one field names, sorted; `None` when it is malformed.
fn values(field: &str, low: u32, high: u32, names: &[&str]) -> Option<Vec<u32>> {
    let mut values = Vec::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|&step| step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high.min(if names.len() == 7 { 6 } else { high })),
            Some((first, last)) => (number(first, low, names)?, number(last, low, names)?),
            None => {
                let first = number(range, low, names)?;
                (first, if step.is_some() { high } else { first })
            }
        };
        if first < low || last > high || first > last {
            return None;
        }
        values.extend((first..=last).step_by(step.unwrap_or(1) as usize));
    }
    values.sort_unstable();
    values.dedup();
    Some(values)
}

fn number(text: &str, low: u32, names: &[&str]) -> Option<u32> {
    match names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        Some(position) => Some(position as u32 + low),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(expression: &str) -> Option<f64> {
        runs_per_day(expression).map(|runs| (runs * 1000.0).round() / 1000.0)
    }

    #[test]
    fn schedules_are_counted() {
        for (expression, runs) in [
            ("0 3 * * *", 1.0),
            ("*/15 * * * *", 96.0),
            ("0 0 * * 0", 0.143),
            ("0 0 * * SUN", 0.143),
            ("0 0 * * 0,7", 0.143),
            ("30 5,17 * * MON-FRI", 1.429),
            ("0 0 1 * *", 0.033),
            ("0 0 1 JAN *", 0.003),
            ("0 0 31 * *", 0.019),
            ("7/20 * * * *", 72.0),
            ("0 0 1 * 1", 0.171),
        ] {
            assert_eq!(rounded(expression), Some(runs), "{expression}");
        }
    }

    #[test]
    fn what_is_not_a_schedule_has_no_count() {
        for expression in
            ["", "@daily", "* * * *", "61 * * * *", "*/0 * * * *", "5-1 * * * *", "${{ x }} * * * *"]
        {
            assert_eq!(rounded(expression), None, "{expression}");
        }
    }
}
