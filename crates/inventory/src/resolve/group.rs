//! Which subjects are one identity.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tenure_model::{Subject, SubjectKind, hex};

use super::rank;

/// A subject that has an identity already.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) subject: Subject,
    pub(crate) identity_id: String,
    /// Order in which ids were given out.
    pub(crate) age: i64,
}

/// Subjects that are one identity.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// The identity's id: the oldest one that any of its subjects had, or a new one.
    pub(crate) id: String,
    /// True when the id is given out now.
    pub(crate) is_new: bool,
    /// Ids that turned out to be the same identity.
    pub(crate) merged: Vec<String>,
    pub(crate) subjects: Vec<Subject>,
}

/// Joins subjects that evidence shows to be the same, and those that were one identity before: what was joined
/// once is never split. A group becomes an identity when one of its subjects is a bearer (something said that it
/// is an identity or holds a credential), or was one before.
///
/// A value that signs several database logins in joins none of them: people give one password to many logins, and
/// each login is somebody of its own.
pub(crate) fn group(known: &[Known], links: &[(Subject, Subject)], bearers: &[Subject]) -> Vec<Group> {
    let mut sets = Sets::default();
    for bearer in bearers {
        let set = sets.place(bearer);
        sets.bears[set] = true;
    }
    let shared = shared_passwords(links);
    let tells = |one: &Subject, other: &Subject| {
        let login = one.kind == SubjectKind::DatabaseLogin || other.kind == SubjectKind::DatabaseLogin;
        !(login && (shared.contains(one) || shared.contains(other)))
    };
    for (one, other) in links.iter().filter(|(one, other)| tells(one, other)) {
        sets.join(one, other);
    }
    let mut first_of: HashMap<&str, &Subject> = HashMap::new();
    for entry in known {
        let first = *first_of.entry(&entry.identity_id).or_insert(&entry.subject);
        sets.join(first, &entry.subject);
    }
    let mut ids: HashMap<usize, BTreeMap<i64, &str>> = HashMap::new();
    for entry in known {
        let place = sets.place(&entry.subject);
        let set = sets.root(place);
        ids.entry(set).or_default().insert(entry.age, &entry.identity_id);
    }
    let mut groups: Vec<Group> = sets
        .members()
        .into_iter()
        .filter_map(|(set, subjects, bears)| {
            let mut old = ids.remove(&set).unwrap_or_default().into_values().map(str::to_owned);
            match old.next() {
                Some(id) => Some(Group { id, is_new: false, merged: old.collect(), subjects }),
                None if bears => {
                    Some(Group { id: new_id(&subjects), is_new: true, merged: Vec::new(), subjects })
                }
                None => None,
            }
        })
        .collect();
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups
}

/// Values that sign more than one database login in.
fn shared_passwords(links: &[(Subject, Subject)]) -> HashSet<&Subject> {
    let mut logins: HashMap<&Subject, BTreeSet<&Subject>> = HashMap::new();
    for (one, other) in links.iter().flat_map(|(one, other)| [(one, other), (other, one)]) {
        if one.kind == SubjectKind::Credential && other.kind == SubjectKind::DatabaseLogin {
            logins.entry(one).or_default().insert(other);
        }
    }
    logins.into_iter().filter(|(_, logins)| logins.len() > 1).map(|(value, _)| value).collect()
}

/// The id of an identity that nobody knew: made of the subject that tells most about it.
fn new_id(subjects: &[Subject]) -> String {
    let canonical = subjects
        .iter()
        .min_by_key(|subject| (rank(subject.kind), &subject.key))
        .expect("a group has at least one subject");
    let mut hasher = blake3::Hasher::new();
    for part in [canonical.kind.word(), &canonical.key] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("i_{}", hex(&hasher.finalize().as_bytes()[..8]))
}

/// Disjoint sets of subjects.
#[derive(Default)]
struct Sets<'a> {
    places: HashMap<&'a Subject, usize>,
    subjects: Vec<&'a Subject>,
    parents: Vec<usize>,
    bears: Vec<bool>,
}

impl<'a> Sets<'a> {
    fn place(&mut self, subject: &'a Subject) -> usize {
        let next = self.subjects.len();
        let place = *self.places.entry(subject).or_insert(next);
        if place == next {
            self.subjects.push(subject);
            self.parents.push(next);
            self.bears.push(false);
        }
        place
    }

    fn root(&mut self, mut place: usize) -> usize {
        while self.parents[place] != place {
            self.parents[place] = self.parents[self.parents[place]];
            place = self.parents[place];
        }
        place
    }

    fn join(&mut self, one: &'a Subject, other: &'a Subject) {
        let (one, other) = (self.place(one), self.place(other));
        let (one, other) = (self.root(one), self.root(other));
        // The lower place stays on top. Halving the way up keeps the paths short without counting ranks.
        let (top, below) = (one.min(other), one.max(other));
        self.parents[below] = top;
    }

