//! Code that machines wrote: names of one or two letters, expressions for values, tables of texts. A name in it is often a
//! telling word by chance.

/// Bytes of a line from which it can be judged.
const LINE_BYTES_MIN: usize = 80;
/// Names of one or two letters on the line that only machines give to so many things.
const SHORT_NAMES_MIN: usize = 8;
/// Signs of code beside them.
const CODE_SIGNS_MIN: usize = 6;
/// Other texts beside a name and its value from which a list is one of texts, not of arguments.
const LISTED_MIN: usize = 6;
/// The same where its beginning is not seen.
const LISTED_UNSEEN_MIN: usize = 8;

/// The part of the line around `at` that lies between `low` and `high`.
pub(super) fn line_within(bytes: &[u8], (low, high): (usize, usize), (start, end): (usize, usize)) -> &[u8] {
    let from = memchr::memrchr(b'\n', &bytes[low..start]).map_or(low, |line| low + line + 1);
    let to = memchr::memchr(b'\n', &bytes[end..high.max(end)]).map_or(high.max(end), |line| end + line);
    &bytes[from..to]
}

/// Whether a machine wrote this line of code, and the name is as short as the others, or what is assigned an expression.
pub(super) fn is_by_machine(line: &[u8], name: &[u8], quoted: bool) -> bool {
    (name.len() <= 2 || !quoted) && is_packed_code(line)
}

/// `a=(0X0);pw=b.c(d,e),th=f`: many names of one or two letters among the signs of code.
fn is_packed_code(line: &[u8]) -> bool {
    if line.len() < LINE_BYTES_MIN {
        return false;
    }
    let signs = line.iter().filter(|b| b";(,".contains(b)).count();
    if signs < CODE_SIGNS_MIN {
        return false;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$');
    let (mut at, mut short) = (0, 0);
    while at < line.len() {
        let len = line[at..].iter().take_while(|b| is_name(b)).count();
        let behind = line.get(at + len).copied().unwrap_or(b' ');
        // An option of a command is no name.
        let option = at > 0 && line[at - 1] == b'-' && behind == b' ';
        if (1..=2).contains(&len)
            && line[at].is_ascii_alphabetic()
            && b"=;,()[].+-*/?:<>&|~".contains(&behind)
            && !option
        {
            short += 1;
        }
        at += len.max(1);
    }
    short >= SHORT_NAMES_MIN
}

/// Whether name and value are two texts of a table of them: `['mode','password','#44aa00','keydown',…]`. In a list that has
/// names and values by turns the name stands at an even place.
pub(super) fn is_in_table(bytes: &[u8], (low, high): (usize, usize), found: super::Assignment) -> bool {
    let (name, value) = (found.name, found.value);
    if !found.quoted || name.0 <= low || bytes[name.0] == b'-' {
        return false;
    }
    let quote = bytes[name.0 - 1];
    if !matches!(quote, b'"' | b'\'')
        || bytes.get(name.1) != Some(&quote)
        || bytes.get(value.1) != Some(&quote)
    {
        return false;
    }
    let (before, opened) = listed_before(&bytes[low..name.0 - 1], quote);
    let after = listed_after(&bytes[value.1 + 1..high.max(value.1 + 1)], quote);
    let odd = before % 2 == 1;
    let enough = if opened { LISTED_MIN } else { LISTED_UNSEEN_MIN };
    before >= 1 && before + after >= enough && (odd || !opened || hides(&bytes[low..name.0]))
}

/// `_0x1fa`: what programs that hide code call things.
fn hides(before: &[u8]) -> bool {
    memchr::memmem::find_iter(before, b"_0x")
        .any(|at| before[at + 3..].iter().take(3).all(u8::is_ascii_hexdigit))
}

/// How many texts of a list end at the end of `before`, and whether its bracket is seen.
fn listed_before(before: &[u8], quote: u8) -> (usize, bool) {
    let (mut rest, mut count) = (before.trim_ascii_end(), 0);
    loop {
        if matches!(rest.last(), Some(b'[' | b'(' | b'{')) {
            return (count, true);
        }
        let text = rest.strip_suffix(b",").map(<[u8]>::trim_ascii_end).and_then(|rest| {
            let body = rest.strip_suffix(&[quote])?;
            memchr::memrchr(quote, body).map(|open| &body[..open])
        });
        let Some(next) = text else { return (count, false) };
        (rest, count) = (next.trim_ascii_end(), count + 1);
    }
}

/// How many texts of the list go on at the beginning of `after`.
fn listed_after(after: &[u8], quote: u8) -> usize {
    let (mut rest, mut count) = (after, 0);
    while let Some(next) = rest.trim_ascii_start().strip_prefix(b",").and_then(|rest| {
        let body = rest.trim_ascii_start().strip_prefix(&[quote])?;
        memchr::memchr(quote, body).map(|close| &body[close + 1..])
    }) {
        (rest, count) = (next, count + 1);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_machines_is_told_from_code_and_settings() {
        for line in [
            "local a,b=1,2;local function q(xH,YH)local GH=(0X0);if GH~=0X0 then return(YH-pw);else pw=pw+363;end",
            "Gi&&ie.setTimeout,Pc=Pr.ceil,Va=Pr.floor,th=Bt.keys,pw=ho?ho.isBuffer:e,vg=ie.isFinite,rh=rd.join",
        ] {
            assert!(is_by_machine(line.as_bytes(), b"pw", false), "{line}");
            assert!(!is_by_machine(line.as_bytes(), b"password", true), "{line}");
        }
        for line in [
            "Server=tcp:db.acme.test,1433;Initial Catalog=shop;User ID=app;Password=x;Encrypt=True;Connection Timeout=30;",
            "docker run -d -p 80:80 -v a:/b -e A=1 -e PW=x -e C=3 -e D=4 -e F=5 -e G=6 -e H=7 -e I=8 acme/shop:latest",
            "for (const user of users) { if (user.name === name) { password = user.password; login(user, password); } }",
            "https://sms.acme.test/send?u=shop&p=x&t=1&m=2&k=3&l=4&v=5&c=6&d=7&e=8&f=9&pw=abc&from=shop&to=4711",
        ] {
            assert!(!is_by_machine(line.as_bytes(), b"pw", false), "{line}");
        }
    }

    #[test]
    fn a_list_says_how_many_texts_stand_beside_each_other() {
        assert_eq!(listed_before(b"f(a, ['b','c', 'd',", b'\''), (3, true));
        assert_eq!(listed_before(b"x,'c',", b'\''), (1, false));
        assert_eq!(listed_after(b", 'a','b' ]", b'\''), 2);
        assert_eq!(listed_after(b"]", b'\''), 0);
    }
}
