//! All accounts of a scan together: who there is, which policies apply to whom, who is let in where.

use std::collections::{BTreeMap, HashMap, HashSet};

use tenure_model::{
    AwsAccount, AwsDocument, AwsInlinePolicy, AwsLogin, AwsPrincipal, AwsPrincipalKind, AwsServiceControl,
};

use super::catalogue::managed_policy;
use super::clock::Clock;
use super::condition::{Answer, account};
use super::glob;
use super::holder::{Given, Holder, Limit, Own, ServiceControl};
use super::join;
use super::lift::{self, Lift};
use super::organization::Organization;
use super::path::{Actions, table};
use super::rein::{self, Rein};
use super::rule::Policy;
use super::trust::Trust;

/// Statements of one principal that are weighed; AWS's own quotas keep real ones far below.
const RULES_MAX: usize = 2_000;
/// Statements of all principals that are weighed with so many each, and how many each may have behind that.
const ALL_RULES_MAX: usize = 1_500_000;
const RULES_BEYOND_MAX: usize = 100;
/// Policies and attachments that groups bring to all users together; they are held once for each user.
const BROUGHT_MAX: usize = 1_000_000;
/// Things of one principal that are not known and told in words; more say nothing new.
const UNKNOWN_MAX: usize = 16;
/// Versions of a managed policy that AWS keeps.
const VERSIONS_MAX: usize = 5;
/// Stands for any member of a group: a name that nobody has.
const ANY_MEMBER: &str = "\u{1}";

/// AWS's own policies that are attached and not in any export.
pub(super) fn bundled(accounts: &[AwsAccount]) -> HashMap<&str, AwsDocument> {
    let held: HashSet<&str> = accounts
        .iter()
        .flat_map(|account| &account.policies)
        .filter(|policy| policy.document.is_some())
        .map(|policy| policy.arn.as_str())
        .collect();
    let of_principals = accounts.iter().flat_map(|account| &account.principals);
    let attached = of_principals.flat_map(|one| one.attached.iter().chain(&one.boundary));
    let of_groups = accounts.iter().flat_map(|account| &account.groups).flat_map(|group| &group.attached);
    let mut bundled = HashMap::new();
    for arn in attached.chain(of_groups).map(String::as_str).filter(|arn| !held.contains(arn)) {
        if !bundled.contains_key(arn) {
            bundled.extend(managed_policy(arn).map(|document| (arn, document)));
        }
    }
    bundled
}

/// Every policy once, made ready.
pub(super) struct Library<'a> {
    managed: HashMap<&'a str, Vec<(usize, Policy<'a>)>>,
    versions: HashMap<&'a str, Vec<Policy<'a>>>,
    inline: Vec<Vec<Vec<Policy<'a>>>>,
    inline_of_groups: Vec<Vec<Vec<Policy<'a>>>>,
    controls: Vec<(&'a AwsServiceControl, Policy<'a>)>,
    organization: Organization<'a>,
    /// Whoever is in a group, by file and group.
    members: Vec<Vec<AwsPrincipal>>,
}

impl<'a> Library<'a> {
    pub(super) fn of(accounts: &'a [AwsAccount], bundled: &'a HashMap<&'a str, AwsDocument>) -> Self {
        let mut library = Self {
            managed: HashMap::new(),
            versions: HashMap::new(),
            inline: Vec::new(),
            inline_of_groups: Vec::new(),
            controls: Vec::new(),
            organization: Organization::of(accounts),
            members: Vec::new(),
        };
        let name = |arn: &str| format!("managed policy {}", arn.rsplit('/').next().unwrap_or(arn));
        for (file, account) in accounts.iter().enumerate() {
            for policy in &account.policies {
                let made =
                    policy.document.as_ref().map(|document| (file, Policy::new(name(&policy.arn), document)));
                library.managed.entry(&policy.arn).or_default().extend(made);
                let others = policy.other_versions.iter().map(|one| Policy::new(name(&policy.arn), one));
                library.versions.entry(&policy.arn).or_default().extend(others);
            }
            library.inline.push(account.principals.iter().map(|one| inline(&one.inline)).collect());
            library.inline_of_groups.push(account.groups.iter().map(|one| inline(&one.inline)).collect());
            library.members.push(account.groups.iter().map(|group| member(&group.arn)).collect());
            let controls = account.service_controls.iter();
            library.controls.extend(controls.map(|one| {
                (one, Policy::new(format!("service control policy {}", one.name), &one.document))
            }));
        }
        for (arn, document) in bundled {
            let made = (usize::MAX, Policy::new(name(arn), document));
            library.managed.entry(arn).or_default().push(made);
        }
        library
    }

