//! Where the text of a package comes from: a directory, or the copy inside the binary.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The files of the package in the binary, each compressed.
static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/knowledge.lz4"));
/// Where each of them is.
static PLACES: &[(&str, Range<usize>)] = &include!(concat!(env!("OUT_DIR"), "/knowledge.rs"));

/// The files of a package, by path relative to it (`topics/pad/rules.yaml`).
#[derive(Debug, Clone, Default)]
pub struct PackageSource {
    files: BTreeMap<String, String>,
}

/// A package directory could not be read.
#[derive(Debug, thiserror::Error)]
#[error("reading the knowledge at `{}`", path.display())]
pub struct SourceError {
    path: PathBuf,
    source: std::io::Error,
}

impl PackageSource {
    /// The package that is built into the binary.
    #[must_use]
    pub fn embedded() -> PackageSource {
        let unpacked = |place: &Range<usize>| {
            String::from_utf8(lz4_flex::decompress_size_prepended(EMBEDDED.get(place.clone())?).ok()?).ok()
        };
        let files = PLACES.iter().filter_map(|(path, place)| Some(((*path).to_owned(), unpacked(place)?)));
        PackageSource { files: files.collect() }
    }

    /// The package in a directory.
    ///
    /// # Errors
    /// Where the directory or a file in it cannot be read as UTF-8 text.
    pub fn directory(root: &Path) -> Result<PackageSource, SourceError> {
        let mut files = BTreeMap::new();
        collect_directory(root, root, &mut files)?;
        Ok(PackageSource { files })
    }

    /// A package made of texts, for tests.
    #[must_use]
    pub fn of_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> PackageSource {
        PackageSource {
            files: texts.into_iter().map(|(path, text)| (path.into(), text.to_owned())).collect(),
        }
    }

    /// The same package with one file replaced, for tests of what a mistake does.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> PackageSource {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// The text of one file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The files directly or deeper under a folder, in order.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .range(folder.to_owned()..)
            .take_while(move |(path, _)| path.starts_with(folder))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

fn collect_directory(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<String, String>,
) -> Result<(), SourceError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| SourceError { path, source }
    };
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        // A ConfigMap is mounted as links into such a folder: its files would be there twice.
        if entry.file_name().as_encoded_bytes().starts_with(b"..") {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            collect_directory(root, &path, files)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            files.insert(name.replace(std::path::MAIN_SEPARATOR, "/"), text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mounted_config_map_has_each_file_once() {
        let root = std::env::temp_dir().join(format!("gaitkeeper-{}", uuid::Uuid::new_v4()));
        let version = root.join("..2026_03_01");
        std::fs::create_dir_all(&version).unwrap();
        std::fs::write(version.join("overlay.yaml"), "site: x").unwrap();
        std::os::unix::fs::symlink("..2026_03_01", root.join("..data")).unwrap();
        std::os::unix::fs::symlink("..data/overlay.yaml", root.join("overlay.yaml")).unwrap();
        let source = PackageSource::directory(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(source.under("").collect::<Vec<_>>(), [("overlay.yaml", "site: x")]);
    }
}
