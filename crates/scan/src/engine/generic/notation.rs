//! Values that are written down in place of a credential, or about one: texts in other scripts, rules of validators, formats,
//! entity tags, lists of words, and fillers that somebody counted out.

use super::shape::{Assignment, Stand};

/// Letters outside of ASCII from which a value is text for people.
const FOREIGN_MIN: usize = 3;
/// Shortest value that is counted out or repeated on purpose, bytes.
const COUNTED_BYTES_MIN: usize = 12;
/// Of a hundred neighbours in a value that somebody counted out, so many follow each other; of those in hex digits drawn at
/// random, seventeen do.
const COUNTED_PERCENT: usize = 65;
/// Longest part of the name of a constant, bytes.
const CONSTANT_PART_MAX: usize = 12;
/// Most hex digits of a number, and of one that is no password.
const NUMBER_DIGITS_MAX: usize = 8;
const PASSWORD_DIGITS_MAX: usize = 6;

/// Whether the value is notation of some kind; `password`: its name promises a password.
pub(super) fn is_notation(text: &[u8], found: Assignment, password: bool) -> bool {
    let apart = matches!(found.stand, Stand::Passed | Stand::Inline | Stand::Pair);
    is_written(text, found.quoted, (password, apart))
}

/// The same of a value that stands behind its name, or apart from it in a list or call.
fn is_written(text: &[u8], quoted: bool, (password, apart): (bool, bool)) -> bool {
    is_foreign(text)
        || is_patterned(text)
        || is_validation(text)
        || is_format(text)
        || is_version(text)
        || is_rate(text)
        || is_locale(text)
        || is_moment_format(text)
        || is_packed(text)
        || is_regex(text)
        || is_list(text)
        // An entity tag of HTTP, and what a list of ciphers leaves out.
        || text.starts_with(b"W/\"")
        || apart && text.first() == Some(&b'!') && text[1..].iter().all(u8::is_ascii_alphabetic)
        || apart && (is_name_in_code(text) || is_host(text) || is_constant(text) || is_option(text))
        || is_negated(text)
        || is_looked_up(text)
        || is_selector(text)
        || is_set_option(text)
        || memchr::memmem::find_iter(text, b"\\x").count() >= 2
        || is_hex_float(text)
        || is_concatenated(text)
        || is_terminal_colour(text)
        || is_number(text, if password && quoted { PASSWORD_DIGITS_MAX } else { NUMBER_DIGITS_MAX })
        || !password && is_numbers(text)
        || is_resource(text)
        || !quoted && (begins_code(text) || is_code_word(text))
}

/// Whether what stands before the name on its line makes it a part of a badge's or a host's address.
pub(super) fn is_address(before: &[u8]) -> bool {
    let asked = before.ends_with(b"?") || before.ends_with(b"&");
    before.ends_with(b".svg?")
        || asked && memchr::memmem::find(before, b"badge").is_some()
        || before.ends_with(b"://")
}

/// Whether letters of other scripts, written as they are or escaped, make the value a text for people.
pub(in crate::engine) fn is_foreign(text: &[u8]) -> bool {
    let escaped = escaped_letters(text);
    if text.is_ascii() && escaped == 0 {
        return false;
    }
    let (mut letters, mut wide) = (escaped, false);
    for letter in String::from_utf8_lossy(text).chars().filter(|letter| !letter.is_ascii()) {
        letters += 1;
        // Ideographs, kana, Hangul, and their punctuation; what is no UTF-8 counts as a letter only.
        wide |= letter >= '\u{2e80}' && letter != char::REPLACEMENT_CHARACTER;
    }
    wide || letters >= FOREIGN_MIN
}

/// How many letters outside of ASCII are written `\u500b` or, as Haskell does, `\64599`.
fn escaped_letters(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\\', text)
        .filter(|&at| {
            let rest = &text[at + 1..];
            let hex = rest.len() >= 5 && rest[0] == b'u' && rest[1..5].iter().all(u8::is_ascii_hexdigit);
            let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
            hex && !rest[1..].starts_with(b"00") || digits >= 4
        })
        .count()
}

