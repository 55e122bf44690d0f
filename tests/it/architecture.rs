//! The house rules that a compiler does not keep.

use std::fs;
use std::path::{Path, PathBuf};

use gaitkeeper::telemetry::fields::VOCABULARY;

/// Modules from the top down; a module imports only what stands below its own line.
const RANKS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["http"],
    &["web"],
    &["app"],
    &["rehearsal", "report"],
    &["pipeline"],
    &["cards"],
    &["evaluate"],
    &["knowledge"],
    &["fhir"],
    &["auth", "feedback"],
    &["chart", "wire"],
    &["telemetry"],
    &["net"],
    &["config", "clock"],
];

/// Lines of a source file: never more than this.
const FILE_LIMIT: usize = 500;

#[test]
fn modules_import_only_downwards() {
    let mut wrong = Vec::new();
    for path in sources(Path::new("src")) {
        let module = module_of(&path);
        if module == "lib" {
            continue;
        }
        let rank = rank(&module).unwrap_or_else(|| panic!("{} has no rank", path.display()));
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for used in crate_paths(line) {
                let Some(below) = self::rank(&used) else { continue };
                if used != module && below <= rank {
                    wrong.push(format!("{}:{}: `{module}` uses `{used}`", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not go down:\n{}", wrong.join("\n"));
}

#[test]
fn a_file_keeps_to_its_size() {
    let folders = ["src", "tests", "benches", "crates"];
    for path in folders.into_iter().flat_map(|folder| sources(Path::new(folder))) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= FILE_LIMIT, "{} has {lines} lines", path.display());
    }
}

#[test]
fn evaluating_knows_neither_json_nor_fhir_nor_http() {
    for path in sources(Path::new("src/evaluate")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["serde_json", "crate::fhir", "crate::wire", "axum", "std::fs", "std::io", "async "] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_chart_knows_neither_json_nor_fhir() {
    for path in sources(Path::new("src/chart")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["serde", "crate::fhir", "crate::wire"] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn statuses_are_known_to_http_only() {
    for path in sources(Path::new("src")).into_iter().filter(|path| module_of(path) != "http") {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("StatusCode"), "{} knows a status", path.display());
    }
}

#[test]
fn only_tests_name_the_fhir_models() {
    let served = sources(Path::new("src")).into_iter().chain(sources(Path::new("crates/fhir-writer/src")));
    for path in served {
        assert!(!fs::read_to_string(&path).unwrap().contains("fhir_sdk"), "{}", path.display());
    }
}

#[test]
fn a_log_line_has_no_field_that_is_not_listed() {
    let mut seen = 0;
    for path in sources(Path::new("src")) {
        let text = fs::read_to_string(&path).unwrap();
        for level in ["error", "warn", "info", "debug", "trace"] {
            for call in text.split(&format!("tracing::{level}!(")).skip(1) {
                for field in log_fields(call) {
                    seen += 1;
                    let known = VOCABULARY.iter().any(|(known, _)| *known == field);
                    assert!(known, "{} logs `{field}`", path.display());
                }
            }
        }
    }
    assert!(seen > 30, "only {seen} fields were found");
}

/// The names of the fields in a call of a macro of `tracing`, from behind its bracket.
fn log_fields(call: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut begin) = (0_usize, false, 0);
    let mut parts = Vec::new();
    for (at, letter) in call.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            ')' if depth == 0 => {
                parts.extend(call.get(begin..at));
                break;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.extend(call.get(begin..at));
                begin = at + 1;
            }
            _ => {}
        }
    }
    let fields =
        parts.into_iter().map(str::trim).filter(|part| !part.is_empty() && !part.starts_with(['"', '/']));
    fields
        .filter(|part| !part.starts_with("target:"))
        .map(|part| part.split([' ', '=']).next().unwrap())
        .collect()
}

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|modules| modules.contains(&module))
}

/// The first part of the path under `src`.
fn module_of(path: &Path) -> String {
    let first = path.iter().nth(1).unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules that a line names as `crate::<module>`.
fn crate_paths(line: &str) -> Vec<String> {
    let line = line.split("//").next().unwrap_or_default();
    let after = line.split("crate::").skip(1);
    after.map(|rest| rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()).collect()
}

pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
