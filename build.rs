//! The knowledge, the fixtures and the assets are part of the binary: a new file in them is a change of it.
//! The knowledge is compressed there, file by file.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const KNOWLEDGE: &str = "cds-services/leg-pain";

fn main() -> Result<(), Box<dyn Error>> {
    for folder in [KNOWLEDGE, "fixtures", "src/web/assets"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let mut paths = Vec::new();
    collect(Path::new(KNOWLEDGE), &mut paths)?;
    paths.sort();
    let (mut packed, mut table) = (Vec::new(), String::from("[\n"));
    for path in paths {
        let name = path.strip_prefix(KNOWLEDGE)?.to_str().ok_or("a name that is not UTF-8")?;
        let begin = packed.len();
        packed.extend(lz4_flex::compress_prepend_size(fs::read_to_string(&path)?.as_bytes()));
        writeln!(
            table,
            "    ({:?}, {begin}..{}),",
            name.replace(std::path::MAIN_SEPARATOR, "/"),
            packed.len()
        )?;
    }
    table.push(']');
    fs::write(out.join("knowledge.lz4"), packed)?;
    fs::write(out.join("knowledge.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}