/// `1234abcd-1234-abcd`, `a1b2c3d4e5f6`, `00112233445566778899`, `blah_blah_blah`: counted out, or one thing again and again.
fn is_patterned(text: &[u8]) -> bool {
    let plain: Vec<u8> =
        text.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    if plain.len() < COUNTED_BYTES_MIN {
        return false;
    }
    let follows = |stride: usize| {
        let pairs = plain.len() - stride;
        let near = (stride..plain.len()).filter(|&at| plain[at].abs_diff(plain[at - stride]) <= 1).count();
        near * 100 >= pairs * COUNTED_PERCENT
    };
    let repeats = |period: usize| (period..plain.len()).all(|at| plain[at] == plain[at - period]);
    // Bytes that count from nought, in base64.
    text.starts_with(b"AAECAwQF") || follows(1) || follows(2) || (2..=plain.len() / 3).any(repeats)
}

/// `required|confirmed|min:16`, `max:255`: what a form asks of a value.
fn is_validation(text: &[u8]) -> bool {
    const LIMITS: [&[u8]; 8] =
        [b"min", b"max", b"size", b"between", b"digits", b"required_if", b"required_with", b"same"];
    let word = |part: &[u8]| {
        let name = part.split(|&b| b == b':').next().unwrap_or_default();
        !name.is_empty() && name.iter().all(|b| b.is_ascii_lowercase() || *b == b'_')
    };
    let limit = |part: &[u8]| {
        LIMITS.iter().any(|limit| part.strip_prefix(*limit).is_some_and(|rest| rest.starts_with(b":")))
    };
    let known = |part: &[u8]| {
        limit(part) || [&b"required"[..], b"nullable", b"string", b"confirmed", b"sometimes"].contains(&part)
    };
    let parts = || text.split(|&b| b == b'|');
    text.starts_with(b"required|")
        || parts().all(word) && parts().any(known) && (text.contains(&b'|') || parts().all(limit))
}

/// `^1.0`, `~> 2.1.3`, `>=4.2`, `npm:^7.0.4 || ^8.0.0`: the versions of a package that will do.
fn is_version(text: &[u8]) -> bool {
    const SOURCES: [&[u8]; 4] = [b"npm:", b"workspace:", b"patch:", b"jsr:"];
    if let Some(range) = SOURCES.iter().find_map(|source| text.strip_prefix(*source)) {
        return range.iter().any(|b| b.is_ascii_digit() || matches!(b, b'^' | b'*'));
    }
    if is_release(text) {
        return true;
    }
    let number = text.iter().position(|b| !b"^~<>=v ".contains(b)).map_or(&[][..], |at| &text[at..]);
    number.len() < text.len()
        && number.contains(&b'.')
        && number.split(|&b| b == b'.').all(|part| {
            !part.is_empty() && part.iter().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'x'))
        })
}

/// `4.2.0-beta.2`, `1.13.5-no-vault`: one version of something, with what it is called.
fn is_release(text: &[u8]) -> bool {
    let Some(dash) = memchr::memchr(b'-', text) else { return false };
    let (number, name) = (&text[..dash], &text[dash + 1..]);
    let mut parts = number.split(|&b| b == b'.');
    parts.clone().count() == 3
        && parts.all(|part| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit))
        && name.first().is_some_and(u8::is_ascii_lowercase)
        && name.split(|b| matches!(b, b'.' | b'-')).all(|part| {
            part.iter().all(u8::is_ascii_digit) && part.len() <= 4
                || part.iter().all(u8::is_ascii_lowercase) && !part.is_empty()
        })
}

/// `5/m/user`, `20/m/ip,5/m/key`, `100/hour`: how often something may be done.
fn is_rate(text: &[u8]) -> bool {
    const SPANS: [&[u8]; 9] = [b"s", b"m", b"h", b"d", b"sec", b"second", b"minute", b"hour", b"day"];
    text.split(|&b| b == b',').all(|rate| {
        let mut parts = rate.split(|&b| b == b'/');
        let number =
            parts.next().is_some_and(|n| !n.is_empty() && n.len() <= 6 && n.iter().all(u8::is_ascii_digit));
        number
            && parts.next().is_some_and(|span| SPANS.contains(&span))
            && parts.all(|by| by.iter().all(|b| b.is_ascii_lowercase() || *b == b'_'))
    })
}

