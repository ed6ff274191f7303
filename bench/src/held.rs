//! Whether processes add up: each is held to a share of a core, and there are more and more of them.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::cgroup::Hold;
use crate::load::{Load, Who, put};
use crate::measure::{Sizes, Subject, finish_checks, new_folder, put_and_read};
use crate::results::{Checks, Held};
use crate::stand_in::StandIn;
use crate::usher::Usher;

/// Contacts that converse at a time, for each process.
const AT_ONCE: u32 = 32;

/// Measures so many processes, one after the other on the same database, and hands on each result as it comes.
pub async fn measure(
    folder: &Path,
    counts: &[usize],
    share: f64,
    sizes: &Sizes,
    take: &mut impl FnMut(Held),
) -> Result<()> {
    new_folder(folder)?;
    let stand_in = StandIn::start(Duration::ZERO).await?;
    let mut subject = Usher::on_services("held", 1, &folder.join("services")).await?;
    subject.prepare(folder, stand_in.address).await?;
    let mut first = 0;
    for &count in counts {
        eprintln!("held: {count} processes, {share} of a core each");
        subject.set_processes(count);
        let running = subject.start(folder, stand_in.address).await?;
        let holds = running.processes.iter().map(|process| Hold::new(process.id(), share));
        let holds: Vec<_> = holds.collect::<Result<_>>()?;
        let at_once = AT_ONCE * u32::try_from(count)?;
        let load = |first, limit| Load { who: Who::New { first }, at_once, pace: None, limit, most: u32::MAX };

        let mut checks = Checks::default();
        let warm_up = put(load(first, sizes.warm_up), running.target.clone(), stand_in.clone()).await?;
        first += warm_up.taken;
        checks.add(&warm_up);
        let (outcome, busy, cpu) = put_and_read(&subject, &running, &stand_in, load(first, sizes.time)).await?;
        first += outcome.taken;
        checks.add(&outcome);
        finish_checks(&mut checks, &stand_in).await;

        // Let go of, they stop at once.
        for (process, hold) in running.processes.into_iter().zip(holds) {
            hold.release()?;
            process.stop().await?;
        }
        take(Held { processes: count, share, busy, cpu, checks });
    }
    subject.finish().await
}
