//! Where a Jenkins script asks for a credential by its id, and what for.

use std::borrow::Cow;

use tenure_model::Quality;

use super::Script;
use super::groovy::Token;
use crate::detect::ci::purpose::{Part, Purpose};
use crate::detect::ci::secret_use::Store;

/// Ends of the names of classes that take a credential's id: `[$class: '…Binding', credentialsId: 'x']`.
const CLASSES: [&str; 2] = ["Binding", "Builder"];
/// Arguments whose text is the id of a credential. The first one also calls the helper of that name.
const ID_KEYS: [&str; 13] = [
    "credentials",
    "credentialsId",
    "azureCredentialsId",
    "gcpCredentialsId",
    "registryCredentialsId",
    "tokenCredentialId",
    "vaultCredentialId",
    "vaultCredentialsId",
    "sshCredentialsId",
    "authentication",
    "credentialId",
    "kubeconfigId",
    "secretRef",
];
/// How a reference to a secret of 1Password begins: `op://vault/item/field`.
const ONE_PASSWORD: &str = "op://";

impl<'t> Script<'t> {
    /// Whether the text at this place is the id of a credential, and what asks for it.
    pub(super) fn binding_of(&self, at: usize) -> Option<Call> {
        let before = |back: usize| at.checked_sub(back).and_then(|index| self.tokens.get(index));
        let is =
            |back: usize, sign: u8| matches!(before(back), Some(Token::Sign(found, _)) if *found == sign);
        let word = |back: usize| match before(back) {
            Some(Token::Word(word, _)) => *word,
            _ => "",
        };
        // `credentialsId: 'x'`, and `credentials: 'x'` of withAWS and sshagent.
        if is(1, b':') && ID_KEYS.contains(&word(2)) {
            return Some(self.call_around(at));
        }
        // `registryCredentialsId 'x'` of an agent.
        if ID_KEYS[1..].contains(&word(1)) {
            return Some(Call::new(if word(1) == "registryCredentialsId" { "withRegistry" } else { "" }));
        }
        if is(1, b'(') {
            match word(2) {
                "credentials" => return Some(Call { binding: "credentials", said: None }),
                "azureServicePrincipal" => return Some(Call::new("azureServicePrincipal")),
                "sshagent" => return Some(Call::new("sshagent")),
                _ => {}
            }
        }
        // `sshagent(['a', 'b'])` and `sshagent(credentials: ['a'])`.
        let list_of_keys =
            (1..=12).take_while(|&back| before(back).is_some()).find_map(|back| match before(back) {
                Some(Token::Word("sshagent", _)) => Some(true),
                Some(
                    Token::Sign(b'[' | b'(' | b',' | b':', _)
                    | Token::Text(..)
                    | Token::Word("credentials", _),
                ) => None,
                _ => Some(false),
            });
        if list_of_keys == Some(true) && (is(1, b'[') || is(1, b',')) {
            return Some(Call::new("sshagent"));
        }
        // `docker.withRegistry('https://…', 'x')`.
        let second = is(1, b',')
            && matches!(before(2), Some(Token::Text(..)))
            && is(3, b'(')
            && word(4) == "withRegistry";
        second.then(|| Call::new("withRegistry"))
    }

    /// The call in whose brackets a token stands.
    fn call_around(&self, at: usize) -> Call {
        let mut depth = 0;
        for back in (at.saturating_sub(80)..at).rev() {
            match self.tokens[back] {
                Token::Sign(b')' | b']', _) => depth += 1,
                Token::Sign(b'(' | b'[', _) if depth > 0 => depth -= 1,
                Token::Sign(b'(', _) => {
                    if let Some(Token::Word(word, _)) =
                        back.checked_sub(1).and_then(|index| self.tokens.get(index))
                    {
                        return Call::new(word);
                    }
                }
                // `[$class: 'AmazonWebServicesCredentialsBinding', credentialsId: 'x']`.
                Token::Text(text, _) if depth == 0 && CLASSES.iter().any(|end| text.ends_with(end)) => {
                    return Call::new(text);
                }
                _ => {}
            }
        }
        Call::new("")
    }

    /// The variable that receives the credential: set from it, or named in the same call.
    pub(super) fn slot(&self, at: usize, call: &Call) -> Option<&'t str> {
        if call.binding == "credentials" {
            let set = at.checked_sub(4)?;
            return match (self.tokens.get(set), self.tokens.get(set + 1)) {
                (Some(Token::Word(name, _)), Some(Token::Sign(b'=', _))) => Some(name),
                _ => None,
            };
        }
        const VARIABLES: [&str; 7] = [
            "envVar",
            "passwordVariable",
            "variable",
            "secretKeyVariable",
            "keyFileVariable",
            "clientSecretVariable",
            "tokenVariable",
        ];
        let near = at.saturating_sub(16)..self.tokens.len().min(at + 16);
        let call_ends = |token: &Token<'_>| matches!(token, Token::Sign(b')' | b'}' | b'{', _));
        let after = self.tokens[at..near.end].iter().position(call_ends).map_or(near.end, |end| at + end);
        let opens = |token: &Token<'_>| matches!(token, Token::Sign(b'(' | b'{', _));
        let before = self.tokens[near.start..at]
            .iter()
            .rposition(opens)
            .map_or(near.start, |start| near.start + start);
        self.tokens[before..after].windows(3).find_map(|three| match three {
            [Token::Word(key, _), Token::Sign(b':', _), Token::Text(name, _)] if VARIABLES.contains(key) => {
                Some(*name)
            }
            _ => None,
        })
    }
}

/// A credential by its id: the store that keeps it, and its name there; what the way of writing says of it.
pub(super) fn kept(id: &str) -> (Store<'static>, &str, Option<Purpose>) {
    if id.starts_with(ONE_PASSWORD) {
        return (Store::Owner(Cow::Borrowed("1password")), id, None);
    }
    // A login at a registry of AWS: `ecr:region:id`.
    match id.strip_prefix("ecr:").and_then(|rest| rest.rsplit(':').next()) {
        Some(name) => (Store::repository("credentials"), name, Call::new("aws").said),
        None => (Store::repository("credentials"), id, None),
    }
}

/// What asks for a credential.
pub(super) struct Call {
    binding: &'static str,
    pub(super) said: Option<Purpose>,
}

impl Call {
    fn new(word: &str) -> Self {
        let known = |kind, provider| {
            let quality = Quality::Heuristic;
            Some(Purpose { part: Part::Credential, kind, provider, quality })
        };
        let said = match word {
            "AmazonWebServicesCredentialsBinding" | "aws" | "withAWS" => known("aws_access_key", "aws"),
            "azureServicePrincipal" => known("entra_client_secret", "azure"),
            "sshagent" | "sshUserPrivateKey" | "SSHUserPrivateKeyBinding" => known("ssh_private_key", "ssh"),
            "kubeconfigFile" | "withKubeConfig" | "kubeconfigContent" | "kubernetesDeploy" => {
                known("kubeconfig_token", "kubernetes")
            }
            "KubernetesEngineBuilder" => known("gcp_service_account_key", "gcp"),
            "withRegistry" | "withDockerRegistry" => known("registry_password", "registry"),
            _ => None,
        };
        Self { binding: "", said }
    }
}