/// `psw-Latn-VU`: a language, a script and a country, as CLDR joins them.
fn is_locale(text: &[u8]) -> bool {
    let mut parts = text.split(|&b| matches!(b, b'-' | b'_'));
    let language =
        parts.next().is_some_and(|two| matches!(two.len(), 2 | 3) && two.iter().all(u8::is_ascii_lowercase));
    let script = parts.next().is_some_and(|four| {
        four.len() == 4 && four[0].is_ascii_uppercase() && four[1..].iter().all(u8::is_ascii_lowercase)
    });
    let country =
        |two: &[u8]| two.len() <= 3 && two.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    language && script && parts.next().is_none_or(country) && parts.next().is_none()
}

/// `%Y-%m-%dT%H:%M:%S`, `Ymd\THis\Z`: how a moment is written.
fn is_moment_format(text: &[u8]) -> bool {
    let holds = |sign: &&[u8]| memchr::memmem::find(text, sign).is_some();
    let percent =
        [&b"%Y"[..], b"%m", b"%d", b"%H", b"%M", b"%S", b"%y"].iter().filter(|sign| holds(sign)).count();
    let letters = |b: &u8| b"YymndjDHhGgisTZeUcDLMNlSwzatBu\\-/:., ".contains(b);
    let escaped = text.contains(&b'\\') && text.iter().all(letters);
    percent >= 3 || escaped && [&b"Ym"[..], b"His", b"H:i"].iter().any(holds)
}

/// `-apr1`, `--stdin`: an option of a command, in the list of its arguments.
fn is_option(text: &[u8]) -> bool {
    let word = text.strip_prefix(b"--").or(text.strip_prefix(b"-"));
    word.is_some_and(|word| {
        word.first().is_some_and(u8::is_ascii_lowercase)
            && word.len() <= CONSTANT_PART_MAX * 2
            && word.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
            && word.iter().filter(|b| b.is_ascii_digit()).count() <= 3
    })
}

/// `--character-set-server=utf8mb4`: an option of a command with what it is set to.
fn is_set_option(text: &[u8]) -> bool {
    let option = text.strip_prefix(b"--").and_then(|rest| rest.split(|&b| b == b'=').next());
    option.is_some_and(|name| name.len() >= 3 && name.len() + 2 < text.len() && name[0].is_ascii_lowercase())
        && option.is_some_and(|name| name.iter().all(|b| b.is_ascii_lowercase() || *b == b'-'))
}

