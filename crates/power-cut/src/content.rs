//! What of a file is on the disk, and what is not yet.

use crate::Unsynced;

/// How much a disk writes whole or not at all.
const SECTOR: usize = 512;

#[derive(Debug, Default)]
pub(crate) struct Content {
    synced: Vec<u8>,
    /// In the order in which it was asked for.
    unsynced: Vec<Change>,
}

#[derive(Debug)]
pub(crate) enum Change {
    Write { at: usize, bytes: Vec<u8> },
    CutOff { at: usize },
}

/// A source of chance: `SplitMix64`.
#[derive(Debug)]
struct Chance(u64);

impl Content {
    pub(crate) fn synced(synced: Vec<u8>) -> Self {
        Self { synced, unsynced: Vec::new() }
    }

    pub(crate) fn change(&mut self, change: Change) {
        self.unsynced.push(change);
    }

    pub(crate) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    /// Returns what is there after a cut.
    pub(crate) fn after_cut(&self, unsynced: Unsynced) -> Vec<u8> {
        let mut found = self.synced.clone();
        if let Unsynced::Torn { seed } = unsynced {
            let mut chance = Chance(seed);
            let (whole, torn) = self.unsynced.split_at(chance.below(self.unsynced.len() + 1));
            for change in whole {
                change.apply(&mut found);
            }
            let quarters = chance.below(4);
            for sector in torn.iter().flat_map(Change::sectors).filter(|_| chance.below(4) < quarters) {
                sector.apply(&mut found);
            }
        }
        found
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                file.resize(file.len().max(end), 0);
                file[*at..end].copy_from_slice(bytes);
            }
            Self::CutOff { at } => file.truncate(*at),
        }
    }

    /// Takes a change apart into what the disk does in one go.
    fn sectors(&self) -> Vec<Self> {
        match self {
            Self::Write { at, bytes } => {
                let first = bytes.len().min(SECTOR - at % SECTOR);
                let rest = bytes[first..].chunks(SECTOR).enumerate();
                let rest = rest.map(|(number, bytes)| (at + first + number * SECTOR, bytes));
                let write = |(at, bytes): (usize, &[u8])| Self::Write { at, bytes: bytes.to_owned() };
                std::iter::once((*at, &bytes[..first])).chain(rest).map(write).collect()
            }
            Self::CutOff { at } => vec![Self::CutOff { at: *at }],
        }
    }
}

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.0;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((drawn ^ (drawn >> 31)) % end as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(at: usize, length: usize) -> Change {
        Change::Write { at, bytes: vec![1; length] }
    }

    #[test]
    fn what_is_not_synced_is_lost() {
        let mut content = Content::default();
        content.change(written(2, 2));
        content.sync();
        content.change(written(0, 6));
        content.change(Change::CutOff { at: 1 });
        assert_eq!(content.after_cut(Unsynced::Lost), [0, 0, 1, 1]);
        content.sync();
        assert_eq!(content.after_cut(Unsynced::Lost), [1]);
    }

    #[test]
    fn what_is_not_synced_is_torn_between_sectors() {
        let mut content = Content::synced(vec![0; 4 * SECTOR]);
        content.change(written(SECTOR - 10, SECTOR + 20));
        let mut pieces = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let found = content.after_cut(Unsynced::Torn { seed });
            let piece = |from: usize, to: usize| match &found[from..to] {
                written if written.iter().all(|byte| *byte == 1) => true,
                left if left.iter().all(|byte| *byte == 0) => false,
                _ => panic!("torn inside a sector"),
            };
            pieces.insert([piece(SECTOR - 10, SECTOR), piece(SECTOR, 2 * SECTOR), piece(2 * SECTOR, 2 * SECTOR + 10)]);
        }
        assert_eq!(pieces.len(), 8, "each of three sectors is there or is not: {pieces:?}");
    }
}
