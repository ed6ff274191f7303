//! Which partition an address belongs to; written down for ever, since a stream's subjects are named by it.

/// How many partitions there are, fixed at creation.
pub const PARTITIONS: usize = 64;

/// Returns the partition of an address, from 0 to 63: FNV-1a (64 bits) over the address's parts, each followed
/// by a zero byte, with the upper half folded into the lower.
pub fn of(parts: &[&str]) -> usize {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut hash = OFFSET;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    let folded = hash ^ (hash >> 32);
    // The remainder of 64 fits every usize.
    (folded % PARTITIONS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These are written into streams: a change of the hash is a migration.
    #[test]
    fn partitions_never_change() {
        let partitions: Vec<_> = ["27825550101", "27825550102", "visitor", ""]
            .map(|address| of(&["acme", "production", "whatsapp", address]))
            .into();
        assert_eq!(partitions, [19, 56, 4, 58]);
    }

    #[test]
    fn addresses_spread_evenly() {
        let mut counts = [0_u32; PARTITIONS];
        for number in 0..64_000 {
            counts[of(&["acme", "production", "whatsapp", &format!("2782{number:07}")])] += 1;
        }
        let (least, most) = (counts.iter().min(), counts.iter().max());
        assert!(least >= Some(&850) && most <= Some(&1150), "{least:?} to {most:?} of 1000");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let moved = (0..1000).filter(|n| of(&["ab", &format!("c{n}")]) != of(&["a", &format!("bc{n}")])).count();
        assert!(moved > 900);
    }
}