/// `$row2[5]`, `$opt{'w'}`: what a program looks up in a list of its own.
fn is_looked_up(text: &[u8]) -> bool {
    let Some(name) = text.strip_prefix(b"$") else { return false };
    let end = name.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(name.len());
    name[..end].first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && matches!((name.get(end), name.last()), (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}')))
}

/// `#modalButtonOK`: what a page calls one of its elements.
fn is_selector(text: &[u8]) -> bool {
    let Some(name) = text.strip_prefix(b"#") else { return false };
    let capital = name.iter().position(u8::is_ascii_uppercase);
    name.len() >= 8 && name.iter().all(u8::is_ascii_alphabetic) && capital.is_some_and(|at| at >= 3)
}

/// `16s=b""`, `_-Pwd`, `self["PwdLen"]`: how a field of a message is packed, as libraries of protocols write it.
fn is_packed(text: &[u8]) -> bool {
    let size = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let filled = text[size..].first().is_some_and(u8::is_ascii_alphabetic)
        && text.get(size + 1) == Some(&b'=')
        && [&b"b\""[..], b"b'", b"\"", b"'", b"len(", b"self"]
            .iter()
            .any(|fill| text[size + 2..].starts_with(fill));
    let length = text.strip_prefix(b"_-").is_some_and(|name| name.iter().all(u8::is_ascii_alphabetic));
    filled || length || text.starts_with(b"self[") || text.starts_with(b"len(")
}

/// `%02X:%02X`, `%s:%d`: where a program puts something in.
fn is_format(text: &[u8]) -> bool {
    let (mut at, mut conversions) = (0, 0);
    while at < text.len() {
        if text[at] == b'%' {
            let flags =
                text[at + 1..].iter().take_while(|b| b.is_ascii_digit() || b"-+#.*l".contains(b)).count();
            at += flags + 1;
            if !text.get(at).is_some_and(u8::is_ascii_alphabetic) {
                return false;
            }
            conversions += 1;
        } else if text[at].is_ascii_alphanumeric() {
            return false;
        }
        at += 1;
    }
    conversions >= 2
}

/// `[^\W\d]\w*`, `(?:[nN][oO])`, `(\d{1,2}/\d{2,4})`, `.*[!@#$].*`: what a lexer or a validator looks for.
fn is_regex(text: &[u8]) -> bool {
    const SIGNS: [&[u8]; 17] = [
        b"\\w", b"\\W", b"\\d", b"\\s", b"\\b", b"[^", b"[nN]", b"[a-z", b"\\d{", b"\\d+", b".*[", b"].*",
        b"]{", b"]*", b"]+", b"\\(", b"\\{",
    ];
    let holds = |sign: &[u8]| memchr::memmem::find(text, sign).is_some();
    holds(b"(?:") || SIGNS.iter().filter(|sign| holds(sign)).count() >= 2
}

/// `lib,link`, `1,2,3`: several values.
fn is_list(text: &[u8]) -> bool {
    let all =
        |is: fn(&u8) -> bool| text.split(|&b| b == b',').all(|part| !part.is_empty() && part.iter().all(is));
    text.contains(&b',') && (all(u8::is_ascii_lowercase) || all(u8::is_ascii_digit))
}

/// `system_oauth2_grant_type`, `inject2FaToken`: what code calls a thing, in a list of such names.
fn is_name_in_code(text: &[u8]) -> bool {
    let mut parts = text.split(|&b| b == b'_');
    let word = |part: &[u8]| {
        let letters = part.iter().take_while(|b| b.is_ascii_lowercase()).count();
        letters >= 2 && part[letters..].iter().all(u8::is_ascii_digit) && part.len() - letters <= 2
    };
    let snake = text.iter().filter(|&&b| b == b'_').count() >= 2 && parts.all(word);
    let telling = [&b"Token"[..], b"Password", b"Secret", b"Key"].iter().any(|end| text.ends_with(end));
    let figures = text.iter().filter(|b| b.is_ascii_digit()).count();
    let named = text[0].is_ascii_lowercase() || figures <= 2 && text.len() <= CONSTANT_PART_MAX * 2;
    snake || telling && named && text.iter().all(u8::is_ascii_alphanumeric)
}

/// `www.acme.test`, `login.shop.example.com`: where something is.
fn is_host(text: &[u8]) -> bool {
    const ENDS: [&[u8]; 9] =
        [b".com", b".net", b".org", b".io", b".dev", b".test", b".local", b".internal", b".de"];
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    text.iter().all(plain) && (text.starts_with(b"www.") || ENDS.iter().any(|end| text.ends_with(end)))
}

/// `MODE_PSK`, `AUTH_WPA2`: one of a list of constants.
fn is_constant(text: &[u8]) -> bool {
    let upper = |part: &[u8]| {
        part.len() >= 2
            && part.len() <= CONSTANT_PART_MAX
            && part[0].is_ascii_uppercase()
            && part.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && part.iter().filter(|b| b.is_ascii_digit()).count() <= 3
    };
    text.contains(&b'_') && text.split(|&b| b == b'_').all(upper)
}

/// `!showPassword`: an expression in an attribute.
fn is_negated(text: &[u8]) -> bool {
    let Some((b'!', rest)) = text.split_first() else { return false };
    rest.first().is_some_and(u8::is_ascii_lowercase)
        && rest.iter().any(u8::is_ascii_uppercase)
        && rest.iter().all(u8::is_ascii_alphabetic)
}

/// `0x6000003`: a number of a machine's word.
fn is_number(text: &[u8], digits_max: usize) -> bool {
    text.strip_prefix(b"0x").or(text.strip_prefix(b"0X")).is_some_and(|digits| {
        (1..=digits_max).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit)
    })
}

