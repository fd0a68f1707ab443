//! What a name promises: a password, a secret, a key of some kind, or only words about one.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Last words that make a name speak about a secret rather than hold one.
static ABOUT: Words = Words::of(
    "\
    name names id ids type types path paths file files filename dir directory folder url urls uri endpoint host field
    fields label hint length len size count policy regex pattern format prefix suffix expiry expires
    expiration expire expired ttl timeout max min limit age error errors err message msg title text description
    desc placeholder prompt input form column header headers param params parameter parameters method class func
    function handler manager provider service store storage cache list map index ref env var variable
    version enabled disabled required optional valid invalid status state mode kind role scope scopes
    issuer audience subject algorithm alg strategy reset change changed update updated rotation rotated used unused created active date
    time at only info usage template selector xpath css icon button link page screen view dialog
    generator validator encoder decoder parser reader writer source location keys spec lifetime duration
    period interval strength column_name arn bytes lower upper letters digits number help
    tooltip show hide visible toggle match confirm confirmation again repeat retype mismatch changer checker
    strategy rule rules option options command cmd eval passwordeval passwdeval passeval remotepasseval localpasseval module package property properties attribute table
    model schema request response result callback event listener hook action reason comment note
    level warning charset encoding lockout history inactivity maxlen minlen tries attempts retries complexity scheme schemes formatter logger minimum maximum character
    characters char chars days weeks hours minutes wrong instance address logo lastpass keepass hasher hashers blacklist whitelist denylist allowlist wordlist dictionary entry encryption encryptor hashing library image set server servers",
);
/// Words that make the value public or derived.
static PUBLIC: Words = Words::of(
    "\
    public pub hash hashed digest checksum sha sha1 sha256 sha512 md5 csrf xsrf etag fingerprint
    thumbprint tokenizer keyboard bypass compass passed passing passive passenger passes passthrough pad
    unk eos bos sep cls mask dedupe dedup next pagination continuation cursor sync ignore primary foreign
    partition sort i18n l10n translation tokens passport passage passwordless passivate author authors
    autheticated keyword keywords keyframe keyframes keypress keydown keyup keycode keyid monkey turkey hotkey
    hockey whiskey donkey jockey compasspoint unauthorized authority authorities sitekey site publishable
    signingkey measurement tracking beacon authenticity lowpass highpass bandpass allpass multipass renderpass
    pubkey pubkeys website subpass trespass underpass overpass hint repokey sha3 sha224 sha384 pbkdf2 seedling seeded secretary tokenized tokenization integrity resolved sum sha2 pbkdf2 ha1 domainkey color colors colour colours lost",
);
/// Words that make a bare `key` a place in a table, and not a key of a lock.
static LOOKUP: Words = Words::of(
    "\
    cache map hash object item row dict index unique composite group lookup registry redis
    event shortcut arrow enter delete shift control meta first last prev current config setting preference
    metric label tag sort order data json xml attr attribute resource message error answer state query filter
    menu tab panel section category react component child parent node entry record dom aria translation
    locale language feature flag ssh host apt gpg pgp sheet spreadsheet document doc video youtube vimeo file image upload
    asset idempotency dedup job task queue topic message trace span grid column cell cart",
);
/// Words that make a key secret.
static QUALIFIERS: Words = Words::of(
    "\
    api secret access private encryption encrypt decryption crypt crypto cipher signing sign signature master auth
    account storage shared cookie service app application client webhook license admin hmac jwt deploy
    integration server account user subscription primary secondary aes des rsa ssl tls connection write read ingest
    host function functions authentication authorization security merchant partner payment bot vault agent",
);

