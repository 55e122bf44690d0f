//! What kinds of clients do differently.

use super::client::Replay;
use super::value::{Setting, Value, one_of};

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As CDS Hooks 2.0 says.
    Standard,
    /// Epic.
    Epic,
    /// Oracle Health, formerly Cerner.
    Oracle,
    /// Tools for trying things, such as the public CDS Hooks sandbox and `gaitkeeper token`.
    Sandbox,
}

/// What a dialect changes. The same table, in words, is in docs/security.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// The name in settings.
    pub name: &'static str,
    /// Is such a client accepted with `sandbox.enabled` only?
    pub sandbox_only: bool,
    /// Must `tenants` be listed? Where one issuer signs for many sites, it alone says too little.
    pub tenants_needed: bool,
    /// How often a token may be used where the client does not say.
    pub replay: Replay,
    /// Are prefetch keys the same in upper and lower case? Where they are typed in by hand, they differ so.
    pub any_case_of_keys: bool,
    /// Are suggestions with several actions left out, and of alternatives all but one? Such a client takes one action
    /// for each suggestion and lets any number of suggestions be taken; half of a suggestion may be worse than none.
    pub one_action: bool,
}

const STANDARD: Manner = Manner {
    name: "standard",
    sandbox_only: false,
    tenants_needed: false,
    replay: Replay::Strict,
    any_case_of_keys: false,
    one_action: false,
};

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 4] = [Dialect::Standard, Dialect::Epic, Dialect::Oracle, Dialect::Sandbox];

    /// The one table of what each dialect changes.
    #[must_use]
    pub const fn manner(self) -> Manner {
        match self {
            Dialect::Standard => STANDARD,
            Dialect::Epic => Manner { name: "epic", any_case_of_keys: true, one_action: true, ..STANDARD },
            Dialect::Oracle => Manner { name: "oracle", tenants_needed: true, ..STANDARD },
            Dialect::Sandbox => {
                Manner { name: "sandbox", sandbox_only: true, replay: Replay::PerHookInstance, ..STANDARD }
            }
        }
    }
}

impl Setting for Dialect {
    fn read(value: &Value) -> Result<Dialect, String> {
        one_of(value, &Dialect::ALL.map(|dialect| (dialect.manner().name, dialect)))
    }
}
