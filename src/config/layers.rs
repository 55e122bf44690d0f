//! The layers of settings, laid over each other with the origin of each value.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::CLIENT_DEFAULTS;
use super::error::{Origin, Problem};
use super::value::{Setting, Value};

const PREFIX: &str = "GAITKEEPER__";

/// Every setting by `section.key`, and what was wrong so far. The defaults say which keys exist and their types.
pub(super) struct Layers {
    settings: BTreeMap<String, (Value, Origin)>,
    problems: Vec<Problem>,
    /// How many `[[clients]]` there are. Their settings have keys such as `clients[0].name`.
    clients: usize,
}

/// The one list of tables.
const CLIENTS: &str = "clients";

impl Layers {
    /// The lowest layer.
    pub(super) fn defaults(text: &str) -> Layers {
        let mut layers = Layers { settings: BTreeMap::new(), problems: Vec::new(), clients: 0 };
        match DeTable::parse(text) {
            Ok(table) => flatten("", table.get_ref(), &mut |key, _, value| {
                layers.settings.insert(key, (value, Origin::Default));
            }),
            Err(error) => layers.problem(Origin::Default, error.message().to_owned()),
        }
        layers
    }

    /// Lays the text of a file over what is there.
    pub(super) fn file(&mut self, path: &Path, text: &str) {
        let origin = |offset: usize| Origin::File {
            path: path.to_owned(),
            line: text.get(..offset).unwrap_or(text).matches('\n').count() + 1,
        };
        match DeTable::parse(text) {
            Ok(table) => {
                for (name, value) in table.get_ref() {
                    if let (CLIENTS, DeValue::Array(clients)) = (name.get_ref().as_ref(), value.get_ref()) {
                        for client in clients {
                            self.client(client.get_ref().as_table(), client.span(), &origin);
                        }
                    }
                }
                flatten("", table.get_ref(), &mut |key, offset, value| {
                    if self.clients == 0 || key != CLIENTS {
                        self.set(&key, value, origin(offset));
                    }
                });
            }
            // Only the message: the excerpt that `Display` adds could show a secret.
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                self.problem(origin(offset), format!("not TOML: {}", error.message()));
            }
        }
    }

    /// One table of the list of clients, over its own defaults. What is missing is missing where the table begins.
    fn client(&mut self, table: Option<&DeTable<'_>>, span: Range<usize>, origin: &dyn Fn(usize) -> Origin) {
        let Some(table) = table else {
            return self.problem(origin(span.start), format!("`{CLIENTS}` expects tables"));
        };
        let prefix = format!("{CLIENTS}[{}]", self.clients);
        self.clients += 1;
        match DeTable::parse(CLIENT_DEFAULTS) {
            Ok(defaults) => {
                for (name, value) in defaults.get_ref() {
                    let key = format!("{prefix}.{}", name.get_ref());
                    self.settings.insert(key, (member_of(value.get_ref()), origin(span.start)));
                }
            }
            Err(error) => self.problem(Origin::Default, error.message().to_owned()),
        }
        for (name, value) in table {
            let key = format!("{prefix}.{}", name.get_ref());
            self.set(&key, member_of(value.get_ref()), origin(name.span().start));
        }
    }

    /// What the keys of each client begin with.
    pub(super) fn clients(&self) -> Vec<String> {
        (0..self.clients).map(|client| format!("{CLIENTS}[{client}]")).collect()
    }

    /// Lays the variables that begin with the prefix over what is there.
    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let key = rest.to_ascii_lowercase().replace("__", ".");
            if key.starts_with(CLIENTS) {
                self.problem(Origin::Environment(name), format!("`{CLIENTS}` are read from a file only"));
                continue;
            }
            let value = match self.settings.get(&key) {
                Some((Value::List(_), _)) => {
                    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                    Value::List(items.map(str::to_owned).collect())
                }
                Some((Value::Flag(_), _)) => match text.trim() {
                    "true" => Value::Flag(true),
                    "false" => Value::Flag(false),
                    _ => Value::Text(text),
                },
                _ => Value::Text(text),
            };
            self.set(&key, value, Origin::Environment(name));
        }
    }

    /// Lays one value over what is there.
    pub(super) fn set(&mut self, key: &str, value: Value, origin: Origin) {
        match self.settings.get_mut(key) {
            Some(setting) => *setting = (value, origin),
            None => self.problem(origin, format!("`{key}` is not a setting")),
        }
    }

    /// Reads a setting. One that cannot be read is a problem; the caller goes on, so that all are found.
    pub(super) fn read<T: Setting>(&mut self, key: &str) -> Option<T> {
        let Some((value, origin)) = self.settings.get(key) else {
            self.problem(Origin::Default, format!("`{key}` has no default"));
            return None;
        };
        match T::read(value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problem(origin.clone(), format!("`{key}` {problem}"));
                None
            }
        }
    }

    /// As [`read`](Self::read), for a value that must also satisfy `accept`, whose error ends the same sentence.
    pub(super) fn read_if<T: Setting>(
        &mut self,
        key: &str,
        accept: impl FnOnce(&T) -> Result<(), String>,
    ) -> Option<T> {
        let value = self.read(key)?;
        match accept(&value) {
            Ok(()) => Some(value),
            Err(problem) => {
                self.problem_with(key, &problem);
                None
            }
        }
    }

    /// Notes what is wrong with a setting that could be read.
    pub(super) fn problem_with(&mut self, key: &str, problem: &str) {
        let origin = self.settings.get(key).map_or(Origin::Default, |(_, origin)| origin.clone());
        self.problem(origin, format!("`{key}` {problem}"));
    }

    fn problem(&mut self, origin: Origin, text: String) {
        self.problems.push(Problem { origin, text });
    }

    /// Everything that was wrong, in the order in which it was found.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

/// Hands every value that is not a table to `take`, with its dotted key and where the key stands.
fn flatten(prefix: &str, table: &DeTable<'_>, take: &mut impl FnMut(String, usize, Value)) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.get_ref().to_string()
        } else {
            format!("{prefix}.{}", name.get_ref())
        };
        match value.get_ref() {
            DeValue::Table(inner) => flatten(&key, inner, take),
            leaf => take(key, name.span().start, value_of(leaf)),
        }
    }
}

/// A value of a client: its tables are tables of texts.
fn member_of(value: &DeValue<'_>) -> Value {
    let DeValue::Table(table) = value else { return value_of(value) };
    let texts: Option<Vec<(String, String)>> = table
        .iter()
        .map(|(name, text)| Some((name.get_ref().to_string(), text.get_ref().as_str()?.to_owned())))
        .collect();
    texts.map_or(Value::Other("table"), Value::Texts)
}

fn value_of(leaf: &DeValue<'_>) -> Value {
    match leaf {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or(Value::Other("mixed list"), Value::List)
        }
        other => Value::Other(other.type_str()),
    }
}