/// Splits `dbPassword`, `DB_PASSWORD`, `db-password`, `APIKey` into lower-case words.
pub(super) fn words(name: &[u8]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = Vec::new();
    let text = |word: Vec<u8>| String::from_utf8_lossy(&word).into_owned();
    for (index, &b) in name.iter().enumerate() {
        if !b.is_ascii_alphanumeric() && b < 0x80 {
            if !word.is_empty() {
                out.push(text(std::mem::take(&mut word)));
            }
            continue;
        }
        let last = index.checked_sub(1).map_or(b'_', |before| name[before]);
        let next = name.get(index + 1).copied().unwrap_or(b'_');
        let begins = b.is_ascii_uppercase()
            && (last.is_ascii_lowercase() || last.is_ascii_uppercase() && next.is_ascii_lowercase());
        if begins && !word.is_empty() {
            out.push(text(std::mem::take(&mut word)));
        }
        word.push(b.to_ascii_lowercase());
    }
    if !word.is_empty() {
        out.push(text(word));
    }
    out
}

/// What a name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// A password.
    Password,
    /// A secret, token or key that opens something.
    Secret,
    /// A key or login of some kind: only a value that is surely random makes it a secret.
    Vague,
    /// A salt, seed, nonce or initialisation vector: what a cipher or hash is fed with beside its key.
    Ingredient,
    /// A key of the service that the name is, and nothing else: `sendgrid = "…"`.
    Service,
}

/// What the name promises; `None` when it only speaks about secrets.
pub(super) fn promise(name: &[u8]) -> Option<Promise> {
    // What stands in a field of a form: `txtPassword.Text`.
    let name = name.strip_suffix(b".Text").unwrap_or(name);
    // An ampersand as JSON escapes it: `\u0026page_token=`.
    let name = name.strip_prefix(b"u0026").unwrap_or(name);
    let words = words(name);
    let mut tail = words.as_slice();
    // `password1`, `api_key_2`, `token.value`, `SECRET_KEY_PROD`: what follows the telling word says which one.
    while let [rest @ .., last] = tail
        && !rest.is_empty()
        && (last.bytes().all(|b| b.is_ascii_digit()) || WHICH.holds(last))
    {
        tail = rest;
    }
    let last = tail.last()?.trim_end_matches(|c: char| c.is_ascii_digit());
    // What a request is told from its repetition by is sent with it.
    if last == "nonce" && words.iter().any(|word| word == "oauth") {
        return None;
    }
    let seasoned =
        ["salt", "pepper", "nonce"].iter().any(|end| last.ends_with(end)) || matches!(last, "seed" | "iv");
    // `MD5_KEY`: what a digest is keyed with.
    let keyed = words.len() > 1 && matches!(last, "key" | "secret");
    let public = |word: &String| {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        (PUBLIC.holds(word) || stem == "pubkey") && !(keyed && is_digest(word))
            || word.starts_with("csrf")
            || word.starts_with("xsrf")
    };
    // `Sec-WebSocket-Key` is a nonce that every browser sends (RFC 6455).
    let handshake = words.windows(3).any(|three| three == ["web", "socket", "key"]);
    // Where a list goes on, and the token of ASP.NET's forms.
    let page = words.windows(2).any(|two| {
        matches!(two[0].as_str(), "page" | "previous") && two[1] == "token"
            || two[0] == "dkim" && two[1].starts_with("token")
            || two == ["request", "verification"]
    });
    let several = last == "keys" && (tail.len() == 1 || tail.iter().any(|word| QUALIFIERS.holds(word)));
    if ABOUT.holds(last) && !several || handshake || page || !seasoned && words.iter().any(public) {
        return None;
    }
    if seasoned {
        return Some(Promise::Ingredient);
    }
    if several {
        return Some(if tail.len() == 1 { Promise::Vague } else { Promise::Secret });
    }
    if let Some(told) = told_by_last(tail, last) {
        return told;
    }
    if is_whose_key(name, &words) {
        return Some(Promise::Secret);
    }
    // `password_for_mail`, `secret_base`: the telling word is not the last one.
    if words.iter().any(|w| w.contains("passw") || w == "pwd" || w == "passphrase") {
        return Some(Promise::Password);
    }
    // `secretsCookie`, `SECRETS_SYSTEM`: what each of the secrets is for.
    if words[0] == "secrets" && words.len() > 1 {
        return Some(Promise::Secret);
    }
    if words.iter().any(|w| w == "secret" || w == "token") {
        return Some(Promise::Vague);
    }
    let joined = words.concat();
    (words.len() <= 2 && SERVICES.contains(&joined.as_str())).then_some(Promise::Service)
}

