//! Numbers for byte strings that occur again and again: folder names, file names, authors.

use std::collections::HashMap;

/// Each distinct string once, numbered in the order of arrival.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    numbers: HashMap<Box<[u8]>, u32>,
    names: Vec<Box<[u8]>>,
}

impl Names {
    /// The number of a name, new or known.
    pub(crate) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("fewer names than objects");
        self.numbers.insert(name.into(), number);
        self.names.push(name.into());
        number
    }

    /// The number of a name, if it has one.
    pub(crate) fn find(&self, name: &[u8]) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name behind a number.
    pub(crate) fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }

    /// How many names there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Takes in the names of another list; the answer turns its numbers into ours.
    pub(crate) fn take_in(&mut self, other: &Names) -> Vec<u32> {
        other.names.iter().map(|name| self.number(name)).collect()
    }
}