    /// A managed policy, as the same file tells it where it does.
    fn managed(&self, arn: &str, file: usize) -> Option<&Policy<'a>> {
        let told = self.managed.get(arn)?;
        told.iter().find(|(of, _)| *of == file).or(told.first()).map(|(_, policy)| policy)
    }

    /// Every policy that is not AWS's own, with the files that hold it.
    pub(super) fn customer_policies(&self) -> impl Iterator<Item = (&'a str, &[(usize, Policy<'a>)])> {
        let own = self.managed.iter().filter(|(arn, _)| !arn.contains(":iam::aws:"));
        own.map(|(arn, policies)| (*arn, policies.as_slice()))
    }

    /// Whether a policy has as many versions as AWS keeps, so that one must go before another comes.
    pub(super) fn is_full(&self, arn: &str) -> bool {
        self.other_versions(arn).len() + 1 >= VERSIONS_MAX
    }

    /// Versions of a policy that are not in force.
    pub(super) fn other_versions(&self, arn: &str) -> &[Policy<'a>] {
        self.versions.get(arn).map_or(&[], Vec::as_slice)
    }
}

fn inline(policies: &[AwsInlinePolicy]) -> Vec<Policy<'_>> {
    policies
        .iter()
        .map(|policy| Policy::new(format!("inline policy {}", policy.name), &policy.document))
        .collect()
}

fn member(group: &str) -> AwsPrincipal {
    let start = group.split(":group").next().unwrap_or_default();
    AwsPrincipal {
        arn: format!("{start}:user/{ANY_MEMBER}"),
        name: ANY_MEMBER.to_owned(),
        ..AwsPrincipal::default()
    }
}

/// Number of somebody in the world: a user, a role, or a group that stands for its members.
pub(super) type Who = usize;

/// The account that a trust names as a whole: by its number, or by its root.
fn whole_account(name: &str) -> Option<&str> {
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let of_root = || name.strip_suffix(":root")?.rsplit_once(":iam::").map(|(_, account)| account);
    if is_number { Some(name) } else { of_root() }
}

/// All accounts of a scan.
pub(super) struct World<'a> {
    pub(super) library: &'a Library<'a>,
    pub(super) holders: Vec<Holder<'a>>,
    /// The ARN by which each is known.
    arns: Vec<&'a str>,
    /// Attached managed policies, groups' included, by holder.
    pub(super) attached: Vec<Vec<&'a str>>,
    pub(super) trusts: Vec<Option<Trust<'a>>>,
    /// ARN and file of a holder that stands for a group.
    pub(super) groups: HashMap<Who, &'a str>,
    /// Policies and attachments that groups brought so far.
    brought: usize,
    /// Statements that are weighed so far.
    rules: usize,
    /// Groups of each user.
    pub(super) groups_of: Vec<Vec<Who>>,
    pub(super) by_arn: HashMap<&'a str, Who>,
    /// Everybody of a kind, by ARN.
    pub(super) users: Vec<Who>,
    pub(super) roles: Vec<Who>,
    pub(super) all_groups: Vec<Who>,
    /// Roles whose trust names a principal; `*` for those that name everybody.
    pub(super) let_in: HashMap<&'a str, Vec<Who>>,
    /// Roles whose trust names an account as a whole, by account.
    pub(super) let_in_by_account: HashMap<&'a str, Vec<Who>>,
    /// Roles whose trust lets in everybody but some.
    pub(super) let_in_but_some: Vec<Who>,
    /// Those of `let_in` for sessions of roles that are named.
    pub(super) sessions: BTreeMap<&'a str, Vec<Who>>,
    /// What users have to log in with, by ARN.
    pub(super) logins: HashMap<&'a str, &'a AwsLogin>,
    /// What principals may take off themselves, by principal.
    pub(super) lifts: HashMap<Who, Vec<Lift>>,
    /// What others may take off somebody.
    pub(super) reins: Vec<Rein>,
    /// Actions that take something off others.
    pub(super) freeing: Actions,
}

