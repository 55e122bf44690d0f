//! Which tokens were used, until they expire.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use time::OffsetDateTime;

use super::Denial;

/// The tokens that one client used.
///
/// Each replica remembers its own. Where several serve the same client, a token can be used once at each of them; a
/// memory that they share belongs beside this one and answers the same question.
#[derive(Debug)]
pub(super) enum Memory {
    /// In this process.
    InProcess(InProcess),
}

impl Memory {
    pub(super) fn in_process(most: usize) -> Memory {
        Memory::InProcess(InProcess { most, used: Mutex::default() })
    }

    /// Remembers what is used until it expires anyway.
    ///
    /// # Errors
    /// Where it was used before, or there is no room to remember it: a token that is forgotten could be used again.
    pub(super) async fn first_use(
        &self,
        parts: &[&str],
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Denial> {
        match self {
            Memory::InProcess(memory) => memory.first_use(fingerprint(parts), until, now),
        }
    }
}

/// What is remembered: of one size however long the parts are, and telling nothing of them.
fn fingerprint(parts: &[&str]) -> Fingerprint {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&part.len().to_le_bytes());
        context.update(part.as_bytes());
    }
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(context.finish().as_ref());
    fingerprint
}

type Fingerprint = [u8; 32];

#[derive(Debug)]
pub(super) struct InProcess {
    most: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    tokens: HashSet<Fingerprint>,
    /// What expires first stands on top.
    expiring: BinaryHeap<Reverse<(OffsetDateTime, Fingerprint)>>,
}

impl InProcess {
    fn first_use(
        &self,
        token: Fingerprint,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Denial> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Reverse((expired, token))) = used.expiring.peek().copied()
            && expired < now
        {
            used.expiring.pop();
            used.tokens.remove(&token);
        }
        if used.tokens.contains(&token) {
            return Err(Denial::Replayed);
        }
        if used.tokens.len() >= self.most {
            return Err(Denial::MemoryFull);
        }
        used.tokens.insert(token);
        used.expiring.push(Reverse((until, token)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    #[tokio::test]
    async fn tokens_are_forgotten_when_they_expire_and_not_before() {
        let memory = Memory::in_process(2);
        let now = datetime!(2026-03-01 09:00 UTC);
        let at = |seconds| now + Duration::seconds(seconds);
        let first = async |parts: &[&str], until, now| memory.first_use(parts, at(until), at(now)).await;
        assert_eq!(first(&["a"], 60, 0).await, Ok(()));
        assert_eq!(first(&["a"], 60, 0).await, Err(Denial::Replayed));
        assert_eq!(first(&["a"], 60, 60).await, Err(Denial::Replayed));
        assert_eq!(first(&["b"], 30, 0).await, Ok(()));
        assert_eq!(first(&["c"], 90, 0).await, Err(Denial::MemoryFull));
        // The first that expires makes room, although it came later.
        assert_eq!(first(&["c"], 90, 31).await, Ok(()));
        assert_eq!(first(&["a"], 60, 31).await, Err(Denial::Replayed));
        assert_eq!(first(&["a"], 120, 61).await, Ok(()));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
        assert_ne!(fingerprint(&["ab"]), fingerprint(&["ab", ""]));
    }
}
