//! Columns of tables in Markdown: what stands under a name that promises a secret.

use super::shape::Lead;

/// Bytes before a name among which its line begins.
const LEAD_BYTES: usize = 140;

/// The cells below the name, when it is the head of a column: a row of dashes tells, and the window's end ends them.
pub(super) fn cells(bytes: &[u8], lead: Lead, high: usize) -> Vec<(usize, usize)> {
    let (start, stop) = lead.name();
    let low = start.saturating_sub(LEAD_BYTES);
    let line = memchr::memrchr(b'\n', &bytes[low..start]).map_or(low, |end| low + end + 1);
    let before = bytes[line..start].trim_ascii_start();
    // Nothing but emphasis stands between the name and its bars.
    let last = before.iter().rfind(|&&b| !sets_off(b));
    let next = bytes[stop..high].iter().find(|&&b| !sets_off(b));
    let is_head = before.starts_with(b"|") && last == Some(&b'|') && next == Some(&b'|');
    let Some(end) = memchr::memchr(b'\n', &bytes[stop..high]).filter(|_| is_head) else { return Vec::new() };
    let column = before.iter().filter(|&&b| b == b'|').count();
    let mut out = Vec::new();
    let mut rows = 0;
    let mut at = stop + end + 1;
    while let Some(len) = memchr::memchr(b'\n', &bytes[at.min(high)..high]) {
        let row = &bytes[at..at + len];
        let dashes = row.iter().all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'\r'));
        if !row.trim_ascii_start().starts_with(b"|") || dashes != (rows == 0) {
            break;
        }
        if rows > 0
            && let Some((from, to)) = cell(row, column)
        {
            out.push((at + from, at + to));
        }
        rows += 1;
        at += len + 1;
    }
    out
}

/// Blanks and emphasis.
fn sets_off(b: u8) -> bool {
    matches!(b, b' ' | b'`' | b'*' | b'\t')
}

/// The text of the cell behind the bar of this number, without what sets it off.
fn cell(row: &[u8], column: usize) -> Option<(usize, usize)> {
    let mut bars = memchr::memchr_iter(b'|', row).skip(column - 1);
    let (mut from, mut to) = (bars.next()? + 1, bars.next()?);
    while from < to && sets_off(row[from]) {
        from += 1;
    }
    while to > from && sets_off(row[to - 1]) {
        to -= 1;
    }
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::super::shape::lead;
    use super::*;

    fn read(text: &str) -> Vec<&str> {
        let at = text.find("assword").unwrap();
        let Some(lead) = lead(text.as_bytes(), at, at + 7) else { return Vec::new() };
        cells(text.as_bytes(), lead, text.len()).into_iter().map(|(from, to)| &text[from..to]).collect()
    }

    #[test]
    fn cells_below_a_telling_head() {
        let table = "| Host | **Password** | Note |\n|---|:---:|---|\n| web | `tulip-43` | x |\n| db | rose-99 | y |\nend\n";
        assert_eq!(read(table), ["tulip-43", "rose-99"]);
        assert_eq!(read("| Password | Note |\n| tulip-43 | x |\n"), [] as [&str; 0], "no row of dashes");
        assert_eq!(read("| The password field | Note |\n|---|---|\n| a | b |\n"), [] as [&str; 0]);
    }
}
