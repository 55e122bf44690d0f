//! Which tokens were used, until they expire.

mod shared;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use time::OffsetDateTime;

use self::shared::Shared;
use super::Denial;

pub(super) use self::shared::Database;

/// The tokens that one client used.
#[derive(Debug)]
pub(super) enum Memory {
    /// In this process. Another replica does not know of them.
    InProcess(InProcess),
    /// In a database, where all replicas look.
    Shared(Shared),
}

impl Memory {
    pub(super) fn in_process(most: usize) -> Memory {
        Memory::InProcess(InProcess { most, used: Mutex::default() })
    }

    pub(super) fn shared(database: &Database, client: &str, most: usize) -> Memory {
        Memory::Shared(Shared::new(database.clone(), client, most))
    }

    /// Does what the first call would have to wait for.
    pub(super) async fn get_ready(&self) {
        if let Memory::Shared(memory) = self {
            memory.get_ready().await;
        }
    }

    /// Remembers what is used until it expires anyway.
    ///
    /// # Errors
    /// Where it was used before, or cannot be remembered: a token that is forgotten could be used again.
    pub(super) async fn first_use(
        &self,
        parts: &[&str],
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Denial> {
        match self {
            Memory::InProcess(memory) => memory.first_use(fingerprint(parts), until, now),
            Memory::Shared(memory) => memory.first_use(fingerprint(parts), until, now).await,
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
