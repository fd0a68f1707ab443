//! Every text of an observation. Each noun is taken apart by name, so that a new field does not compile until somebody has
//! decided whether it can hold scanned text: `_` stands for what cannot.

use tenure_model::{
    Authorship, AwsAccount, AwsCondition, AwsDocument, AwsGroup, AwsInlinePolicy, AwsLogin, AwsOrganization,
    AwsPolicy, AwsPrincipal, AwsServiceControl, AwsStatement, AwsTrusted, Consumer, Credential,
    EscalationPath, Evidence, EvidenceSource, Fact, Finding, Grant, Members, Observation, OtherPlace,
    OwnerClaim, OwnerRule, Place, RoleDefinition, Subject, Unread,
};

/// What is done with a text.
type Each<'f> = &'f mut dyn FnMut(&mut String);

/// Calls `each` with every text that may come from what was scanned.
pub(super) fn each(observation: &mut Observation, each: Each<'_>) {
    match observation {
        Observation::Finding(found, about) => {
            finding(found, each);
            subject(about, each);
        }
        Observation::Evidence(Evidence { subject: about, fact: learned, source: seen, quality: _ }) => {
            subject(about, each);
            fact(learned, each);
            source(seen, each);
        }
        Observation::OwnerRule(OwnerRule { root, base, path, line: _, pattern, owners }) => {
            [root, base, path, pattern].into_iter().chain(owners).for_each(each);
        }
        Observation::Authorship(Authorship {
            root,
            path,
            author,
            share: _,
            last_seen_at: _,
            newest_commit_at: _,
        }) => [root, path, author].into_iter().for_each(each),
        Observation::AwsAccount(account) => aws_account(account, each),
        Observation::Role(role) => {
            let RoleDefinition { root, path, platform: _, names, actions } = &mut **role;
            [root, path].into_iter().chain(names).chain(actions).for_each(each);
        }
        Observation::Members(Members { platform: _, names }) => names.iter_mut().for_each(each),
        Observation::Unread(Unread { path, state: _, reason: _, detail }) => {
            [path, detail].into_iter().for_each(each);
        }
    }
}

fn finding(finding: &mut Finding, each: Each<'_>) {
    let Finding {
        id: _,
        rule_id: _,
        title,
        category: _,
        severity: _,
        confidence: _,
        place: Place { root, path, start_line: _, end_line: _, start_column: _, end_column: _ },
        commit: _,
        author,
        committed_at: _,
        in_tree: _,
        in_history: _,
        fate: _,
        also_at,
        masked,
        fingerprint: _,
        identity_id: _,
        suppressed,
        controls: _,
        reasons,
    } = finding;
    let others = also_at.iter_mut().map(|OtherPlace { path, start_line: _, commit: _ }| path);
    let own = [title, root, path].into_iter().chain(author).chain(masked).chain(suppressed);
    own.chain(others).chain(reasons).for_each(each);
}

fn subject(Subject { kind: _, key }: &mut Subject, each: Each<'_>) {
    each(key);
}

fn source(source: &mut EvidenceSource, each: Each<'_>) {
    let EvidenceSource { root, path, line: _, commit: _, reader: _ } = source;
    [root, path].into_iter().for_each(each);
}

fn fact(fact: &mut Fact, each: Each<'_>) {
    match fact {
        Fact::Identity { kind: _, name, native_id, provider: _ } => {
            [name].into_iter().chain(native_id).for_each(each);
        }
        Fact::Credential { credential } => {
            let Credential {
                kind: _,
                fingerprint: _,
                masked,
                created_at: _,
                expires_at: _,
                never_expires: _,
                last_used_at: _,
                never_used: _,
                last_rotated_at: _,
                state: _,
                copies: _,
            } = credential;
            masked.iter_mut().for_each(each);
        }
        Fact::SameAs { other, because } => {
            subject(other, each);
            each(because);
        }
        Fact::Grant { grant: Grant { target, actions, scope } } => {
            [target, scope].into_iter().chain(actions).for_each(each);
        }
        Fact::Privilege { level: _, because, admin: _, paths } => {
            because.iter_mut().for_each(&mut *each);
            for EscalationPath { id: _, state: _, target, because } in paths {
                target.iter_mut().chain(because).for_each(&mut *each);
            }
        }
        Fact::Consumer { consumer: user } => consumer(user, each),
        Fact::Federation { state: _, how: text }
        | Fact::Purpose { text }
        | Fact::BreakGlass { because: text }
        | Fact::Offline { because: text } => each(text),
        Fact::Owner { claim: OwnerClaim { source: _, path, line: _, value, confidence: _, inactive: _ } } => {
            [path, value].into_iter().for_each(each);
        }
        Fact::Tag { key, value } => [key, value].into_iter().for_each(each),
        Fact::ThirdParty { state: _ }
        | Fact::Agentic { runtime_policy: _ }
        | Fact::Logging { issue: _, usage: _, revoke: _ }
        | Fact::Drill { expiry_enforced: _, revocation_effective: _, non_reusable: _ }
        | Fact::LastUsed { at: _ } => {}
    }
}

