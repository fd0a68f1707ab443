//! What a name promises: a password, a secret, or only words about one.

/// Values that are types, states or keywords.
pub(super) const KEYWORDS: &str = "\
    true false null nil none undefined string str required optional yes no on off empty default text
    hidden password passwd secret token bearer basic number boolean integer object prompt void any self
    this file env vault stdin unset disabled enabled auto oauth oauth2 jwt apikey api_key username user
    name value key";

/// Last words that make a name speak about a secret rather than hold one.
const ABOUT: &str = "\
    name names id ids type types path paths file files filename dir url urls uri endpoint host field
    fields label hint length len size count policy regex pattern format prefix suffix expiry expires
    expiration expire ttl timeout max min limit age error errors err message msg title text description
    desc placeholder prompt input form column header headers param params parameter method class func
    function handler manager provider service store storage cache list map index ref env var variable
    version enabled disabled required optional valid invalid status state mode kind role scope scopes
    issuer audience subject algorithm alg strategy reset change changed update updated rotation date
    time at only info usage template key2 selector xpath css icon button link page screen view dialog
    generator validator encoder decoder parser reader writer source location keys spec lifetime duration
    period interval test tests example strength column_name arn";
/// Words that make the value public or derived.
const PUBLIC: &str = "\
    public pub hash hashed digest checksum sha sha1 sha256 md5 csrf xsrf nonce etag fingerprint
    thumbprint tokenizer keyboard bypass compass passed passing passive passenger passes passthrough pad
    unk eos bos sep cls mask next page pagination continuation cursor sync match ignore primary foreign
    partition sort i18n";

/// Splits `dbPassword`, `DB_PASSWORD`, `db-password` into lower-case words.
pub(super) fn words(name: &[u8]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut last = b'_';
    for &b in name {
        if !b.is_ascii_alphanumeric() {
            if !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
        } else {
            if b.is_ascii_uppercase() && last.is_ascii_lowercase() && !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            word.push(b.to_ascii_lowercase() as char);
        }
        last = b;
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// A password.
    Password,
    /// Any other secret.
    Secret,
}

pub(super) fn promise(name: &[u8]) -> Option<Promise> {
    let words = words(name);
    let last = words.last()?;
    if listed(ABOUT, last) || words.iter().any(|w| listed(PUBLIC, w)) {
        return None;
    }
    let ends = |list: &[&str]| list.iter().any(|end| last.ends_with(end));
    if ends(&["password", "passwd", "passphrase", "pwd", "passcode"]) || last == "pass" || last == "userpass"
    {
        return Some(Promise::Password);
    }
    let joined = words.concat();
    let qualified_key = last.ends_with("key")
        && [
            "api",
            "secret",
            "access",
            "private",
            "encryption",
            "signing",
            "master",
            "auth",
            "account",
            "storage",
            "shared",
            "service",
            "app",
            "client",
            "webhook",
            "license",
            "admin",
        ]
        .iter()
        .any(|q| joined.contains(q));
    if ends(&["secret", "token", "credential", "credentials", "apikey", "secretkey"]) || qualified_key {
        return Some(Promise::Secret);
    }
    // `password1`, `secret_base`, `token2`, `pass_prod`: the telling word is not the last one.
    if words.iter().any(|w| w.contains("passw") || w == "pwd" || w == "passphrase") {
        return Some(Promise::Password);
    }
    words.iter().any(|w| w == "secret" || w == "token").then_some(Promise::Secret)
}

/// Whether a list of words, parted by white space, holds this one.
pub(super) fn listed(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}