/// `_API_KEY_GUEST`, `SECRET_KEY_HOLIDAYS`: a constant that says behind `key` whose it is or what for.
fn is_whose_key(name: &[u8], words: &[String]) -> bool {
    let constant = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    let key = |two: &[String]| {
        two[1] == "key" && matches!(two[0].as_str(), "api" | "secret" | "access" | "auth" | "app" | "client")
    };
    name.iter().all(constant) && (words.windows(2).any(key) || words.iter().any(|word| word == "apikey"))
}

fn is_digest(word: &str) -> bool {
    word == "md5" || word.starts_with("sha") && word[3..].bytes().all(|b| b.is_ascii_digit())
}

/// Whether what the name holds may be a login of two parts: `auth`, `CURLOPT_USERPWD`, `credentials`.
pub(super) fn is_login(name: &[u8]) -> bool {
    const ENDS: [&[u8]; 7] =
        [b"auth", b"userpwd", b"credentials", b"creds", b"user_pass", b"userpass", b"user_password"];
    ENDS.iter().any(|end| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end))
}

/// Whether a member of a map of secrets is something that goes with one: its login, its address, its kind.
pub(in crate::engine) fn is_about_a_member(name: &[u8]) -> bool {
    static BESIDE: Words = Words::of(
        "\
        user users username login email mail account host hostname server port region id uuid database db project tenant
        bucket domain provider kid namespace image ref sha commit digest date created label client sid from to cc
        subject realm protocol driver engine example format color colour font size access_key_id clientid userid appid",
    );
    let words = words(name);
    words.last().is_none_or(|last| ABOUT.holds(last) || BESIDE.holds(last))
        || words.iter().any(|word| PUBLIC.holds(word))
}

/// Services whose name alone stands before a key of theirs; all of them are context words, and none is a word of its own.
pub(super) const SERVICES: [&str; 30] = [
    "sendgrid",
    "mailgun",
    "mailchimp",
    "airtable",
    "postmark",
    "sparkpost",
    "openweather",
    "openweathermap",
    "lastfm",
    "twilio",
    "stripe",
    "rollbar",
    "bugsnag",
    "honeybadger",
    "googleapi",
    "weatherapi",
    "giphy",
    "etherscan",
    "infura",
    "opencage",
    "ipstack",
    "rapidapi",
    "pagerduty",
    "mailjet",
    "deepseek",
    "fastly",
    "elevenlabs",
    "mandrill",
    "launchdarkly",
    "digitalocean",
];

/// What the last word of a name says by itself; `None` when it says nothing.
fn told_by_last(tail: &[String], last: &str) -> Option<Option<Promise>> {
    if is_password(last, tail) {
        return Some(Some(Promise::Password));
    }
    let ends = |list: &[&str]| list.iter().any(|end| last.ends_with(end));
    if ends(&[
        "secret",
        "token",
        "credential",
        "credentials",
        "apikey",
        "secretkey",
        "accesskey",
        "privatekey",
    ]) || matches!(last, "cred" | "creds" | "bearer" | "secrets" | "basic")
        // `CLOUD_SK`, `"sk"`: how clouds of China write a secret key, beside the access key's `AK`.
        || last == "sk"
        || last == "auth" && tail.len() == 2 && tail[0] == "x"
    {
        return Some(Some(Promise::Secret));
    }
    if last.ends_with("key") {
        // A header of a service's own: `X-Auth-Key`.
        let header = tail.len() > 1 && tail[0] == "x";
        if header || tail.iter().any(|word| QUALIFIERS.holds(word.strip_suffix("key").unwrap_or(word))) {
            return Some(Some(Promise::Secret));
        }
        let lookup = tail.iter().any(|word| LOOKUP.holds(word.strip_suffix("key").unwrap_or(word)));
        return Some((!lookup).then_some(Promise::Vague));
    }
    let code = last == "authcode" || last == "code" && tail.len() > 1 && tail[tail.len() - 2] == "auth";
    if code || matches!(last, "hmac" | "auth" | "authorization" | "authentication") || ends(&["auth"]) {
        return Some(Some(Promise::Vague));
    }
    None
}