fn consumer(consumer: &mut Consumer, each: Each<'_>) {
    let Consumer {
        kind: _,
        root,
        path,
        line: _,
        job,
        environment,
        secret_name,
        exposure,
        triggers,
        runs_per_day: _,
        timeout_minutes: _,
        runner,
        action,
        approval: _,
        token_permissions,
        federation: _,
        federation_how,
        called_by,
    } = consumer;
    let optional =
        [job, environment, secret_name, exposure, runner, action, token_permissions, federation_how];
    let lists = triggers.iter_mut().chain(called_by);
    [root, path].into_iter().chain(optional.into_iter().flatten()).chain(lists).for_each(each);
}

fn aws_account(account: &mut AwsAccount, each: Each<'_>) {
    let AwsAccount { root, path, principals, groups, policies, service_controls, logins, organization } =
        account;
    [root, path].into_iter().for_each(&mut *each);
    principals.iter_mut().for_each(|principal| aws_principal(principal, each));
    for AwsGroup { arn, name, inline, attached } in groups {
        [arn, name].into_iter().chain(attached).for_each(&mut *each);
        aws_inline(inline, each);
    }
    for AwsPolicy { arn, document, other_versions } in policies {
        each(arn);
        document.iter_mut().chain(other_versions).for_each(|document| aws_document(document, each));
    }
    for AwsServiceControl { name, id, management_account, document, targets } in service_controls {
        let targets = targets.iter_mut().flatten();
        [name, id, management_account].into_iter().chain(targets).for_each(&mut *each);
        aws_document(document, each);
    }
    for AwsLogin { arn, keys: _, has_password: _ } in logins {
        each(arn);
    }
    let AwsOrganization { parents, attached, complete } = organization;
    for (one, other) in parents.iter_mut().chain(attached) {
        [one, other].into_iter().for_each(&mut *each);
    }
    complete.iter_mut().for_each(each);
}

fn aws_principal(principal: &mut AwsPrincipal, each: Each<'_>) {
    let AwsPrincipal {
        arn,
        name,
        unique_id,
        kind: _,
        line: _,
        inline,
        attached,
        groups,
        boundary,
        tags,
        trust,
        has_instance_profile: _,
        is_service_linked: _,
    } = principal;
    let own = [arn, name, unique_id].into_iter().chain(boundary);
    own.chain(attached).chain(groups).for_each(&mut *each);
    for (key, value) in tags {
        [key, value].into_iter().for_each(&mut *each);
    }
    aws_inline(inline, each);
    trust.iter_mut().for_each(|document| aws_document(document, each));
}

fn aws_inline(policies: &mut [AwsInlinePolicy], each: Each<'_>) {
    for AwsInlinePolicy { name, document } in policies {
        each(name);
        aws_document(document, each);
    }
}

fn aws_document(document: &mut AwsDocument, each: Each<'_>) {
    let AwsDocument { has_variables: _, is_broken: _, statements } = document;
    for statement in statements {
        let AwsStatement {
            effect: _,
            actions,
            not_actions,
            resources,
            not_resources,
            conditions,
            principals: AwsTrusted { aws, services, federated },
            is_not_principal: _,
        } = statement;
        for list in [actions, not_actions, resources, not_resources, aws, services, federated] {
            list.iter_mut().for_each(&mut *each);
        }
        for AwsCondition { operator, key, values } in conditions {
            [operator, key].into_iter().chain(values).for_each(&mut *each);
        }
    }
}