    /// Every set with its root, its subjects in order, and whether one of them is a bearer.
    fn members(&mut self) -> Vec<(usize, Vec<Subject>, bool)> {
        let mut sets: BTreeMap<usize, (Vec<Subject>, bool)> = BTreeMap::new();
        for place in 0..self.subjects.len() {
            let set = sets.entry(self.root(place)).or_default();
            set.0.push(self.subjects[place].clone());
            set.1 |= self.bears[place];
        }
        let sorted = |(root, (mut subjects, bears)): (usize, (Vec<Subject>, bool))| {
            subjects.sort();
            (root, subjects, bears)
        };
        sets.into_iter().map(sorted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn principal(name: &str) -> Subject {
        Subject::new(SubjectKind::AwsPrincipal, format!("arn:aws:iam::000000000000:user/{name}"))
    }

    fn value(name: &str) -> Subject {
        Subject::new(SubjectKind::Credential, name)
    }

    fn known(groups: &[Group]) -> Vec<Known> {
        let entries = (0..).zip(groups).flat_map(|(age, group)| {
            group.subjects.iter().map(move |subject| Known {
                subject: subject.clone(),
                identity_id: group.id.clone(),
                age,
            })
        });
        entries.collect()
    }

    #[test]
    fn one_key_under_two_names_is_one_identity() {
        let links =
            [(principal("deploy"), value("aa")), (Subject::new(SubjectKind::CiSecret, "K"), value("aa"))];
        let groups = group(&[], &links, &[principal("deploy"), value("aa")]);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].subjects.len(), 3);
    }

    #[test]
    fn one_password_for_two_logins_leaves_two_logins() {
        let login =
            |user: &str| Subject::new(SubjectKind::DatabaseLogin, format!("postgresql://{user}@db:5432/app"));
        let links = [(login("app"), value("aa")), (login("batch"), value("aa"))];
        let groups = group(&[], &links, &[login("app"), login("batch")]);
        assert_eq!(groups.iter().map(|g| g.subjects.len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(group(&[], &links[..1], &[login("app")])[0].subjects.len(), 2, "one login, found twice");
    }

    #[test]
    fn the_id_comes_from_what_tells_most() {
        let with_key = group(&[], &[(principal("deploy"), value("aa"))], &[value("aa")]);
        let without = group(&[], &[], &[principal("deploy")]);
        assert_eq!(with_key[0].id, without[0].id, "the same user has the same id in every installation");
    }

    #[test]
    fn a_subject_that_bears_nothing_is_no_identity() {
        let job = Subject::new(SubjectKind::CiJob, "root:a.yml#build");
        assert_eq!(group(&[], &[(job.clone(), job)], &[]), []);
    }

    #[test]
    fn when_two_prove_to_be_one_the_older_id_stays() {
        let before = group(&[], &[], &[value("aa"), principal("deploy")]);
        let mut entries = known(&before);
        entries.reverse();
        let after = group(&entries, &[(principal("deploy"), value("aa"))], &[]);
        assert_eq!(after.len(), 1);
        assert_eq!((after[0].id.as_str(), after[0].is_new), (before[0].id.as_str(), false));
        assert_eq!(after[0].merged, [before[1].id.clone()]);
    }

    fn any_subject() -> impl Strategy<Value = Subject> {
        (0..4_usize, 0..6_u8).prop_map(|(kind, key)| {
            let kinds = [
                SubjectKind::Credential,
                SubjectKind::AwsPrincipal,
                SubjectKind::CiSecret,
                SubjectKind::CiJob,
            ];
            Subject::new(kinds[kind], key.to_string())
        })
    }

    fn any_evidence() -> impl Strategy<Value = (Vec<(Subject, Subject)>, Vec<Subject>)> {
        let link = (any_subject(), any_subject());
        (proptest::collection::vec(link, 0..12), proptest::collection::vec(any_subject(), 0..8))
    }

    fn id_of<'a>(groups: &'a [Group], subject: &Subject) -> Option<&'a str> {
        groups.iter().find(|group| group.subjects.contains(subject)).map(|group| group.id.as_str())
    }

    proptest! {
        #[test]
        fn order_changes_nothing(((links, bearers), seed) in (any_evidence(), any::<u64>())) {
            let (mut mixed, mut mixed_bearers) = (links.clone(), bearers.clone());
            if !mixed.is_empty() {
                let turn = usize::try_from(seed % 7).unwrap() % mixed.len();
                mixed.rotate_left(turn);
                mixed.reverse();
            }
            mixed = mixed.into_iter().map(|(one, other)| (other, one)).collect();
            mixed_bearers.reverse();
            prop_assert_eq!(group(&[], &links, &bearers), group(&[], &mixed, &mixed_bearers));
        }

        #[test]
        fn resolving_again_changes_nothing((links, bearers) in any_evidence()) {
            let once = group(&[], &links, &bearers);
            let twice = group(&known(&once), &links, &bearers);
            let same: Vec<Group> = once.iter().map(|g| Group { is_new: false, ..g.clone() }).collect();
            prop_assert_eq!(twice, same);
        }

        #[test]
        fn more_evidence_never_splits_and_never_renames(
            ((links, bearers), (more_links, more_bearers)) in (any_evidence(), any_evidence())
        ) {
            let before = group(&[], &links, &bearers);
            // Only the new evidence is there now; what was known is known through its ids alone.
            let after = group(&known(&before), &more_links, &more_bearers);
            for old in &before {
                let ids: Vec<_> = old.subjects.iter().map(|subject| id_of(&after, subject)).collect();
                prop_assert!(ids.iter().all(|id| *id == ids[0]), "{:?} was split", old);
                let new = after.iter().find(|group| Some(group.id.as_str()) == ids[0]).expect("it is still there");
                prop_assert!(new.id == old.id || new.merged.contains(&old.id), "{} lost its id", old.id);
            }
            let mut ids: Vec<_> = after.iter().map(|group| &group.id).collect();
            ids.dedup();
            prop_assert_eq!(ids.len(), after.len(), "an id was given out twice");
        }
    }
}