/// Whether the telling word of a name, the last of `tail`, is one for a password.
fn is_password(last: &str, tail: &[String]) -> bool {
    const ENDS: [&str; 11] = [
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "pwd",
        "passcode",
        "passwrd",
        "pass",
        "psk",
        "userpwd",
        "presharedkey",
    ];
    const WHOLE: [&str; 17] = [
        "clave",
        "parola",
        "geslo",
        "jelszo",
        "parool",
        "adgangskode",
        "sifre",
        "pw",
        "psw",
        "passw",
        "mdp",
        "authtok",
        "dbpw",
        "userpw",
        "rootpw",
        "bindpw",
        "masterauth",
    ];
    let before = tail.len().checked_sub(2).map_or("", |at| tail[at].as_str());
    let split = matches!(last, "word" | "phrase") && before == "pass";
    // A pre-shared key or secret is typed in on both sides.
    let shared = before == "shared" && matches!(last, "key" | "secret");
    split
        || shared && (tail.len() == 2 && last == "key" || tail.len() > 2 && tail[tail.len() - 3] == "pre")
        || ENDS.iter().any(|end| last.ends_with(end))
        || WHOLE.contains(&last)
        || FOREIGN.iter().any(|word| last.contains(word))
}

/// Digits of the id of a mobile app at a service.
const APP_ID_BYTES: usize = 24;
/// Words with which the names of values begin that are made for tests.
static FOR_TESTS: Words = Words::of("test mock fake dummy");

/// Why the value opens little whatever it looks like, by its name.
pub(super) fn little(name: &[u8], text: &[u8]) -> Option<&'static str> {
    let words = words(name);
    // What JPush and Umeng call an app's key stands in every copy of the app.
    let sdk = words.iter().any(|word| matches!(word.as_str(), "jpush" | "umeng" | "um"));
    let key = name == b"appKey"
        || name == b"appkey"
        || sdk && words.last().is_some_and(|last| last.ends_with("key"));
    if key && text.len() == APP_ID_BYTES && text.iter().all(u8::is_ascii_hexdigit) {
        return Some("the id of a mobile app, which every copy of it holds");
    }
    // Not the service that is called so: `testRailApiKey`.
    let service = || words.len() > 1 && super::services::is_one(words[..2].concat().as_bytes());
    let made = words.first().is_some_and(|first| FOR_TESTS.holds(first)) && !service();
    made.then_some("its name says that it is made for tests")
}

/// Whether a name says what is done with a password: `ResetPassword`, `User_Force_Change_Password`.
pub(super) fn is_deed(name: &[u8]) -> bool {
    let deed = |word: &String| {
        matches!(word.as_str(), "reset" | "change" | "force" | "update" | "forgot" | "recover" | "create")
    };
    words(name).iter().any(deed)
}

/// Whether a name says that one is made or looked up: `generateAuthToken`, `getApiKeyFor`. What is handed to it is another thing.
pub(super) fn makes_one(name: &[u8]) -> bool {
    static MAKES: Words = Words::of("generate create make issue mint build get fetch find lookup load read");
    // Whatever it is called of: `user.createToken`.
    let name = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    let words = words(name);
    let call = name.first().is_some_and(u8::is_ascii_lowercase); // not a variable's default
    call && words.len() > 1 && MAKES.holds(&words[0])
}

/// `KEY`, `WEBHOOK_KEY`: a constant that is a key.
pub(super) fn is_constant_key(name: &[u8]) -> bool {
    name.ends_with(b"KEY") && name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
}