impl<'a> World<'a> {
    pub(super) fn of(accounts: &'a [AwsAccount], library: &'a Library<'a>, clock: &'a Clock) -> Self {
        let mut world = Self {
            library,
            holders: Vec::new(),
            arns: Vec::new(),
            attached: Vec::new(),
            trusts: Vec::new(),
            groups: HashMap::new(),
            brought: 0,
            rules: 0,
            groups_of: Vec::new(),
            by_arn: HashMap::new(),
            users: Vec::new(),
            roles: Vec::new(),
            all_groups: Vec::new(),
            let_in: HashMap::new(),
            let_in_by_account: HashMap::new(),
            let_in_but_some: Vec::new(),
            sessions: BTreeMap::new(),
            logins: accounts.iter().flat_map(|of| &of.logins).map(|one| (one.arn.as_str(), one)).collect(),
            lifts: HashMap::new(),
            reins: Vec::new(),
            freeing: Actions::default(),
        };
        let mut groups: HashMap<(&str, &str), Who> = HashMap::new();
        for (file, of_file) in accounts.iter().enumerate() {
            for (at, group) in of_file.groups.iter().enumerate() {
                let who = world.holders.len();
                let member = &library.members[file][at];
                let mut holder = Holder::of(member, clock);
                let mut attached = Vec::new();
                let own = &library.inline_of_groups[file][at];
                holder.take(own, &group.attached, library, file, &mut attached);
                world.push(holder, attached, None);
                world.groups.insert(who, &group.arn);
                world.arns[who] = &group.arn;
                world.all_groups.push(who);
                groups.insert((account(&group.arn), &group.name), who);
            }
        }
        let by_file = accounts.iter().enumerate();
        for (file, at, one) in by_file
            .flat_map(|(file, of)| of.principals.iter().enumerate().map(move |(at, one)| (file, at, one)))
        {
            world.add(one, file, &library.inline[file][at], &groups, clock);
        }
        world.in_order();
        world.tagging();
        let everybody = world.groups.len()..world.holders.len();
        lift::find(&mut world, everybody.clone());
        join::find(&mut world, everybody.clone());
        rein::find(&mut world, everybody);
        world
    }

    /// Notes who may give tags to whom.
    fn tagging(&mut self) {
        let ids = ["iam:TagUser", "iam:TagRole"].map(|name| table().known(name));
        for holder in self.holders.iter_mut().filter(|holder| ids.iter().any(|id| holder.held.has(*id))) {
            holder.tags_others = ids.map(|id| {
                let open = glob::member(&holder.shape(&table().actions[id].shapes[0]));
                holder.ask(id, &open, Given::default()).answer
            });
        }
    }

    /// Adds somebody who is not in any list: a principal as it would be without what holds it back.
    pub(super) fn push_freed(&mut self, of: Who, holder: Holder<'a>) -> Who {
        let freed = self.holders.len();
        let principal = holder.principal;
        let mut attached = self.attached[of].clone();
        attached.retain(|arn| holder.own.iter().any(|own| own.arn == Some(arn)));
        let trust = principal.trust.as_ref().map(|document| Trust::new(document, principal));
        self.push(holder, attached, trust);
        self.groups_of[freed] = self.groups_of[of].clone();
        freed
    }

