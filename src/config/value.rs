//! Reading one value: what people write for sizes, times and addresses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// A value of a layer before its meaning is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    List(Vec<String>),
    /// A table of texts.
    Texts(Vec<(String, String)>),
    /// As it is written.
    Number(String),
    /// A type that no setting has, by its name in TOML.
    Other(&'static str),
}

/// What a setting may be read as. The error ends the sentence "`key` ...".
pub(super) trait Setting: Sized {
    fn read(value: &Value) -> Result<Self, String>;
}

fn text(value: &Value) -> Result<&str, String> {
    match value {
        Value::Text(text) => Ok(text.trim()),
        Value::Flag(_) => Err("expects a text, not a boolean".to_owned()),
        Value::List(_) => Err("expects a text, not a list".to_owned()),
        Value::Number(_) => Err("expects a text, not a number".to_owned()),
        Value::Texts(_) => Err("expects a text, not a table".to_owned()),
        Value::Other(kind) => Err(format!("expects a text, not a value of type {kind}")),
    }
}

/// One of a few words, each with what it means.
pub(super) fn one_of<T: Copy>(value: &Value, words: &[(&str, T)]) -> Result<T, String> {
    let text = text(value)?;
    words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let (last, others) =
            words.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        format!("expects {} or {last}, not `{text}`", others.join(", "))
    })
}

impl Setting for String {
    fn read(value: &Value) -> Result<String, String> {
        text(value).map(str::to_owned)
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<bool, String> {
        match value {
            Value::Flag(flag) => Ok(*flag),
            _ => Err("expects `true` or `false`".to_owned()),
        }
    }
}

impl Setting for Vec<String> {
    fn read(value: &Value) -> Result<Vec<String>, String> {
        match value {
            Value::List(items) => Ok(items.clone()),
            _ => Err("expects a list of texts".to_owned()),
        }
    }
}

impl Setting for BTreeMap<String, String> {
    fn read(value: &Value) -> Result<BTreeMap<String, String>, String> {
        match value {
            Value::Texts(texts) => Ok(texts.iter().cloned().collect()),
            _ => Err("expects a table of texts".to_owned()),
        }
    }
}

/// A whole number; in a file without quotes, in the environment as the text it is.
impl Setting for usize {
    fn read(value: &Value) -> Result<usize, String> {
        let (Value::Number(text) | Value::Text(text)) = value else {
            return Err("expects a whole number".to_owned());
        };
        text.trim().parse().map_err(|_| format!("expects a whole number, not `{text}`"))
    }
}

impl Setting for SocketAddr {
    fn read(value: &Value) -> Result<SocketAddr, String> {
        let text = text(value)?;
        let numeric = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        numeric.parse().map_err(|_| format!("expects an address such as `127.0.0.1:8080`, not `{text}`"))
    }
}

impl Setting for Option<SocketAddr> {
    fn read(value: &Value) -> Result<Option<SocketAddr>, String> {
        if text(value)?.is_empty() { Ok(None) } else { SocketAddr::read(value).map(Some) }
    }
}

/// A duration that may be left open.
impl Setting for Option<Duration> {
    fn read(value: &Value) -> Result<Option<Duration>, String> {
        if text(value)?.is_empty() { Ok(None) } else { Duration::read(value).map(Some) }
    }
}

impl Setting for Duration {
    fn read(value: &Value) -> Result<Duration, String> {
        let text = text(value)?;
        let millis = with_unit(text, &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)]);
        millis
            .map(Duration::from_millis)
            .ok_or_else(|| format!("expects a duration such as `250 ms` or `10 s`, not `{text}`"))
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size(pub(super) usize);

impl Setting for Size {
    fn read(value: &Value) -> Result<Size, String> {
        let text = text(value)?;
        let bytes = with_unit(text, &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]);
        bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map(Size)
            .ok_or_else(|| format!("expects a size such as `512 KiB` or `16 MiB`, not `{text}`"))
    }
}

/// A whole number and one of `units`, with or without a blank between.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Setting>(text: &str) -> Result<T, String> {
        T::read(&Value::Text(text.to_owned()))
    }

    #[test]
    fn durations_and_sizes() {
        for (text, millis) in
            [("250 ms", 250), ("3 s", 3_000), ("3s", 3_000), ("2 min", 120_000), ("1 h", 3_600_000)]
        {
            assert_eq!(read::<Duration>(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in
            ["", "3", "s", "-3 s", "3.5 s", "3 sec", "99999999999999999999 s", "18446744073709551615 h"]
        {
            assert!(read::<Duration>(text).is_err(), "{text}");
        }
        for (text, bytes) in [("16 MiB", 16 << 20), ("512KiB", 512 << 10), ("9 B", 9), ("1 GiB", 1 << 30)] {
            assert_eq!(read::<Size>(text), Ok(Size(bytes)), "{text}");
        }
        for text in ["16", "16 MB", "MiB", "1 mib", "99999999999 GiB"] {
            assert!(read::<Size>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(read::<usize>(" 10 "), Ok(10));
        assert_eq!(usize::read(&Value::Number("10".to_owned())), Ok(10));
        for text in ["", "-1", "1.5", "ten", "99999999999999999999"] {
            assert!(read::<usize>(text).is_err(), "{text}");
        }
        assert!(usize::read(&Value::Flag(true)).is_err());
    }

    #[test]
    fn addresses() {
        assert_eq!(read::<SocketAddr>("localhost:80"), Ok(SocketAddr::from(([127, 0, 0, 1], 80))));
        assert!(read::<SocketAddr>("[::1]:80").is_ok());
        for text in ["localhost", "example.org:80", ":80", "127.0.0.1", ""] {
            assert!(read::<SocketAddr>(text).is_err(), "{text}");
        }
        assert_eq!(read::<Option<SocketAddr>>(""), Ok(None));
    }
}