/// `0X1.4fa7bd48p30`: a number with its power of two, as C and Lua write it.
fn is_hex_float(text: &[u8]) -> bool {
    let Some(number) = text.strip_prefix(b"0x").or(text.strip_prefix(b"0X")) else { return false };
    let Some(power) = number.iter().position(|b| matches!(b, b'p' | b'P')) else { return false };
    let exponent = number[power + 1..].strip_prefix(b"-").unwrap_or(&number[power + 1..]);
    let exponent = exponent.strip_prefix(b"+").unwrap_or(exponent);
    power > 0
        && number[..power].iter().all(|b| b.is_ascii_hexdigit() || *b == b'.')
        && (1..=4).contains(&exponent.len())
        && exponent.iter().all(u8::is_ascii_digit)
}

/// `"&pwd&"`, `' + pwd + '`, `\'+f(x)+\'`: the text ends here, and what a name stands for is joined to it.
fn is_concatenated(text: &[u8]) -> bool {
    let bare = |b: &u8| !matches!(b, b'"' | b'\'' | b'\\' | b' ');
    let Some(first) = text.iter().position(bare) else { return false };
    let last = text.iter().rposition(bare).unwrap_or(first);
    let (sign, closed) = (text[first], first > 0 && text[..first].iter().any(|b| *b != b' '));
    let called = |b: &u8| b.is_ascii_alphanumeric() || b"_.()[]$".contains(b);
    let inner = text.get(first + 1..last).unwrap_or_default().trim_ascii();
    let begins = inner.first().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'));
    matches!(sign, b'&' | b'+' | b'.')
        && text[last] == sign
        && begins
        && inner.iter().all(called)
        && (closed || sign != b'.' && inner.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_'))
}

/// `\x1b[38;5;235m`, `\033[1m`: what makes a terminal change its colour.
fn is_terminal_colour(text: &[u8]) -> bool {
    const ESCAPES: [&[u8]; 7] = [b"\\x1b", b"\\x1B", b"\\033", b"\\e", b"\\E", b"\\u001b", b"\\u001B"];
    let codes = ESCAPES.iter().find_map(|escape| text.strip_prefix(*escape)?.strip_prefix(b"["));
    codes.is_some_and(|codes| {
        let digits = codes.iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        codes.get(digits) == Some(&b'm')
    })
}

/// `8323329-27057-959039-1013043383`: numbers that were joined.
fn is_numbers(text: &[u8]) -> bool {
    let mut joined = text.split(|b| matches!(b, b'-' | b'.' | b':' | b'_'));
    joined.clone().count() > 1 && joined.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

/// `?android:textColorHint`, `@string/password`, `&session-state:Tmp-String-0`: what Android or a RADIUS server keeps
/// elsewhere.
fn is_resource(text: &[u8]) -> bool {
    let Some((b'?' | b'@' | b'&', name)) = text.split_first() else { return false };
    let kind = name.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'-').count();
    let rest = name[kind..].strip_prefix(b":").or(name[kind..].strip_prefix(b"/"));
    kind >= 2
        && rest.is_some_and(|rest| rest.iter().all(|b| b.is_ascii_alphanumeric() || b"_./-".contains(b)))
}

/// `WSC_AUTHTYPE_WPA2PSK`, `String?`, `ComputePassword`: a constant, a type or a function, as code writes them.
fn is_code_word(text: &[u8]) -> bool {
    let end = text.iter().rposition(|b| !b";),".contains(b)).map_or(0, |at| at + 1);
    let word = &text[..end];
    let upper = |part: &[u8]| {
        part.len() <= CONSTANT_PART_MAX && part.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let constant = word.first().is_some_and(u8::is_ascii_uppercase)
        && word.iter().filter(|&&b| b == b'_').count() >= 2
        && word.split(|&b| b == b'_').all(upper);
    let camel = word.first().is_some_and(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase);
    let optional = word.strip_suffix(b"?").is_some_and(|bare| bare.iter().all(u8::is_ascii_alphabetic));
    let speaks = ["Password", "Secret", "Token", "Credential"]
        .iter()
        .any(|telling| memchr::memmem::find(word, telling.as_bytes()).is_some_and(|at| at > 1));
    constant || camel && (optional || speaks && word.iter().all(u8::is_ascii_alphabetic))
}

/// `async options => …`, `class extends …`: an expression of a program.
fn begins_code(text: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 8] =
        [b"async", b"await", b"class", b"function", b"lambda", b"new", b"typeof", b"return"];
    let word = text.split(|&b| b == b' ').next().unwrap_or_default();
    KEYWORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_joined_texts_and_colours_are_no_credentials() {
        let told = |text: &str| is_written(text.as_bytes(), true, (false, false));
        for text in [
            "0X1.4fa7bd48p30",
            "0x1.8P-4",
            "\"&pwd&\"",
            "&secretword&",
            "\\'+Pe(e)+\\'",
            "' + conf.pw + '",
            "'.$pw.'",
            "\\x1b[38;5;235m",
            "$row2[5]",
            "$opt{'w'}",
            "#modalButtonOk",
            "--character-set-server=utf8mb4",
            "\\033[1;31m",
        ] {
            assert!(told(text), "{text}");
        }
        for text in [
            "&Tul1p&",
            "+x9Q.v2+",
            "0x1.8Tulip",
            "$row2[5",
            "$5Tul{ip}",
            "#Tulip42s",
            "#TulipOnTop",
            "--Tulip=42",
        ] {
            assert!(!told(text), "{text}");
        }
    }

    #[test]
    fn notation_is_no_credential() {
        let at_its_name = (false, false);
        for text in [
            "パスワードを入力",
            "\\u500b\\u4eba\\u30a2",
            "Jelszó módosítása nálunk",
            "1234abcd-1234-abcd-1234-abcd1234adcd",
            "00112233445566778899aabbccddeeff",
            "a1b2c3d4e5f6g7h8",
            "blah_blah_blah",
            "required|confirmed|min:16|secure_password",
            "min:16",
            "^1.0",
            "npm:^7.0.4 || ^8.0.0",
            "16s=b\"\"",
            "self[\"PwdLen\"]",
            "%02X:%02X:%02X",
            "prog,scan",
            "[^\\W\\d]\\w*",
            "((?:[nN][oO]|x)-)",
            "1,2,3,4,5",
            "W/\"1f4-qx17e+bDbZJtTZiNJJshOoM1U6s",
            "0x6000003",
            "4.2.0-beta.2",
            "1.13.5-no-vault",
            "5/m/user",
            "20/m/ip,5/m/key",
            "psw-Latn-VU",
            "%Y-%m-%dT%H:%M:%S.%fZ",
            "Ymd\\THis\\Z",
            "(\\d{1,2}/\\d{1,2}/\\d{2,4})",
            ".*[!@#$%^&*()_+].*",
            "[\\w-]{6,15}",
            "s/^ *password: *\"\\{0,1\\}\\([^\"]*\\)",
            "8323329-27057-959039-1013043383",
        ] {
            assert!(is_written(text.as_bytes(), true, at_its_name), "{text}");
        }
        for text in [
            "Xk29vmQp7rTz",
            "schön4711!",
            "b652b0d2d3e086025f8c3b6797f571b2",
            "a|b",
            "%Gx7!",
            "Tul1p,meadow",
            "4.Tul1p-beta",
            "x7/m/Tulip",
            "a]{b4Q+",
            "Ym7\\Q9z",
        ] {
            assert!(!is_written(text.as_bytes(), true, at_its_name), "{text}");
        }
        assert!(is_written(b"async options => {", false, (true, false)));
        assert!(is_written(b"system_oauth2_grant_type", true, (true, true)));
        assert!(is_written(b"-apr1", true, (true, true)) && !is_written(b"-Tul1p4711", true, (true, true)));
        assert!(
            is_written(b"0xC000006A", false, (true, false))
                && !is_written(b"0xC000006A", true, (true, false))
        );
        assert!(!is_written(b"0x12FE37DC", true, (true, false)));
        for text in
            ["WSC_AUTHTYPE_WPA2PSK;", "String?", "ComputePassword", "?android:textColorHint", "0x051C"]
        {
            assert!(is_written(text.as_bytes(), false, (true, false)), "{text}");
        }
        for text in ["?Tulip:4711", "Meadow?", "PasswordTulip", "XK_29VM", "@meadow/L4ntern!"] {
            assert!(!is_written(text.as_bytes(), true, (true, false)), "{text}");
        }
    }
}