/// `acme_key`, `plumbtree.auth`: a word before the telling one says whose it is, and no list knows it as another thing's.
pub(super) fn is_of_somebody(name: &[u8]) -> bool {
    static ORDINARY: Words = Words::of(
        "\
        the a an my our your this that self is has get set some any new old test demo sample s3 ec2 blob file files path
        image video audio media asset upload download cache lock idempotency dedup request response trace span session
        job task queue topic message event order product item customer contact account member team project repo branch
        build page view form input field column header body cell grid tree graph edge vertex model version revision
        release device room user users group tenant org entity resource bucket public static default common shared
        random hash merge join map list dict set array value values data meta tag tags color font style theme sort
        search query filter index facet aggregation chart series plot translation locale i18n text string label no
        block tx transaction wallet chain peer node shard replica partition segment chunk part piece layer gpg pgp spreadsheet
        sheet listen stream channel host known content sig issue ticket board space workspace document doc entity dataset feature",
    );
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    (last == "key" || last == "auth")
        && before.last().is_some_and(|word| word.len() >= 3 && !ORDINARY.holds(word))
}

/// `api_key`, `AUTHKEY`: whether the name ends with the word, and is more than it.
pub(super) fn ends_key(name: &[u8]) -> bool {
    name.len() > 3 && name[name.len() - 3..].eq_ignore_ascii_case(b"key")
}

/// What a password is called elsewhere; all of them are context words.
pub(super) const FOREIGN: [&str; 14] = [
    "kennwort",
    "contrase",
    "senha",
    "wachtwoord",
    "haslo",
    "hasło",
    "salasana",
    "motdepasse",
    "lozinka",
    "losenord",
    "пароль",
    "密码",
    "パスワード",
    "비밀번호",
];

/// Words before `pass` that make it hand something on: `proxy_pass http://…`, `fastcgi_pass php`.
const HANDS_ON: [&str; 6] = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached"];

/// Whether the name, with blanks alone behind it, is a directive about passing something on.
pub(super) fn hands_on(name: &[u8]) -> bool {
    let words = words(name);
    matches!(words.as_slice(), [first, .., last] if last == "pass" && HANDS_ON.contains(&first.as_str()))
}

/// Words after the telling one that only say which of several it is.
static WHICH: Words = Words::of(
    "\
    prod production dev development stage staging test testing qa uat live sandbox old new current default value
    val string str base64 b64 hex raw plain plaintext encoded encrypted main master slave replica local
    a b c x y eu us read write v1 v2 v3 in out user admin root db base plaintextvalue override",
);

/// A list of words, parted by white space, that is asked often.
pub(super) struct Words(OnceLock<HashSet<&'static str>>, &'static str);

impl Words {
    pub(super) const fn of(text: &'static str) -> Self {
        Self(OnceLock::new(), text)
    }

    pub(super) fn holds(&self, word: &str) -> bool {
        self.0.get_or_init(|| self.1.split_ascii_whitespace().collect()).contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_promise_what_their_telling_word_says() {
        for (name, expected) in [
            ("DB_PASSWORD", Some(Promise::Password)),
            ("dbPassword2", Some(Promise::Password)),
            ("smtp.pass", Some(Promise::Password)),
            ("APIKey", Some(Promise::Secret)),
            ("stripe_api_key_live", Some(Promise::Secret)),
            ("clientSecret", Some(Promise::Secret)),
            ("AccountKey", Some(Promise::Secret)),
            ("key", Some(Promise::Vague)),
            ("password_salt", Some(Promise::Ingredient)),
            ("aesIv", Some(Promise::Ingredient)),
            ("api_keys", Some(Promise::Secret)),
            ("keys", Some(Promise::Vague)),
            ("_API_KEY_GUEST", Some(Promise::Secret)),
            ("API_KEY_HEADER", None),
            ("apiKeyGuest", None),
            ("map_keys", None),
            ("public_key", None),
            ("cacheKey", None),
            ("primary_key", None),
            ("password_field", None),
            ("token_type", None),
            ("passwordHash", None),
            ("keyboard", None),
        ] {
            assert_eq!(promise(name.as_bytes()), expected, "{name}");
        }
    }
}
