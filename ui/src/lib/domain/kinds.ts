// Names of identity and credential kinds for people. What a credential is called is said in the rules; the name
// of an identity's kind is its words, with the spelling that their owners use.

import credentialNames from "virtual:credential-names";

const SPELLING: Record<string, string> = {
  actions: "Actions",
  api: "API",
  aws: "AWS",
  azure: "Azure",
  ci: "CI",
  entra: "Entra",
  gcp: "GCP",
  github: "GitHub",
  gitlab: "GitLab",
  iam: "IAM",
  jwt: "JWT",
  kubernetes: "Kubernetes",
  oidc: "OIDC",
  pat: "token",
  pgp: "PGP",
  ssh: "SSH",
  tls: "TLS",
};

/** The kind of a credential: `aws_access_key` → `AWS access key`. */
export const credentialKind = (kind: string): string => credentialNames[kind] ?? identityKind(kind);

/** The kind of an identity: `github_actions_secret` → `GitHub Actions secret`, `database_login` → `Database login`. */
export function identityKind(kind: string): string {
  const [first = "", ...rest] = kind.split(/[_-]/);
  const capital = first.charAt(0).toUpperCase() + first.slice(1);
  return [SPELLING[first] ?? capital, ...rest.map((word) => SPELLING[word] ?? word)].join(" ");
}

/** First words that are no names: small inside a sentence. */
const COMMON = new Set(["Bearer", "Client", "Database", "Generic", "Hook", "Login", "Message", "Password", "Private", "Registry", "Secret", "Service", "Signing", "Token"]);

/** Names that are spoken with a vowel first: an AWS key, an SSH key, an npm token. */
const SPOKEN_VOWEL = /^([aeioAEIO][a-z]|[AEFHILMNORSX](?=[A-Z0-9])|npm)/;

/** A kind's name with its article, to begin a sentence: `An AWS access key`, `A database password`. */
export function withArticle(name: string): string {
  const [first = ""] = name.split(" ");
  const inside = COMMON.has(first) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
  return `${SPOKEN_VOWEL.test(inside) ? "An" : "A"} ${inside}`;
}