    fn add(
        &mut self,
        one: &'a AwsPrincipal,
        file: usize,
        inline: &'a [Policy<'a>],
        groups: &HashMap<(&str, &str), Who>,
        clock: &'a Clock,
    ) {
        let who = self.holders.len();
        let mut holder = Holder::of(one, clock);
        let mut attached = Vec::new();
        holder.take(inline, &one.attached, self.library, file, &mut attached);
        let mut member_of = Vec::new();
        for name in &one.groups {
            let Some(group) = groups.get(&(account(&one.arn), name.as_str())) else {
                holder.not_known(|| format!("group {name} is not in the export"));
                continue;
            };
            member_of.push(*group);
            let of_group = &self.holders[*group];
            of_group.unknown.iter().for_each(|words| holder.not_known(|| format!("group {name}: {words}")));
            self.brought += of_group.own.len() + self.attached[*group].len();
            if self.brought > BROUGHT_MAX {
                holder
                    .not_known(|| format!("what group {name} brings is not weighed: groups bring too much"));
                continue;
            }
            holder.own.extend(of_group.own.iter().map(|own| Own { group: Some(name.as_str()), ..*own }));
            attached.extend(&self.attached[*group]);
        }
        holder.limited_by(one, self.library, file);
        let trust = one.trust.as_ref().map(|document| Trust::new(document, one));
        self.push(holder, attached, trust);
        self.groups_of[who] = member_of;
        self.by_arn.entry(&one.arn).or_insert(who);
        if one.kind == AwsPrincipalKind::User {
            self.users.push(who);
        } else {
            self.roles.push(who);
        }
        self.note_doors(one, who);
    }

    /// Notes whom a role's trust names.
    fn note_doors(&mut self, role: &'a AwsPrincipal, who: Who) {
        for said in role.trust.iter().flat_map(|document| &document.statements) {
            if said.is_not_principal {
                self.let_in_but_some.push(who);
            }
            for name in said.principals.aws.iter().map(String::as_str) {
                if name.contains(":assumed-role/") {
                    self.sessions.entry(name).or_default().push(who);
                } else if let Some(account) = whole_account(name) {
                    self.let_in_by_account.entry(account).or_default().push(who);
                } else {
                    self.let_in.entry(name).or_default().push(who);
                }
            }
        }
    }

    fn push(&mut self, mut holder: Holder<'a>, attached: Vec<&'a str>, trust: Option<Trust<'a>>) {
        let mut rules = 0;
        let all = holder.own.len();
        let most = if self.rules > ALL_RULES_MAX { RULES_BEYOND_MAX } else { RULES_MAX };
        holder.own.retain(|own| {
            rules += own.policy.rules.len();
            rules <= most
        });
        self.rules += rules.min(most);
        if holder.own.len() < all {
            let beyond = all - holder.own.len();
            holder.not_known(|| format!("{beyond} policies beyond {most} statements are not weighed"));
        }
        holder.take_stock();
        self.arns.push(&holder.principal.arn);
        self.holders.push(holder);
        self.attached.push(attached);
        self.trusts.push(trust);
        self.groups_of.push(Vec::new());
    }

    fn in_order(&mut self) {
        let Self { holders, users, roles, all_groups, groups, .. } = self;
        users.sort_by_key(|who| (holders[*who].principal.arn.as_str(), *who));
        roles.sort_by_key(|who| (holders[*who].principal.arn.as_str(), *who));
        all_groups.sort_by_key(|who| groups[who]);
    }

    /// Whether any role lets in only those with certain tags.
    pub(super) fn trusts_ask_for_tags(&self) -> bool {
        self.trusts.iter().flatten().any(Trust::asks_for_own_tags)
    }

    /// The ARNs of all principals.
    pub(super) fn principals(&self) -> impl Iterator<Item = &'a str> {
        self.arns.iter().copied()
    }

    /// The ARN by which somebody is known.
    pub(super) fn arn(&self, who: Who) -> &'a str {
        self.arns[who]
    }
}

impl<'a> Holder<'a> {
    fn of(principal: &'a AwsPrincipal, clock: &'a Clock) -> Self {
        Self {
            principal,
            own: Vec::new(),
            boundary: Limit::None,
            service_controls: Vec::new(),
            free_levels: Vec::new(),
            unknown: Vec::new(),
            held: Actions::default(),
            tags_itself: Answer::No,
            tags_others: [Answer::No; 2],
            clock,
        }
    }

    /// Notes which watched actions some statement allows.
    pub(super) fn take_stock(&mut self) {
        let mut held = Actions::default();
        self.rules().filter(|said| said.rule.allows).for_each(|said| held.join(&said.rule.watched));
        self.held = held;
    }

    /// Notes in words that something of it is not known.
    fn not_known(&mut self, words: impl FnOnce() -> String) {
        if self.unknown.len() < UNKNOWN_MAX {
            self.unknown.push(words());
        }
    }

    /// Takes over policies of its own.
    fn take(
        &mut self,
        inline: &'a [Policy<'a>],
        managed: &'a [String],
        library: &'a Library<'a>,
        file: usize,
        attached: &mut Vec<&'a str>,
    ) {
        let mut policies: Vec<(&Policy<'a>, Option<&'a str>)> =
            inline.iter().map(|policy| (policy, None)).collect();
        for arn in managed {
            attached.push(arn);
            match library.managed(arn, file) {
                Some(policy) => policies.push((policy, Some(arn))),
                None => self.not_known(|| format!("what {arn} allows is not in the export")),
            }
        }
        for (policy, arn) in policies {
            if policy.is_broken {
                self.not_known(|| format!("{} could not be read", policy.name));
            }
            self.own.push(Own { policy, group: None, arn, is_rewritten: false });
        }
    }

    fn limited_by(&mut self, one: &'a AwsPrincipal, library: &'a Library<'a>, file: usize) {
        if let Some(arn) = &one.boundary {
            self.boundary = library.managed(arn, file).map_or(Limit::Unknown, Limit::Known);
        }
        let own = account(&one.arn);
        if one.is_service_linked {
            return;
        }
        self.free_levels = library.organization.free_levels(own);
        for (control, policy) in &library.controls {
            let reach = library.organization.reach(control, own);
            let certain = reach.levels.iter().map(|level| (true, *level));
            let possible = reach.is_open.then_some((false, 0));
            let limits = certain.chain(possible).filter(|_| control.management_account != own);
            self.service_controls.extend(limits.map(|(is_certain, level)| ServiceControl {
                policy,
                is_certain,
                level,
            }));
        }
    }
}
