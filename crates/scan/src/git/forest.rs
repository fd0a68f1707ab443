//! The delta forest: which object is told from which.

use super::oid::ObjectKind;

/// No parent: the object is stored whole.
pub(crate) const ROOT: u32 = u32::MAX;
/// The object's base is damaged or missing, or it is its own ancestor.
pub(crate) const LOST: u32 = u32::MAX - 1;

/// Parents and children of all objects, by their numbers.
pub(crate) struct Forest {
    /// Base of each object, or `ROOT`, or `LOST`.
    parent: Vec<u32>,
    /// Children of object `n`: `children[starts[n]..starts[n + 1]]`, as they lie on the disk, but the one with the
    /// largest tree below it last.
    starts: Vec<u32>,
    children: Vec<u32>,
    /// Objects that have a root, parents first.
    order: Vec<u32>,
    /// Kind of each object; `None` for what has no root.
    kind: Vec<Option<ObjectKind>>,
}

impl Forest {
    /// Grows the forest. `kind` is known for roots only, and is handed down; `spots` says where objects lie.
    pub(crate) fn grow(parent: Vec<u32>, mut kind: Vec<Option<ObjectKind>>, spots: &[impl Ord]) -> Self {
        let count = parent.len();
        let mut starts = vec![0u32; count + 1];
        for &base in parent.iter().filter(|&&base| base < LOST) {
            starts[base as usize + 1] += 1;
        }
        for n in 0..count {
            starts[n + 1] += starts[n];
        }
        let mut room = starts.clone();
        let mut children = vec![0; starts[count] as usize];
        for (child, &base) in (0u32..).zip(&parent) {
            if base < LOST {
                children[room[base as usize] as usize] = child;
                room[base as usize] += 1;
            }
        }
        let mut order: Vec<u32> =
            (0u32..).zip(&parent).filter(|(_, base)| **base == ROOT).map(|(n, _)| n).collect();
        let mut at = 0;
        while let Some(&n) = order.get(at) {
            let below = starts[n as usize] as usize..starts[n as usize + 1] as usize;
            for &child in &children[below.clone()] {
                kind[child as usize] = kind[n as usize];
            }
            order.extend_from_slice(&children[below]);
            at += 1;
        }
        let mut forest = Self { parent, starts, children, order, kind };
        forest.order_children(spots);
        forest
    }

    /// Descending into the largest child last, when its parent is no longer needed, keeps the number of objects held
    /// at once below log2 of their count, however long the chains are.
    fn order_children(&mut self, spots: &[impl Ord]) {
        let weight = self.sums(|_| 1);
        for n in 0..self.parent.len() {
            let group = self.starts[n] as usize..self.starts[n + 1] as usize;
            if group.len() > 1 {
                let group = &mut self.children[group];
                group.sort_unstable_by(|&one, &other| spots[one as usize].cmp(&spots[other as usize]));
                let largest = (0..group.len()).max_by_key(|&at| weight[group[at] as usize]).unwrap_or(0);
                group[largest..].rotate_left(1);
            }
        }
    }

    /// Adds up a value over each object and all that is told from it.
    pub(crate) fn sums(&self, value: impl Fn(u32) -> u32) -> Vec<u32> {
        let mut sums = vec![0u32; self.parent.len()];
        for &n in self.order.iter().rev() {
            sums[n as usize] = sums[n as usize].saturating_add(value(n));
            let base = self.parent[n as usize];
            if base < LOST {
                sums[base as usize] = sums[base as usize].saturating_add(sums[n as usize]);
            }
        }
        sums
    }

    /// The object that `n` is told from, when it is told.
    pub(crate) fn base(&self, n: u32) -> Option<u32> {
        Some(self.parent[n as usize]).filter(|&base| base < LOST)
    }

    /// Objects told from `n`.
    pub(crate) fn children(&self, n: u32) -> &[u32] {
        &self.children[self.starts[n as usize] as usize..self.starts[n as usize + 1] as usize]
    }

    /// Objects stored whole.
    pub(crate) fn roots(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.parent).filter(|(_, base)| **base == ROOT).map(|(n, _)| n)
    }

    /// What `n` is; `None` when its base is lost.
    pub(crate) fn kind(&self, n: u32) -> Option<ObjectKind> {
        self.kind[n as usize]
    }

    /// Objects whose base is lost, directly or further down.
    pub(crate) fn lost(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.kind).filter(|(_, kind)| kind.is_none()).map(|(n, _)| n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_handed_down_and_cycles_are_lost() {
        // 0 <- 1 <- 2, 0 <- 3; 4 and 5 are each told from the other; 6 has no base; 7 stands on 6.
        let parent = vec![ROOT, 0, 1, 0, 5, 4, LOST, 6];
        let mut kind = vec![None; 8];
        kind[0] = Some(ObjectKind::Blob);
        let forest = Forest::grow(parent, kind, &[0, 3, 2, 1, 4, 5, 6, 7]);
        assert_eq!(forest.kind(2), Some(ObjectKind::Blob));
        assert_eq!(forest.children(0), [3, 1], "the longer branch comes last");
        assert_eq!(forest.lost().collect::<Vec<_>>(), [4, 5, 6, 7]);
        assert_eq!(forest.sums(|_| 1)[0], 4);
    }
}
