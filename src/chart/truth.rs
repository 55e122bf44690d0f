//! Three-valued logic: what is not known is neither true nor false.

use std::ops::Not;

/// A Kleene truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Known to hold.
    True,
    /// Known not to hold.
    False,
    /// The chart does not tell.
    Unknown,
}

impl Truth {
    /// Holds only where both hold; `False` decides, whatever the other is.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    /// Holds where either holds; `True` decides, whatever the other is.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        !(!self).and(!other)
    }

    /// What both say; `Unknown` where they differ.
    #[must_use]
    pub fn agreeing(self, other: Truth) -> Truth {
        if self == other { self } else { Truth::Unknown }
    }

    /// Is this known to hold?
    #[must_use]
    pub fn is_true(self) -> bool {
        self == Truth::True
    }
}

impl Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Truth {
        if known { Truth::True } else { Truth::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};

    #[test]
    fn kleene_tables() {
        let and = [
            (True, True, True),
            (True, False, False),
            (True, Unknown, Unknown),
            (False, False, False),
            (False, Unknown, False),
            (Unknown, Unknown, Unknown),
        ];
        for (a, b, expected) in and {
            assert_eq!(a.and(b), expected, "{a:?} and {b:?}");
            assert_eq!(b.and(a), expected, "{b:?} and {a:?}");
            assert_eq!((!a).or(!b), !expected, "de Morgan for {a:?}, {b:?}");
        }
    }
}
